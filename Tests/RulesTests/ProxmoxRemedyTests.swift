// SPDX-License-Identifier: GPL-3.0-or-later
import Testing

@testable import Rules

@Suite("Remedies on a host of Proxmox VE")
struct ProxmoxRemedyTests {
  @Test(
    "Name that host's own commands, and none of libvirt's or of a bare monitor's", arguments: Catalogue.all.map(\.id))
  func commands(_ id: String) throws {
    let rule = try #require(Catalogue.rule(id))
    for system in [RemedyContext.System.windows, .linux, .unknown] {
      let context = RemedyContext(
        system: system, domain: nil, uri: nil, guestAddress: nil, driver: nil, vmid: "100",
        check: "virt-balloon diagnose proxmox:100")
      for step in rule.remedy(context) {
        let command = step.command ?? ""
        #expect(!command.contains("virsh") && !command.contains("socat"), "\(rule.id): \(command)")
        #expect(!step.text.contains("/libvirt") && !command.contains("/libvirt"), "\(rule.id): \(command)")
        #expect(!command.contains("DOMAIN"), "\(rule.id): \(command)")
        if command.hasPrefix("qm ") { #expect(command.contains(" 100"), "\(rule.id): \(command)") }
      }
    }
  }

  @Test("Ask the service's state through qemu-ga, set the period by the monitor, and give the balloon back by qm set")
  func steps() {
    let context = RemedyContext(
      system: .windows, domain: nil, uri: nil, guestAddress: nil, driver: nil, vmid: "100")
    #expect(context.installService.contains { $0.command == "qm guest exec 100 -- sc query BalloonService" })
    #expect(context.startPolling.map(\.command) == ["qm monitor 100"])
    #expect(context.startPolling[0].text.contains("guest-stats-polling-interval 2"))
    let edit = context.editDefinition("libvirt", "other", proxmox: ("Set it.", "--delete balloon"))
    #expect(edit.command == "qm set 100 --delete balloon" && edit.text.contains("full stop and start"))
    #expect(context.editDefinition("libvirt", "other").text == "other")
    let elsewhere = RemedyContext(system: .windows, domain: "guest", uri: nil, guestAddress: nil, driver: nil)
    #expect(elsewhere.qm("start") == nil && elsewhere.guestExec("x") == nil && elsewhere.proxmoxPort == nil)
    #expect(!elsewhere.installService.contains { $0.command?.hasPrefix("qm ") == true })
  }

  @Test("QEMU's messages are in the journal, in libvirt's log, or wherever QEMU's starter has led them")
  func messages() throws {
    func step(domain: String? = nil, uri: String? = nil, monitor: String? = nil, vmid: String? = nil) throws
      -> RemedyStep
    {
      let rule = try #require(Catalogue.rule("balloon.config.hugepages"))
      return try #require(
        rule.remedy(
          RemedyContext(
            system: .linux, domain: domain, uri: uri, guestAddress: nil, driver: nil, monitorSocket: monitor, vmid: vmid
          )
        ).first)
    }
    let proxmox = try step(vmid: "100")
    #expect(proxmox.command == "journalctl -t QEMU | grep -E 'backing page size' | tail -n 20")
    #expect(proxmox.text.contains("/var/run/qemu-server/100.pid"))
    #expect(
      try step(domain: "web1", uri: "qemu:///system").command
        == "grep -E 'backing page size' /var/log/libvirt/qemu/web1.log | tail -n 20")
    #expect(try step(domain: "web1", uri: "qemu:///session").command?.contains("~/.cache/libvirt/qemu/log/") == true)
    let bare = try step(monitor: "/run/web1.qmp")
    #expect(bare.command == nil && bare.text.contains("its standard error"))
  }
}
