// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import FoundationEssentials
import GuestRig
import ProtocolVectors
import Testing

extension WindowsProgramTests {
  /// Above every id that a vector has, or can have after a byte of it was changed into a digit.
  private static let ownIDs: UInt64 = 1 << 52

  private static func ping(_ id: UInt64) -> [UInt8] {
    Record.encode(Request(id: id, method: Method.ping.name, parameters: nil).json)
  }

  /// Those programs that this Wine can run; 32-bit ones where its 32-bit files could be had.
  private func each(_ body: (WindowsAgent, WinePrefix) async throws -> Void) async throws {
    let prefix = try FreshPrefix.current()
    try WindowsAgent.x86_64.require()
    try await prefix.session {
      for agent in WindowsAgent.runnable(in: prefix) { try await body(agent, prefix) }
    }
  }

  @Test("32-bit programs run, too")
  func runs32Bit() async throws {
    let prefix = try FreshPrefix.current()
    try WindowsAgent.i686.require()
    guard prefix.runs32Bit else { try Test.cancel("Wine's 32-bit files could not be had here") }
    let version = try await prefix.session { try await prefix.check([WindowsAgent.i686.windowsPath, "--version"]) }
    #expect(version.contains("virt-balloon-agent"))
  }

  @Test("The protocol's vectors of requests are answered as each says, in one session")
  func vectors() async throws {
    let vectors = try ProtocolVectors.load("requests")
    #expect(!vectors.isEmpty)
    try await each { agent, prefix in
      try await WindowsChannel.serve(agent, in: prefix) { channel in
        for (number, vector) in vectors.enumerated() {
          let input = try #require(vector.bytes("input"))
          let expected = try #require(vector.json["replies"]?.array)
          let replies = try await channel.replies(to: input, thenPing: Self.ownIDs + UInt64(number))
          #expect(replies.map(\.id) == expected.map { $0["id"]?.uint }, "\(agent): \(vector)")
          for (reply, expected) in zip(replies, expected) {
            switch reply.outcome {
            case .result(let result):
              #expect(ProtocolVectors.holds(result, expected["result"] ?? .null), "\(agent): \(vector)")
            case .error(let error): #expect(error.code.number == expected["error"]?.int, "\(agent): \(vector)")
            }
          }
        }
      }
    }
  }

  @Test("The conformance run passes over a terminal")
  func conformance() async throws {
    try await each { agent, prefix in
      try await WindowsChannel.serve(agent, in: prefix) { channel in
        try await ScratchDirectory.with { directory in
          let socket = directory("agent.sock")
          let outcome = try await channel.terminal.serve(at: socket) {
            try await Program.run([
              Program.built("virt-balloon"), "agent", "conformance", "--agent-socket", socket, "--format", "json",
            ])
          }
          #expect(outcome.status == 0, "\(agent): \(outcome.output) \(outcome.errorOutput)")
        }
      }
    }
  }

  @Test("Every prefix of every vector, and every vector with every byte changed, leaves it in step at the next record")
  func disturbed() async throws {
    let disturbances = try Disturbances()
    #expect(disturbances.count > 10_000)
    try await each { agent, prefix in
      try await ScratchDirectory.with { directory in
        try Data(disturbances.input).write(to: URL(filePath: directory("input")))
        // Its own exit status is the shell's: a crash is no 0.
        let command = prefix.command(prefix.wine.loader, [agent.windowsPath, "--stdio"])
        let outcome = try await Program.run(
          [
            "sh", "-c", "in=$1 out=$2; shift 2; exec \"$@\" <\"$in\" >\"$out\" 2>/dev/null", "sh", directory("input"),
            directory("output"),
          ] + command, within: .seconds(300))
        #expect(outcome.status == 0, "\(agent)")
        let output = Array(try Data(contentsOf: URL(filePath: directory("output"))))
        #expect(Disturbances.answered(in: output) == disturbances.count, "\(agent): not in step after so many")
      }
    }
  }

  @Test("A long session costs it no memory, and a hundred new ports no handle")
  func steady() async throws {
    try await each { agent, prefix in
      try await WindowsChannel.serve(agent, in: prefix) { channel in
        let process = try await prefix.process(of: agent.path)
        func askMuch(_ from: UInt64) async throws {
          for batch in 0..<20 {
            let first = from + UInt64(batch * 100)
            let replies = try await channel.replies(
              to: (0..<99).flatMap { Self.ping(first + $0) }, thenPing: first + 99)
            #expect(replies.count == 99)
          }
        }
        try await askMuch(0)
        let before = try process.residentKiB()
        for round in 1...10 { try await askMuch(UInt64(round * 10_000)) }
        let after = try process.residentKiB()
        #expect(after <= before + 256, "\(agent): \(before) KiB, after 20000 requests \(after) KiB")
      }
    }
    try await each { agent, prefix in
      try await ScratchDirectory.with { directory in
        // A name for the port that leads to one terminal after the other: each is gone when the next comes.
        let port = directory("port")
        func plug(_ terminal: PseudoTerminal) throws {
          try? FileManager.default.removeItem(atPath: port)
          try FileManager.default.createSymbolicLink(atPath: port, withDestinationPath: terminal.path)
        }
        var channel = WindowsChannel(try PseudoTerminal())
        try plug(channel.terminal)
        try await prefix.background([agent.windowsPath, "--serve", Wine.path(port)]) {
          _ = try await channel.replies(to: [], thenPing: 1)
          let process = try await prefix.process(of: agent.path)
          var handles: [Int] = []
          for round in 0..<100 {
            channel = WindowsChannel(try PseudoTerminal())
            try plug(channel.terminal)
            _ = try await channel.replies(to: [], thenPing: UInt64(round))
            handles.append(try process.descriptors())
          }
          let early = handles[..<20].max() ?? 0
          let late = handles[80...].max() ?? 0
          #expect(late <= early + 2, "\(agent): \(handles)")
        }
      }
    }
  }
}
