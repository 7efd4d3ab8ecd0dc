// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

extension RealGuestTests {
  /// Both agents in one guest.
  private static let bothAgents = GuestConfiguration {
    $0.bench = true
    $0.ports = [GuestConfiguration.qemuGuestAgentPort]
  }

  /// What `diagnose` had of qemu-ga, and of our agent beside it.
  private func qemuGA(_ guest: Guest, _ flags: String...) async throws -> (
    qemuGA: RigJSON?, agent: RigJSON?, report: RigJSON
  ) {
    let report = try Diagnosis.parse(
      try await Diagnosis.run(["--quick"] + flags + ["qmp:\(guest.monitorPath)"]))
    let evidence = report["evidence"]?["guest"]
    return (evidence?["qemuGA"], evidence, report)
  }

  @Test("qemu-ga is asked beside our agent, through all that may befall its port")
  func qemuGuestAgent() async throws {
    try await Guest.with(Self.bothAgents) { guest in
      let socket = guest.socket(ofPort: GuestConfiguration.qemuGuestAgentPort)
      try await waitUntil("both agents opened their ports") {
        let ports = try await guest.monitor.execute("query-chardev").elements.filter {
          ["agent", GuestConfiguration.qemuGuestAgentPort].contains($0["label"]?.string)
        }
        return ports.count == 2 && ports.allSatisfy { $0["frontend-open"]?.bool == true }
      }
      try await guest.control(#"mkdir -p /etc; printf 'ID=debian\nPRETTY_NAME="The rig"\n' >/etc/os-release"#)

      // Concurrently with our agent, at the port that the monitor names.
      let (told, agent, _) = try await qemuGA(guest, "--qemu-ga")
      let release = try await guest.control("uname -r")
      #expect(told?["osID"]?["value"]?.string == "debian" && told?["osName"]?["value"]?.string == "The rig")
      #expect(told?["kernel"]?["value"]?.string == release && agent?["kernel"]?["value"]?.string == release)
      #expect(told?["version"]?["value"]?.string?.isEmpty == false)
      #expect(told?["commands"]?["value"]?["guest-get-osinfo"]?.bool == true)
      // Windows alone has it: whatever this agent says of it, it is no list of drivers.
      #expect(told?["devices"]?["status"]?.string == "failed", "\(String(describing: told?["devices"]))")
      let (unasked, _, _) = try await qemuGA(guest)
      #expect(unasked == nil)

      // Another client left half a command, and replies that it did not wait for.
      do {
        let other = try UnixStream(path: socket)
        try other.send(#"{"execute": "guest-get-osinfo"}"#.utf8 + Array("\n".utf8))
        try other.send(#"{"execute": "guest-info"}{"execute": "guest-pi"#.utf8)
        withExtendedLifetime(other) {}
      }
      try await waitUntil("the port was free, and qemu-ga in step") {
        try await qemuGA(guest, "--qemu-ga").qemuGA?["osID"]?["value"]?.string == "debian"
      }

      // Held by another.
      do {
        let other = try UnixStream(path: socket)
        try await waitUntil("the port was seen to be held") {
          try await qemuGA(guest, "--qemu-ga").qemuGA?["version"]?["reason"]?.string == "busy"
        }
        withExtendedLifetime(other) {}
      }
      try await waitUntil("the port was free again") {
        try await qemuGA(guest, "--qemu-ga-socket", socket).qemuGA?["version"]?["status"]?.string == "observed"
      }

      // Blocked: its silence hides nothing of our agent's, and its late replies are nobody's.
      try await guest.control("vb qemu-ga stop")
      for _ in 0..<2 {
        let (blocked, beside, report) = try await qemuGA(guest, "--qemu-ga", "--deadline", "2")
        #expect(blocked?["version"]?["reason"]?.string == "timed-out")
        #expect(blocked?["osID"]?["reason"]?.string == "timed-out")
        #expect(beside?["agent"]?["status"]?.string == "observed")
        let witness = report["witnesses"]?.elements.first { $0["name"]?.string == "qemu-ga" }
        #expect(witness?["testimony"]?.string == "silent")
      }
      try await guest.control("vb qemu-ga cont")
      try await waitUntil("qemu-ga was in step again") {
        try await qemuGA(guest, "--qemu-ga").qemuGA?["kernel"]?["value"]?.string == release
      }

      // Gone, and back.
      try await guest.control("vb qemu-ga kill")
      try await waitUntil("qemu-ga's port was closed") {
        try await qemuGA(guest, "--qemu-ga").qemuGA?["version"]?["reason"]?.string == "disconnected"
      }
      try await guest.control("vb qemu-ga start")
      try await waitUntil("qemu-ga was back") {
        try await qemuGA(guest, "--qemu-ga").qemuGA?["kernel"]?["value"]?.string == release
      }
    }
  }

  @Test("qemu-ga is asked through libvirt, by a flag that leaves a mark, and only then")
  func qemuGuestAgentThroughLibvirt() async throws {
    let configuration = LibvirtDomain {
      $0.devices = """
        <channel type='unix'><target type='virtio' name='\(GuestConfiguration.qemuGuestAgentPort)'/></channel>
        """
      $0.guest.ports = [GuestConfiguration.qemuGuestAgentPort]
      $0.guest.bench = true
    }
    try await LibvirtHost.with { host in
      try await host.withDomain(configuration) { domain in
        func diagnose(_ flags: String...) async throws -> RigJSON {
          try Diagnosis.parse(
            try await Diagnosis.run(["--quick", "--connect", host.uri] + flags + [domain.name]))
        }
        func isMarked() async throws -> Bool {
          try await host.virsh("dominfo", domain.name).contains("guest agent")
        }
        try await waitUntil("libvirt saw both channels opened") {
          try await host.virsh("dumpxml", domain.name).split(separator: "state='connected'").count == 3
        }
        let denied = try await diagnose("--qemu-ga", "--readonly")
        #expect(denied["evidence"]?["guest"]?["qemuGA"]?["version"]?["reason"]?.string == "denied")
        #expect(try await diagnose()["evidence"]?["guest"]?["qemuGA"] == nil)
        #expect(try await !isMarked())

        let release = try await domain.control("uname -r")
        let report = try await diagnose("--qemu-ga")
        let guest = report["evidence"]?["guest"]
        #expect(guest?["qemuGA"]?["kernel"]?["value"]?.string == release, "\(String(describing: guest?["qemuGA"]))")
        #expect(guest?["agent"]?["status"]?.string == "observed")
        let notices = report["evidence"]?["collection"]?["notices"]?.elements.compactMap(\.string) ?? []
        #expect(notices.contains { $0.contains("custom-ga-command") })
        #expect(try await isMarked())

        try await domain.control("vb qemu-ga stop")
        let blocked = try await diagnose("--qemu-ga", "--deadline", "3")
        let reason = blocked["evidence"]?["guest"]?["qemuGA"]?["version"]?["reason"]?.string
        #expect(["timed-out", "disconnected"].contains(reason), "\(reason ?? "observed")")
        #expect(blocked["evidence"]?["guest"]?["agent"]?["status"]?.string == "observed")
        #expect(blocked["evidence"]?["readings"]?.elements.first?["actual"]?["status"]?.string == "observed")
        try await domain.control("vb qemu-ga cont")
      }
    }
  }
}
