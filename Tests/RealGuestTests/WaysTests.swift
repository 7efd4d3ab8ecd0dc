// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

extension RealGuestTests {
  /// What is wrong with a guest whose balloon a generic driver holds, as far as any way to it can tell.
  private static let right: Set<String> = ["driver.generic", "driver.not-operating"]

  /// The finding of one way to the broken guest: right, or none and then what to do next.
  private func look(_ way: String, _ arguments: [String]) async throws -> Set<String> {
    let outcome = try await Diagnosis.run(arguments)
    let report = try Diagnosis.parse(outcome)
    let mattering = Set(
      report["findings"]?.elements.filter { $0["severity"]?.string != "note" }.compactMap { $0["id"]?.string } ?? [])
    #expect(mattering.isSubset(of: Self.right), "\(way): \(mattering)")
    if mattering.isEmpty {
      #expect(report["verdict"]?.string == "inconclusive", "\(way)")
      let text = try await Program.run([Program.built("virt-balloon"), "diagnose"] + arguments).output
      #expect(text.contains("to get it:\n      virt-balloon "), "\(way): \(text)")
    } else {
      #expect(report["verdict"]?.string == "problem", "\(way)")
    }
    return mattering
  }

  @Test("A balloon held by a generic driver is told right by each way alone, or told to need another: none is wrong")
  func eachWayAlone() async throws {
    let broken = GuestConfiguration {
      $0.driver = .generic
      $0.bench = true
      $0.ports = [GuestConfiguration.qemuGuestAgentPort]
    }
    try await Guest.with(broken) { guest in
      try await waitUntil("both agents opened their ports") {
        let open = try await guest.monitor.execute("query-chardev").elements.filter {
          $0["frontend-open"]?.bool == true
        }.compactMap { $0["label"]?.string }
        return open.contains("agent") && open.contains(GuestConfiguration.qemuGuestAgentPort)
      }
      #expect(try await look("agent", ["agent:\(guest.agentSocketPath)"]) == ["driver.generic"])
      #expect(try await look("all", ["--qemu-ga", "qmp:\(guest.monitorPath)"]) == ["driver.generic"])
      try await guest.control("vb agent kill")
      try await waitUntil("the agent's port was closed") { try await HostView(guest.monitor).agentPortOpen == false }
      _ = try await look("qemu-ga", ["--qemu-ga", "qmp:\(guest.monitorPath)"])
      try await guest.control("vb qemu-ga kill")
      _ = try await look("QMP", ["qmp:\(guest.monitorPath)"])
    }
    let domain = LibvirtDomain {
      $0.agentChannel = false
      $0.guest.driver = .generic
      $0.guest.agent = false
    }
    try await LibvirtHost.with { host in
      try await host.withDomain(domain) { domain in
        _ = try await look("libvirt", ["--connect", host.uri, domain.name])
        _ = try await look("libvirt, read-only", ["--readonly", "--connect", host.uri, domain.name])
      }
    }
  }
}
