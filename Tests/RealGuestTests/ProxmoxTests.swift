// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// A guest whose sockets and settings stand where Proxmox VE has them, below its scratch directory. The settings are
/// synthesised.
struct ProxmoxLayout {
  let guest: Guest
  var root: String { guest.directory("pve") }
  func socket(_ kind: String) -> String { "\(root)/var/run/qemu-server/100.\(kind)" }

  init(_ guest: Guest, _ settings: String) throws {
    self.guest = guest
    for directory in ["etc/pve/qemu-server", "var/run/qemu-server"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
    }
    try Data(settings.utf8).write(to: URL(filePath: "\(root)/etc/pve/qemu-server/100.conf"))
    for (kind, path) in [
      ("qmp", guest.monitorPath), ("qga", guest.socket(ofPort: GuestConfiguration.qemuGuestAgentPort)),
      ("virt-balloon", guest.agentSocketPath), ("pid", guest.directory("qemu.pid")),
    ] {
      try FileManager.default.createSymbolicLink(atPath: socket(kind), withDestinationPath: path)
    }
  }

  /// Makes the machine's process the first of this system, which has run for longer than a rule waits for a service.
  func pretendToBeOld() throws {
    try FileManager.default.removeItem(atPath: socket("pid"))
    try Data("1\n".utf8).write(to: URL(filePath: socket("pid")))
  }

  func diagnose(_ flags: String...) async throws -> RigJSON {
    try Diagnosis.parse(try await Diagnosis.run(flags + ["--proxmox-root", root, "proxmox:100"]))
  }

  /// The report as its reader has it.
  func text(_ flags: String...) async throws -> String {
    try await Program.run(
      [Program.built("virt-balloon"), "diagnose"] + flags + ["--proxmox-root", root, "proxmox:100"]
    ).output
  }
}

extension RealGuestTests {
  /// How a client that takes the monitor in turns, as pvestatd does, fared.
  private struct Turns {
    var served = 0
    var longest = Duration.zero
  }

  /// Takes the monitor every 300 ms, as pvestatd would every ten seconds, until it is cancelled.
  private static func takeTurns(_ path: String) async -> Turns {
    var turns = Turns()
    while !Task.isCancelled {
      let start = ContinuousClock.now
      if let monitor = try? await RigMonitor(path: path), (try? await monitor.execute("query-balloon")) != nil {
        turns.served += 1
        turns.longest = max(turns.longest, ContinuousClock.now - start)
      }
      try? await Task.sleep(for: .milliseconds(300))
    }
    return turns
  }

  @Test("A virtual machine of Proxmox is diagnosed beside pvestatd, which never starves")
  func proxmox() async throws {
    let configuration = GuestConfiguration {
      $0.bench = true
      $0.ports = [GuestConfiguration.qemuGuestAgentPort]
      $0.statsPeriod = 2
    }
    try await Guest.with(configuration) { guest in
      let layout = try ProxmoxLayout(
        guest, "agent: 1\nballoon: 256\nmachine: q35\nmemory: 256\nname: files\nostype: l26\n")
      try await guest.control(#"mkdir -p /etc; printf 'ID=debian\nPRETTY_NAME="The rig"\n' >/etc/os-release"#)
      try await waitUntil("statistics came") { try await (HostView(guest.monitor).lastUpdate ?? 0) > 0 }

      let other = Task { await Self.takeTurns(layout.socket("qmp")) }
      let report = try await layout.diagnose("--qemu-ga")
      other.cancel()
      let turns = await other.value
      #expect(turns.served > 3)
      #expect(turns.longest < .seconds(1), "\(turns.longest)")
      #expect(report["verdict"]?.string == "healthy", "\(Diagnosis.findings(report))")
      let evidence = report["evidence"]
      #expect(evidence?["target"]?["kind"]?.string == "proxmox" && evidence?["target"]?["name"]?.string == "files")
      #expect(evidence?["collection"]?["sampled"]?.bool == true)
      #expect((evidence?["readings"]?.elements.count ?? 0) > 1)
      #expect(evidence?["configuration"]?["target"]?["value"]?.integer == 256 << 20)
      #expect((evidence?["readings"]?.elements.first?["rss"]?["value"]?.integer ?? 0) > 32 << 20)
      #expect(evidence?["guest"]?["agent"]?["status"]?.string == "observed")
      #expect(evidence?["guest"]?["qemuGA"]?["osID"]?["value"]?.string == "debian")

      try await exported(layout)

      // The target of its settings is not where the balloon is.
      try await guest.control("vb balloon unbind")
      let broken = try await layout.diagnose()
      #expect(broken["verdict"]?.string == "problem", "\(Diagnosis.findings(broken))")
      let text = try await Program.run(
        [Program.built("virt-balloon"), "diagnose", "--quick", "--proxmox-root", layout.root, "proxmox:100"])
      #expect(!text.output.contains("virsh"), "\(text.output)")
    }
  }

  /// The same guest in Prometheus' eyes.
  private func exported(_ layout: ProxmoxLayout) async throws {
    let report = try await layout.diagnose("--quick")
    for page in try await ExportedPage.both(["--proxmox-root", layout.root], in: layout.guest.directory) {
      #expect(page.value("guests") == 1 && page.value("guests_postponed") == 0)
      #expect(page.value("host_up", ("kind", "proxmox")) == 1 && page.value("up") == 1 && page.value("complete") == 1)
      #expect(page.label("domain", of: "up") == "files" && page.label("location", of: "up") == "100")
      #expect(page.verdict == report["verdict"]?.string)
      #expect(page.findings == Diagnosis.findings(report))
      #expect(page.label("version", of: "agent_info") == "0.1.0")
      #expect(page.all("driver_info").isEmpty, "Linux' driver has no version of its own")
      #expect(page.value("target_bytes") == Double(256 << 20) && page.value("maximum_bytes") == Double(256 << 20))
      #expect(page.value("actual_bytes") == Double(256 << 20) && page.value("resident_bytes") ?? 0 > Double(32 << 20))
      #expect(page.value("guest_memory_bytes") ?? 0 > Double(64 << 20))
      #expect(page.value("statistics_period_seconds") == 2 && page.value("statistics_age_seconds") ?? -1 >= 0)
      #expect(page.value("reading_timestamp_seconds") ?? 0 > 1_700_000_000)
    }
  }

  @Test("The Linux probe runs through qemu-ga's guest-exec, where it is allowed")
  func guestExec() async throws {
    let configuration = GuestConfiguration {
      $0.bench = true
      $0.agent = false
      $0.ports = [GuestConfiguration.qemuGuestAgentPort]
    }
    try await Guest.with(configuration) { guest in
      try await guest.control(#"mkdir -p /etc; printf 'ID=debian\nPRETTY_NAME="The rig"\n' >/etc/os-release"#)
      try await waitUntil("qemu-ga opened its port") {
        try await guest.monitor.execute("query-chardev").elements.contains {
          $0["label"]?.string == GuestConfiguration.qemuGuestAgentPort && $0["frontend-open"]?.bool == true
        }
      }
      let outcome = try await Diagnosis.run(["--quick", "--guest-exec", "qmp:\(guest.monitorPath)"])
      #expect(outcome.errorOutput.hasPrefix("virt-balloon: --guest-exec: runs read-only commands in the guest"))
      let report = try Diagnosis.parse(outcome)
      let told = report["evidence"]?["guest"]
      #expect(told?["osName"]?["value"]?.string == "The rig", "\(String(describing: told))")
      let release = try await guest.control("uname -r")
      #expect(told?["kernel"]?["value"]?.string == release)
      #expect(told?["kernel"]?["source"]?.string?.contains("guest-exec") == true)
      let balloon = told?["functions"]?["value"]?.elements.first {
        $0["virtioDriver"]?["value"]?.string == "virtio_balloon"
      }
      #expect(balloon != nil, "\(String(describing: told?["functions"]))")
      let notices = report["evidence"]?["collection"]?["notices"]?.elements.compactMap(\.string) ?? []
      #expect(notices.contains { $0.contains("run in the guest through qemu-ga's guest-exec") })
      #expect(report["verdict"]?.string == "healthy", "\(Diagnosis.findings(report))")
      // Through Proxmox's sockets, too.
      let layout = try ProxmoxLayout(guest, "agent: 1\nmemory: 256\nostype: l26\n")
      let other = try await layout.diagnose("--quick", "--guest-exec")
      #expect(other["evidence"]?["guest"]?["kernel"]?["value"]?.string == release)
    }
  }
}
