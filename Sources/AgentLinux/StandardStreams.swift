// SPDX-License-Identifier: BSD-3-Clause
package import AgentCore
import CAgentPlatform

/// Standard input, output and error, and the end of the program.
package enum StandardStreams {
  /// Serves an agent on standard input and output until the input ends.
  /// - Returns: `nil` at the input's end, or what went wrong.
  package static func serve<Platform: GuestPlatform>(_ agent: Agent<Platform>) -> String? {
    var agent = agent
    var writer = ReplyWriter(descriptor: 1)
    var input = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = input.withUnsafeMutableBufferPointer { vb_read(0, $0.baseAddress, Int64($0.count)) }
      if count == 0 { return nil }
      if count > 0, count <= input.count {
        do throws(SystemError) { try answer(input[..<Int(count)], with: &agent, on: &writer) } catch {
          return "standard output: " + error.words
        }
      } else {
        let error = SystemError(code: count)
        // Whoever started the program may have given it a descriptor that does not wait.
        guard error.kind == .again, vb_poll(0, 0, -1) > 0 else { return "standard input: " + error.words }
      }
    }
  }

  /// Writes all of `bytes` to standard output.
  /// - Returns: `nil`, or what went wrong.
  package static func print(_ bytes: [UInt8]) -> String? { write(bytes, to: 1).map { "standard output: " + $0.words } }

  /// Writes one line for the log or the person to standard error.
  package static func log(_ line: String) { _ = write(Array((line + "\n").utf8), to: 2) }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) -> SystemError? {
    var offset = 0
    while offset < bytes.count {
      let written = bytes.withUnsafeBufferPointer { buffer in
        buffer.baseAddress.map { vb_write(descriptor, $0 + offset, Int64(buffer.count &- offset)) } ?? 0
      }
      if written > 0 {
        offset &+= Int(written)
      } else {
        let error = SystemError(code: written)
        guard error.kind == .again, vb_poll(descriptor, 1, 5_000) > 0 else { return error }
      }
    }
    return nil
  }

  /// Lets a write to a pipe that nobody reads fail instead of ending the program.
  package static func ignoreBrokenPipes() { vb_ignore_broken_pipes() }

  /// Sixteen bytes that differ from process to process. No secret may rest on them.
  package static func randomBytes() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 16)
    bytes.withUnsafeMutableBufferPointer { vb_random($0.baseAddress, Int64($0.count)) }
    return bytes
  }

  /// Ends the program.
  package static func exit(_ status: Int32) -> Never { vb_exit(status) }
}
