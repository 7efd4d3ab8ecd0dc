// SPDX-License-Identifier: BSD-3-Clause
import AgentLinux
import AgentProtocol
import Subprocess
import Testing

/// The port loop on a pseudo-terminal. What only a virtio port shows (a host that is away, a port that is unplugged) is
/// shown by the real guests.
@Suite("The agent on a port", .serialized)
struct PortTests {
  private static let ping = Record.encode(Request(id: 1, method: "agent.ping").json)

  /// Runs an agent on a new terminal while `body` plays the host.
  private func withAgent(
    _ build: AgentBuild, _ body: (borrowing Terminal, pid_t) async throws -> Void
  ) async throws {
    let terminal = try Terminal()
    try await withAgent(build, on: terminal.path) { try await body(terminal, $0) }
  }
  private func withAgent(_ build: AgentBuild, on path: String, _ body: (pid_t) async throws -> Void) async throws {
    _ = try await run(
      .name("env"), arguments: [build.requirePath(), "--port", path], input: .none, output: .discarded,
      error: .discarded
    ) { execution in
      let outcome: Result<Void, any Error>
      do { outcome = .success(try await body(execution.processIdentifier.value)) } catch { outcome = .failure(error) }
      try execution.send(signal: .kill)
      try outcome.get()
    }
  }

  @Test("Requests are answered", arguments: AgentBuild.allCases)
  func answers(build: AgentBuild) async throws {
    try await withAgent(build) { (terminal, _) in
      for id in UInt64(1)..<20 {
        _ = terminal.write(Record.encode(Request(id: id, method: "pci.functions").json))
        _ = try terminal.reply(id)
      }
    }
  }

  @Test("An agent without requests is not scheduled", arguments: AgentBuild.allCases)
  func idle(build: AgentBuild) async throws {
    try await withAgent(build) { (terminal, process) in
      _ = terminal.write(Self.ping)
      _ = try terminal.reply(1)
      try await waitUntil {
        let before = try contextSwitches(of: process)
        return try contextSwitches(of: process) == before
      }
      try await Task.sleep(for: .milliseconds(200))
      let before = try contextSwitches(of: process)
      #expect(before.count == 2)
      try await Task.sleep(for: .seconds(2))
      #expect(try contextSwitches(of: process) == before)
    }
  }

  @Test("A host that floods and does not read gets its next reply when it reads again", arguments: AgentBuild.allCases)
  func flood(build: AgentBuild) async throws {
    try await withAgent(build) { (terminal, process) in
      let requests = Array(repeating: Self.ping, count: 50).flatMap { $0 }
      // The terminal takes no more when the agent waits for its own writes.
      var refusals = 0
      while refusals < 20 {
        if terminal.write(requests) == 0 {
          refusals += 1
          try await Task.sleep(for: .milliseconds(50))
        }
      }
      let before = try contextSwitches(of: process)
      try await Task.sleep(for: .milliseconds(500))
      let after = try contextSwitches(of: process)
      // It may wake once or twice to give up, but it does not spin.
      #expect(before == after || before.first?.count == after.first?.count)
      let hello = Record.encode(Request(id: 77, method: "agent.hello", parameters: ["nonce": "n"]).json)
      var sent = 0
      try await waitUntil {
        // Reading makes room both ways; a record cut by a full terminal is ended by the next one's separator.
        if let reply = try? terminal.reply(77, within: .milliseconds(200)) { return reply.id == 77 }
        sent += 1
        return terminal.write(hello) == 0 && sent > 1_000
      }
    }
  }

  @Test("An agent whose port hangs up or never appears stays, and is not scheduled", arguments: AgentBuild.allCases)
  func gone(build: AgentBuild) async throws {
    var path = "/dev/pts/virt-balloon-no-such-terminal"
    do { path = try Terminal().path }
    try await withAgent(build, on: path) { process in
      try await waitUntil { (try? contextSwitches(of: process).count) == 2 }
      try await Task.sleep(for: .milliseconds(500))
      let before = try contextSwitches(of: process)
      try await Task.sleep(for: .seconds(1))
      #expect(try contextSwitches(of: process) == before)
    }
  }

  @Test("A text with a slash is a path, any other a port's name")
  func targets() {
    #expect(PortTarget("/dev/ttyS1") == .path("/dev/ttyS1"))
    #expect(PortTarget("org.virt-balloon.agent.0") == .name("org.virt-balloon.agent.0"))
  }
}
