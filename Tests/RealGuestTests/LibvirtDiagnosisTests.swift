// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

extension RealGuestTests {
  @Test("One libvirt domain is diagnosed through libvirt: XML, statistics, the agent's channel, and the flags")
  func libvirtDiagnosis() async throws {
    try await LibvirtHost.with { host in
      try await host.withDomain(.behindSecondRootPort) { domain in
        try await host.waitUntilAnswering(domain)
        try await untouched(host, domain)
        try await readOnly(host, domain)
        try await heldChannel(host, domain)
        try await paused(host, domain)
        try await monitor(host, domain)
      }
      let outcome = try await Diagnosis.run(["--connect", host.uri, "vb-rig"])
      #expect(outcome.status == 69)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errorOutput.split(separator: "\n").count == 1)
    }
  }

  /// All that is to be had without leaving a mark.
  private func untouched(_ host: LibvirtHost, _ domain: LibvirtHost.Domain) async throws {
    let report = try await DiagnosisExpectation.healthy("pci.address.renumbered")
      .check(["--connect", host.uri, domain.name], "through libvirt")
    let evidence = report["evidence"]
    #expect(evidence?["configuration"]?["address"]?["value"]?.string == "0000:02:00.0")
    #expect(evidence?["configuration"]?["path"]?["value"]?.string == "03.0/00.0")
    let balloon = evidence?["guest"]?["functions"]?["value"]?.elements.first {
      $0["path"]?["value"]?.string == "03.0/00.0"
    }
    let address = try await domain.control("vb balloon address")
    #expect(address != "0000:02:00.0", "the guest's bus number is libvirt's index after all")
    #expect(balloon?["address"]?["value"]?.string == address)
    #expect(balloon?["virtioDriver"]?["value"]?.string == "virtio_balloon")
    let agent = evidence?["guest"]?["agent"]
    #expect(agent?["status"]?.string == "observed", "\(agent?["detail"]?.string ?? "")")
    #expect(evidence?["device"]?["status"]?["reason"]?.string == "not-asked")
    #expect(try await host.virsh("dominfo", domain.name).contains("custom monitor") == false)
  }

  private func readOnly(_ host: LibvirtHost, _ domain: LibvirtHost.Domain) async throws {
    let report = try await DiagnosisExpectation.healthy()
      .check(["--readonly", "--connect", host.uri, domain.name], "read-only")
    #expect(report["evidence"]?["guest"]?["agent"]?["reason"]?.string == "denied")
  }

  private func heldChannel(_ host: LibvirtHost, _ domain: LibvirtHost.Domain) async throws {
    let ping = [try Program.built("virt-balloon"), "agent", "ping", "--connect", host.uri, domain.name]
    // libvirtd lets the channel of a client that has gone go in its own time.
    func isFree() async throws -> Bool { try await Program.run(ping).status == 0 }
    try await waitUntil("the channel was free") { try await isFree() }
    try await Program.background(ping + ["--count", "1000000"], log: host.directory("ping.log")) {
      try await waitUntil("the channel was seen to be held") {
        let outcome = try await Diagnosis.run(["--quick", "--connect", host.uri, domain.name])
        return try Diagnosis.findings(Diagnosis.parse(outcome)).contains("agent.channel.busy")
      }
    }
    try await waitUntil("the channel was free again") { try await isFree() }
  }

  private func paused(_ host: LibvirtHost, _ domain: LibvirtHost.Domain) async throws {
    try await host.virsh("suspend", domain.name)
    let outcome = try await Diagnosis.run(["--connect", host.uri, domain.name])
    #expect(outcome.status == 1)
    let findings = try Diagnosis.findings(Diagnosis.parse(outcome))
    #expect(findings.contains("guest.not-running"))
    #expect(findings.isDisjoint(with: ["stats.frozen", "driver.not-operating", "balloon.target.ignored"]))
    try await host.virsh("resume", domain.name)
  }

  /// The device's own word, which is asked for by a flag and leaves a mark.
  private func monitor(_ host: LibvirtHost, _ domain: LibvirtHost.Domain) async throws {
    let report = try await DiagnosisExpectation.healthy("pci.address.renumbered")
      .check(["--monitor", "--connect", host.uri, domain.name], "with --monitor")
    let device = report["evidence"]?["device"]
    #expect(device?["status"]?["value"]?.elements.compactMap(\.string).contains("DRIVER_OK") == true)
    #expect(device?["address"]?["value"]?.string == (try await domain.control("vb balloon address")))
    #expect(device?["path"]?["value"]?.string == "03.0/00.0")
    let notices = report["evidence"]?["collection"]?["notices"]?.elements.compactMap(\.string) ?? []
    #expect(notices.contains { $0.contains("custom-monitor") })
    #expect(try await host.virsh("dominfo", domain.name).contains("custom monitor control commands"))
  }
}
