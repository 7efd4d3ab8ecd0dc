// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Testing
import Transports

@testable import QMP

/// Against a server that serves one client at a time, which measures how long each kept it.
@Suite("A monitor that is shared", .serialized)
struct SharedMonitorTests {
  private func with<Result>(
    _ answer: @escaping @Sendable (JSON) -> (after: Duration, text: String)?,
    _ body: (OneClientServer) async throws -> Result
  ) async throws -> Result {
    let server = try OneClientServer(answer)
    defer { server.stop() }
    return try await body(server)
  }

  private static let size: @Sendable (JSON) -> (after: Duration, text: String)? = {
    (.milliseconds(20), reply(#"{"actual": 1048576}"#, to: $0))
  }

  @Test("Two clients with much to ask are served in turns, none of half a second")
  func turns() async throws {
    try await with(Self.size) { server in
      let clients = [SharedMonitor(server.path), SharedMonitor(server.path)]
      let sizes = try await withThrowingTaskGroup(of: [UInt64?].self) { group in
        for client in clients {
          group.addTask {
            var sizes: [UInt64?] = []
            for _ in 0..<30 { sizes.append(try await client.balloonActual(until: ample())) }
            await client.release()
            return sizes
          }
        }
        return try await group.reduce(into: []) { $0 += $1 }
      }
      #expect(sizes == Array(repeating: 1_048_576, count: 60))
      while server.holds.count < 6 { try await Task.sleep(for: .milliseconds(5)) }
      #expect(server.holds.allSatisfy { $0 < .milliseconds(500) }, "\(server.holds)")
      // 600 ms of answers a client take more than one turn each.
      #expect(server.holds.count >= 6)
    }
  }

  @Test("It is let go though its caller dawdles, and taken again for the next command")
  func dawdling() async throws {
    try await with(Self.size) { server in
      let monitor = SharedMonitor(server.path)
      #expect(try await monitor.balloonActual(until: ample()) == 1_048_576)
      try await Task.sleep(for: .milliseconds(700))
      #expect(server.holds.count == 1)
      #expect(server.holds.allSatisfy { $0 < .milliseconds(500) }, "\(server.holds)")
      #expect(try await monitor.balloonActual(until: ample()) == 1_048_576)
      await monitor.release()
    }
  }

  @Test("A question that no turn is long enough for fails, and holds nobody up")
  func slow() async throws {
    try await with({ (.milliseconds(1_500), reply("{}", to: $0)) }) { server in
      let monitor = SharedMonitor(server.path)
      let begun = ContinuousClock.now
      await #expect { _ = try await monitor.execute("query-status", until: ample()) } throws: {
        ($0 as? QMPError)?.code == .timedOut
      }
      #expect(ContinuousClock.now - begun < .seconds(4))
    }
    try await with({ _ in nil }) { server in
      let monitor = SharedMonitor(server.path)
      await #expect { _ = try await monitor.execute("query-status", until: .now + .seconds(3)) } throws: {
        ($0 as? QMPError)?.code == .timedOut
      }
      while server.holds.isEmpty { try await Task.sleep(for: .milliseconds(5)) }
      #expect(server.holds.allSatisfy { $0 < .milliseconds(500) }, "\(server.holds)")
    }
  }

  @Test("A refusal costs no turn")
  func refused() async throws {
    let refusal: @Sendable (JSON) -> (after: Duration, text: String)? = {
      let id = String(decoding: ($0["id"] ?? .null).bytes, as: UTF8.self)
      return (.zero, #"{"error": {"class": "CommandNotFound", "desc": "no"}, "id": \#(id)}"# + "\r\n")
    }
    try await with(refusal) { server in
      let monitor = SharedMonitor(server.path)
      for _ in 0..<5 {
        await #expect { _ = try await monitor.execute("x-query-virtio", until: ample()) } throws: {
          ($0 as? QMPError)?.code == .unsupported
        }
      }
      #expect(server.holds.isEmpty)
      await monitor.release()
    }
  }

  @Test("One that another holds without end is tried for some seconds, and told as held")
  func held() async throws {
    try await with(Self.size) { server in
      let other = try await UnixSocket.connect(to: server.path, until: ample())
      defer { other.close() }
      let monitor = SharedMonitor(server.path)
      let begun = ContinuousClock.now
      await #expect { _ = try await monitor.balloonActual(until: ample()) } throws: {
        ($0 as? QMPError)?.code == .heldByAnother
      }
      #expect(ContinuousClock.now - begun < .seconds(6))
      other.close()
      #expect(try await monitor.balloonActual(until: ample()) == 1_048_576)
      await monitor.release()
    }
  }
}
