// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

/// Real QEMU, real virtio devices, real kernels: the rest of the tests stands on what is seen here.
@Suite("Real guests", .serialized)
struct RealGuestTests {
  @Test("The host sees of each guest what it ought to, and the diagnosis is right", arguments: Scenario.all)
  func hostView(_ scenario: Scenario) async throws {
    try await Guest.with(scenario.configuration) { guest in
      if scenario.configuration.hasAgent {
        try await waitUntil("the agent opened its port") { try await HostView(guest.monitor).agentPortOpen == true }
      }
      for stage in scenario.stages {
        do {
          try await stage.prepare(guest)
          try await stage.host.check(guest, "\(stage.name)")
          try await stage.diagnosis.check(guest, "\(stage.name)")
        } catch {
          Issue.record(error, "\(stage.name)")
          return
        }
      }
    }
  }

  @Test("The bench's guest echoes on one port and has qemu-ga on another")
  func benchGuest() async throws {
    let configuration = GuestConfiguration {
      $0.bench = true
      $0.agent = false
      $0.echoPorts = ["echo"]
      $0.ports = ["echo", GuestConfiguration.qemuGuestAgentPort]
    }
    try await Guest.with(configuration) { guest in
      for (port, request, reply) in [
        ("echo", "as it is\n", "as it is\n"),
        (GuestConfiguration.qemuGuestAgentPort, "{\"execute\": \"guest-ping\"}\n", "{\"return\": {}}\n"),
      ] {
        let stream = try UnixStream(path: guest.socket(ofPort: port))
        try stream.send(request.utf8)
        var received: [UInt8] = []
        try await waitUntil("\(port) answered") {
          received += try stream.receive() ?? []
          return received.last == UInt8(ascii: "\n")
        }
        #expect(String(decoding: received, as: UTF8.self) == reply)
      }
    }
  }

  @Test("A guest leaves nothing behind: no process, no file")
  func nothingLeft() async throws {
    struct Failure: Error {}
    var directory = ""
    var process: Int32 = 0
    await #expect(throws: Failure.self) {
      try await Guest.with(GuestConfiguration { $0.boot = .firmware }) { guest in
        directory = guest.directory.path
        process = try #require(guest.processIdentifier)
        #expect(try await Program.run(["test", "-d", "/proc/\(process)"]).status == 0)
        throw Failure()
      }
    }
    #expect(try await Program.run(["test", "-e", directory]).status == 1)
    #expect(try await Program.run(["test", "-d", "/proc/\(process)"]).status == 1)
  }

  @Test("A machine that QEMU refuses is an error with QEMU's own words")
  func refused() async throws {
    let configuration = GuestConfiguration { $0.arguments = ["-device", "no-such-device"] }
    let error = await #expect(throws: RigError.self) { try await Guest.with(configuration) { _ in } }
    #expect(error?.message.contains("no-such-device") == true)
  }
}
