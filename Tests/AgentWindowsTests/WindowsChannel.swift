// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import GuestRig
import Testing

/// The host's end of a terminal on which a Windows program serves.
final class WindowsChannel {
  let terminal: PseudoTerminal
  private var decoder = RecordDecoder(limit: JSONLimits.reply.bytes)

  init(_ terminal: PseudoTerminal) { self.terminal = terminal }

  /// Runs the program on a new terminal, and `body` as its host, once it answers.
  static func serve<Result: Sendable>(
    _ agent: WindowsAgent, in prefix: WinePrefix, isolation: isolated (any Actor)? = #isolation,
    _ body: (WindowsChannel) async throws -> Result
  ) async throws -> Result {
    try agent.require()
    let channel = WindowsChannel(try PseudoTerminal())
    let path = Wine.path(channel.terminal.path)
    return try await prefix.background([agent.windowsPath, "--serve", path]) {
      do {
        _ = try await channel.replies(to: [], thenPing: 1 << 50)
        return try await body(channel)
      } catch {
        throw RigError(.program, "\(error); \(agent.rawValue) printed: \(prefix.programLog)")
      }
    }
  }

  /// Sends `input` and a ping after it, and gives all replies up to that of the ping.
  func replies(to input: [UInt8], thenPing id: UInt64, within limit: Duration = .seconds(60)) async throws -> [Reply] {
    var waiting = (input + Record.encode(Request(id: id, method: Method.ping.name, parameters: nil).json))[...]
    var replies: [Reply] = []
    let deadline = ContinuousClock.now + limit
    while ContinuousClock.now < deadline {
      if !waiting.isEmpty { waiting = waiting.dropFirst(terminal.send(waiting)) }
      let received = terminal.receive()
      if received.isEmpty {
        terminal.wait(toSend: !waiting.isEmpty)
      } else {
        decoder.append(received)
      }
      while let event = decoder.next() {
        guard case .record(let text) = event else { continue }
        let reply = try Reply(parsing: text)
        if reply.id == id { return replies }
        replies.append(reply)
      }
      await Task.yield()
    }
    throw RigError(.timedOut, "no reply \(id) within \(limit)")
  }
}
