// SPDX-License-Identifier: BSD-3-Clause
package import AgentCore
import CAgentWindows

/// Standard input, output and error, and the end of the program.
package enum StandardStreams {
  /// Serves an agent on standard input and output until the input ends. Whoever started the program reads its output or
  /// lets it wait: a pipe's write cannot be given up.
  /// - Returns: `nil` at the input's end, or what went wrong.
  package static func serve<Platform: GuestPlatform>(_ agent: Agent<Platform>) -> String? {
    var agent = agent
    var input = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = input.withUnsafeMutableBufferPointer { vb_win_stream_read($0.baseAddress, Int64($0.count)) }
      if count == 0 { return nil }
      guard count > 0, count <= input.count else { return "standard input: " + WindowsError(count).words }
      agent.receive(input[..<Int(count)])
      while let reply = agent.nextReply() {
        if let problem = print(reply) { return problem }
      }
    }
  }

  /// Writes all of `bytes` to standard output.
  /// - Returns: `nil`, or what went wrong.
  package static func print(_ bytes: [UInt8]) -> String? {
    let result = write(bytes, to: VB_WIN_OUTPUT)
    return result < 0 ? "standard output: " + WindowsError(result).words : nil
  }

  /// Writes one line for the log or the person to standard error.
  package static func log(_ line: String) { _ = write(Array((line + "\n").utf8), to: VB_WIN_DIAGNOSTICS) }

  private static func write(_ bytes: [UInt8], to stream: vb_win_stream) -> Int64 {
    bytes.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map {
        vb_win_stream_write(Int32(truncatingIfNeeded: stream.rawValue), $0, Int64(buffer.count))
      } ?? 0
    }
  }

  /// Lets a crash end the program at once.
  package static func allowNoDialogs() { vb_win_no_dialogs() }

  /// Sixteen bytes that differ from process to process. No secret may rest on them.
  package static func randomBytes() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 16)
    bytes.withUnsafeMutableBufferPointer { vb_win_random($0.baseAddress, Int64($0.count)) }
    return bytes
  }

  /// Ends the program.
  package static func exit(_ status: Int32) -> Never { vb_win_exit(status) }
}
