// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Testing

extension RealGuestTests {
  @Test("A reset during a diagnosis suspends every rule about change")
  func resetMeanwhile() async throws {
    try await Guest.with(GuestConfiguration { $0.statsPeriod = 4 }) { guest in
      try await waitUntil("the agent opened its port") { try await HostView(guest.monitor).agentPortOpen == true }
      async let diagnosis = Diagnosis.run(["qmp:\(guest.monitorPath)"])
      // The diagnosis watches for nine seconds unless the statistics advance, which they do every four.
      try await Task.sleep(for: .milliseconds(600))
      try await guest.reset()
      let report = try Diagnosis.parse(try await diagnosis)
      let interruptions = report["evidence"]?["domain"]?["interruptions"]?["value"]?.elements.compactMap(\.string) ?? []
      let findings = Diagnosis.findings(report)
      if interruptions.contains("RESET") { #expect(findings.contains("guest.not-running")) }
      #expect(
        findings.isDisjoint(with: [
          "stats.frozen", "stats.not-delivered", "driver.not-operating", "driver.none", "driver.contradicted",
          "balloon.target.ignored",
        ]))
      #expect(report["verdict"]?.string != "problem")
    }
  }

  @Test("A monitor and a channel that another client holds are found busy, not silent")
  func held() async throws {
    try await Guest.with(GuestConfiguration()) { guest in
      try await waitUntil("the agent opened its port") { try await HostView(guest.monitor).agentPortOpen == true }
      do {
        let holder = try UnixStream(path: guest.monitorPath)
        let outcome = try await Diagnosis.run(["qmp:\(guest.monitorPath)"])
        #expect(outcome.status == 69)
        #expect(outcome.output.isEmpty)
        #expect(outcome.errorOutput.contains("another holds it"))
        #expect(outcome.errorOutput.split(separator: "\n").count == 1)
        withExtendedLifetime(holder) {}
      }
      do {
        let holder = try UnixStream(path: guest.agentSocketPath)
        try await waitUntil("the channel was seen to be held") {
          let outcome = try await Diagnosis.run(["--quick", "qmp:\(guest.monitorPath)"])
          return try Diagnosis.findings(Diagnosis.parse(outcome)).contains("agent.channel.busy")
        }
        withExtendedLifetime(holder) {}
      }
      try await waitUntil("both were free again") {
        try await Diagnosis.run(["qmp:\(guest.monitorPath)"]).status == 0
      }
    }
  }

  @Test("An agent is killed while it answers: its successor is in step on the same connection, whatever was left there")
  func killedInMidReply() async throws {
    try await Guest.with(GuestConfiguration()) { guest in
      try await waitUntil("the agent opened its port") { try await HostView(guest.monitor).agentPortOpen == true }
      let stream = try UnixStream(path: guest.agentSocketPath)
      func request(_ id: Int, _ method: String, _ parameters: String) -> [UInt8] {
        [0x1e] + Array(#"{"jsonrpc":"2.0","id":\#(id),"method":"\#(method)","params":\#(parameters)}"#.utf8) + [0x0a]
      }
      // Each reply is longer than one write to the port takes (32 KiB), and together they are more than socket and port
      // (128 writes) hold while nobody reads: the agent comes to stand in a write.
      try await guest.control(
        """
        echo on >/proc/sys/kernel/printk_devkmsg; i=0; while [ $i -lt 2400 ]; do \
        echo "virtio_balloon: line $i of a log that is longer than one write to the port takes" >/dev/kmsg; \
        i=$((i + 1)); done
        """)
      for id in 1...60 { try stream.send(request(id, "log.balloon", "{}")) }
      var received: [UInt8] = []
      try await waitUntil("the agent began to answer") {
        received += try stream.receive() ?? []
        return !received.isEmpty
      }
      // Unread from here on, so that it comes to stand in a write.
      try await Task.sleep(for: .seconds(2))
      try await guest.control("vb agent kill")
      try await waitUntil("the port was closed") { try await HostView(guest.monitor).agentPortOpen == false }
      var quiet = 0
      try await waitUntil("what was sent had been read") {
        guard let more = try stream.receive() else {
          quiet += 1
          return quiet > 20
        }
        quiet = 0
        received += more
        return false
      }
      // Where the last record was cut is the port's affair: on the boundary of a write, now and then of a record.
      try await guest.control("vb agent start")
      try await waitUntil("the agent opened its port again") {
        try await HostView(guest.monitor).agentPortOpen == true
      }
      try stream.send(request(1_000, "agent.hello", #"{"nonce":"after-the-kill"}"#))
      var answer: [UInt8] = []
      try await waitUntil("the new agent said hello") {
        answer += try stream.receive() ?? []
        let records = answer.split(separator: 0x1e)
        return records.contains {
          $0.last == 0x0a && String(decoding: $0, as: UTF8.self).contains(#""nonce":"after-the-kill""#)
        }
      }
    }
  }
}
