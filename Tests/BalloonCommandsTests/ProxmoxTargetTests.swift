// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import Glibc
import GuestRig
import Testing

@Suite("A virtual machine of Proxmox VE")
struct ProxmoxTargetTests {
  private static let settings = """
    # Files\\: 100%0A
    agent: 1
    balloon: 16
    machine: pc-q35-7.2
    memory: 32
    name: files
    ostype: win11
    shares: 0
    smbios1: uuid=7b10d7af-b932-4c66-b2c3-3996152ec465
    """

  private func with<Result: Sendable>(_ body: (ProxmoxTree) async throws -> Result) async throws -> Result {
    try await ScratchDirectory.with { try await body(try ProxmoxTree($0)) }
  }

  private func ask(_ tree: ProxmoxTree, _ command: String..., wrapper: [String] = []) async throws -> Answer {
    try await Answer(measuring: wrapper + command + ["--proxmox-root", tree.root])
  }

  @Test("That is not here is told in one line, and why")
  func missing() async throws {
    try await with { tree in
      try tree.write("etc/pve/lxc/101.conf", "arch: amd64\n")
      try tree.write("etc/pve/nodes/other/qemu-server/102.conf", "memory: 512\n")
      for command in ["diagnose", "stats"] {
        try await ask(tree, command, "proxmox:100").expectUnavailable("no such virtual machine")
        try await ask(tree, command, "proxmox:101").expectUnavailable("it is a container")
        try await ask(tree, command, "proxmox:102").expectUnavailable("it is on the node other of this cluster")
        try await Answer(command, "--proxmox-root", "/nowhere", "proxmox:100")
          .expectUnavailable("this is no host of Proxmox VE")
        for target in ["proxmox:", "proxmox:99", "proxmox:../100", "proxmox:0100", "proxmox:1000000000"] {
          let answer = try await ask(tree, command, target)
          #expect(answer.status == 64 && answer.complaint.contains("VMID"), "\(answer.complaint)")
        }
      }
    }
  }

  @Test(
    "That the caller may not look at says so",
    .enabled("needs setpriv(1), and the program readable for everybody, to show this as root") {
      try await Program.run(Self.unprivileged + [try Program.built("virt-balloon"), "--version"]).status == 0
    })
  func denied() async throws {
    try await with { tree in
      try tree.configure(100, Self.settings)
      chmod(tree.scratch.path, 0o755)
      let file = tree.root + "/etc/pve/qemu-server/100.conf"
      chmod(file, 0o600)
      func unprivileged() async throws -> Answer {
        try await Answer("diagnose", "--proxmox-root", tree.root, "proxmox:100", wrapper: Self.unprivileged)
      }
      try await unprivileged().expectUnavailable("100.conf: permission denied; run as root")
      chmod(file, 0o644)
      try await FakePeer.with(at: tree.socket(100, "qmp"), { _ in }) { path in
        chmod(path, 0)
        try await unprivileged().expectUnavailable("100.qmp: permission denied; run as root")
      }
    }
  }
  private static let unprivileged = geteuid() == 0 ? ["setpriv", "--reuid=nobody", "--clear-groups"] : []

  @Test("That is stopped is judged by its settings")
  func stopped() async throws {
    try await with { tree in
      try tree.configure(100, Self.settings + "\n[PENDING]\nballoon: 0\n\n[snap]\nballoon: 1\n")
      let answer = try await ask(tree, "diagnose", "--format", "json", "proxmox:100")
      let evidence = try answer.document().evidence
      #expect(evidence.target.kind == .proxmox && evidence.target.location == "100")
      #expect(evidence.target.name == "files" && evidence.target.uuid == "7b10d7af-b932-4c66-b2c3-3996152ec465")
      #expect(evidence.domain.state.value == "shutoff" && evidence.domain.osFamily.value == "windows")
      #expect(evidence.configuration.maximum.value == 32 << 20 && evidence.configuration.target.value == 16 << 20)
      #expect(evidence.configuration.model.value == "virtio" && evidence.configuration.freePageReporting.value == true)
      #expect(evidence.collection.notices.contains { $0.contains("wait for a full stop and start: balloon") })
      #expect(try answer.document().has("guest.not-running"))
      #expect(answer.complaint.isEmpty, "\(answer.complaint)")

      // A socket that its QEMU left behind.
      close(try FakePeer.listen(at: tree.socket(100, "qmp")))
      #expect(try await ask(tree, "diagnose", "--format", "json", "proxmox:100").document().has("guest.not-running"))
      let overview = try await ask(tree, "diagnose")
      #expect(!overview.output.contains("proxmox:100"), "\(overview.output)")

      try tree.configure(101, "balloon: 0\nmemory: 2048\n")
      let none = try await ask(tree, "diagnose", "--format", "json", "proxmox:101")
      #expect(try none.document().evidence.configuration.model.value == "none")
      let text = try await ask(tree, "diagnose", "proxmox:101").output
      #expect(text.contains("qm start 101"), "\(text)")
      #expect(text.contains("on Proxmox say balloon: 0") && text.contains("qm set 101 --delete balloon"), "\(text)")

      try tree.configure(102, "memory: 2048\nballoon: 1024\nlock: migrate\n\u{1B}[31mred\nmemory: \u{1B}[2J\n")
      let hostile = try await ask(tree, "diagnose", "proxmox:102")
      #expect(Answer.isSafe(hostile.output) && Answer.isSafe(hostile.complaint), "\(hostile.output)")
      #expect(hostile.output.contains("not known (malformed)"), "\(hostile.output)")
      try tree.configure(103, String(repeating: "x", count: 2 << 20))
      let long = try await ask(tree, "diagnose", "proxmox:103")
      #expect(long.output.contains("too long, or no text"), "\(long.output)")
      #expect(try #require(long.peak) < 150 << 10)
    }
  }

  @Test("Whose balloon pvestatd moves has no target that anybody knows")
  func autoBallooned() async throws {
    try await with { tree in
      try tree.configure(100, "memory: 4096\nballoon: 2048\n")
      let evidence = try await ask(tree, "diagnose", "--format", "json", "proxmox:100").document().evidence
      #expect(evidence.configuration.target.failure?.detail.contains("pvestatd") == true)
      #expect(evidence.collection.notices.contains { $0.contains("between 2048 MiB (balloon) and 4096 MiB (memory)") })
      try tree.configure(100, "memory: 4096\n")
      let fixed = try await ask(tree, "diagnose", "--format", "json", "proxmox:100").document().evidence
      #expect(fixed.configuration.target.value == 4096 << 20)
    }
  }

  @Test("Whose settings give it devices or huge pages is told what the host will not get back")
  func passedThrough() async throws {
    try await with { tree in
      let settings = "memory: 4096\nballoon: 2048\nshares: 0\n"
      try tree.configure(100, settings + "hugepages: 2\nhostpci0: 0000:01:00,pcie=1\nhostpci1: 0000:02:00,mdev=a-1\n")
      let answer = try await ask(tree, "diagnose", "--format", "json", "proxmox:100").document()
      #expect(answer.evidence.configuration.pinningDevices.value == ["pci", "mdev"])
      #expect(answer.evidence.configuration.hugepages.value == true)
      #expect(answer.has("balloon.config.inhibited") && answer.has("balloon.config.hugepages"))
      try tree.configure(100, settings)
      let plain = try await ask(tree, "diagnose", "--format", "json", "proxmox:100").document()
      #expect(plain.evidence.configuration.pinningDevices.value == [])
      #expect(!plain.has("balloon.config.inhibited") && !plain.has("balloon.config.hugepages"))
    }
  }

  @Test("Whose monitor somebody holds is judged by its settings, and the rest is told as held")
  func held() async throws {
    try await with { tree in
      try tree.configure(100, Self.settings)
      let answer = try await FakePeer.with(at: tree.socket(100, "qmp"), { _ in }) { _ in
        try await ask(tree, "diagnose", "--format", "json", "proxmox:100")
      }
      let document = try answer.document()
      #expect(document.verdict == "inconclusive")
      #expect(document.evidence.device.qomPath.failure?.reason == .busy)
      #expect(document.evidence.domain.state.failure?.reason == .busy)
      #expect(document.evidence.configuration.maximum.value == 32 << 20)
    }
  }

  @Test(
    "That runs is asked over its sockets, which are let go",
    .enabled(if: Machine.isInstalled, "needs \(Machine.emulator)"))
  func running() async throws {
    try await with { tree in
      try tree.configure(100, Self.settings)
      let agent = tree.socket(100, "virt-balloon")
      let arguments =
        [
          Machine.emulator, "-M", "q35", "-accel", "tcg", "-m", "32", "-display", "none", "-nodefaults",
          "-no-user-config", "-S", "-name", "files", "-pidfile", tree.socket(100, "pid"),
          "-chardev", "socket,id=qmp,path=\(tree.socket(100, "qmp")),server=on,wait=off",
          "-mon", "chardev=qmp,mode=control",
          "-chardev", "socket,path=\(tree.socket(100, "qga")),server=on,wait=off,id=qga0",
          "-device", "virtio-serial,id=qga0", "-device", "virtserialport,chardev=qga0,name=org.qemu.guest_agent.0",
          "-device", "virtio-serial-pci,id=vb0", "-chardev", "socket,path=\(agent),server=on,wait=off,id=vb-agent",
          "-device", "virtserialport,bus=vb0.0,chardev=vb-agent,name=org.virt-balloon.agent.0",
        ] + Machine.balloon
      try await Program.background(arguments, log: tree.scratch("log")) {
        try await waitUntil("QEMU stood: \(tree.scratch.tail("log"))") {
          (try? UnixStream(path: tree.socket(100, "qmp"))) != nil && access(tree.socket(100, "pid"), F_OK) == 0
        }
        let answer = try await ask(tree, "diagnose", "--qemu-ga", "--format", "json", "proxmox:100")
        let evidence = try answer.document().evidence
        #expect(evidence.device.qomPath.value == "/machine/peripheral/balloon0", "\(answer.complaint)")
        #expect(evidence.domain.state.value == "prelaunch")
        #expect(evidence.configuration.target.value == 16 << 20)
        #expect(evidence.readings.first?.actual.value == 32 << 20)
        #expect(try #require(evidence.readings.first?.rss.value) > 1 << 20)
        #expect(evidence.domain.uptime.value != nil)
        #expect(evidence.channel.port.value == "org.virt-balloon.agent.0")
        #expect(evidence.guest.qemuGA?.version.failure?.reason == .disconnected)
        let overview = try await ask(tree, "diagnose")
        #expect(
          overview.output.hasPrefix("warning       proxmox:100 (files): "), "\(overview.output)\(overview.complaint)")
        let table = try await ask(tree, "stats", "proxmox:100")
        #expect(table.status == 0 && table.output.contains("32 MiB"), "\(table.output)\(table.complaint)")
        // Nobody holds the monitor now.
        let stream = try UnixStream(path: tree.socket(100, "qmp"))
        try await waitUntil("the monitor greeted somebody else") { try stream.receive()?.isEmpty == false }
      }
    }
  }
}
