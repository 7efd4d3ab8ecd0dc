// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig

/// A guest with Debian's systemd and udev, a libvirtd that has libvirt's test driver alone, and neither the agent nor
/// the program, whose packages it has as files; see scripts/systemd-guest.sh.
struct SystemdGuest {
  /// The packages' files in the guest.
  let agentPackage = "/root/agent.deb"
  let hostPackage = "/root/host.deb"
  private let directory: ScratchDirectory
  private let monitor: RigMonitor
  private let line: GuestControl

  /// Boots the guest, without the agent's port, runs `body` when its commands are listened to, and ends it.
  static func with(_ body: (SystemdGuest) async throws -> Void) async throws {
    let script = "\(GuestImage.checkout)/Tests/PackageTests/scripts/systemd-guest.sh"
    try await Program.check(["bash", script], within: .seconds(900))
    let image = "\(GuestImage.checkout)/.cache/systemd-guest"
    try await ScratchDirectory.with { directory in
      let arguments = [
        "qemu-system-x86_64", "-machine", "q35", "-accel", "tcg", "-m", "512", "-display", "none", "-nodefaults",
        "-no-user-config", "-chardev", "file,id=console,path=\(directory("console"))", "-serial", "chardev:console",
        "-chardev", "socket,id=control,path=\(directory("control.sock")),server=on,wait=on", "-serial",
        "chardev:control", "-qmp", "unix:\(directory("rig.sock")),server=on,wait=off",
        "-chardev", "socket,id=agent,path=\(directory("agent.sock")),server=on,wait=off",
        "-device", "virtio-balloon-pci", "-device", "virtio-serial-pci,id=serial0",
        "-drive", "file=\(image)/root.squashfs,format=raw,if=none,id=system,readonly=on",
        "-device", "virtio-blk-pci,drive=system",
        "-drive", "file=\(BuiltPackages.path(BuiltPackages.agent)),format=raw,if=none,id=package,readonly=on",
        "-device", "virtio-blk-pci,drive=package",
        "-drive", "file=\(BuiltPackages.path(BuiltPackages.host)),format=raw,if=none,id=program,readonly=on",
        "-device", "virtio-blk-pci,drive=program", "-kernel", "\(image)/vmlinuz", "-initrd", "\(image)/initramfs.gz",
        "-append", "console=ttyS0 mitigations=off systemd.show_status=1",
      ]
      try await Program.background(arguments, log: directory("qemu.log")) {
        let guest = try await start(directory)
        try await guest.copy(BuiltPackages.agent, from: "/dev/vdb", to: guest.agentPackage)
        try await guest.copy(BuiltPackages.host, from: "/dev/vdc", to: guest.hostPackage)
        try await body(guest)
      }
    }
  }

  /// Makes a package's file of the disk that it is. A disk ends at a full sector, the package before.
  private func copy(_ package: String, from disk: String, to path: String) async throws {
    let size = try FileManager.default.attributesOfItem(atPath: BuiltPackages.path(package))[.size]
    let bytes = (size as? Int) ?? (size as? UInt64).map { Int($0) } ?? 0
    try await control("head -c \(bytes) \(disk) >\(path)")
  }

  private static func start(_ directory: ScratchDirectory) async throws -> SystemdGuest {
    let line = try await waitUntil("QEMU listened") { try? GuestControl(path: directory("control.sock")) }
    let monitor = try await waitUntil("QEMU's monitor listened") { try? await RigMonitor(path: directory("rig.sock")) }
    do {
      try await line.untilBooted(1, within: .seconds(300))
    } catch let error as RigError {
      throw RigError(error.code, "\(error.message)\n\(directory.tail("console"))\(directory.tail("qemu.log"))")
    }
    return SystemdGuest(directory: directory, monitor: monitor, line: line)
  }

  /// Runs a line of shell in the guest, and gives its output without the final line feed.
  @discardableResult
  func control(_ command: String, within limit: Duration = .seconds(60)) async throws -> String {
    try await line.check(command, within: limit)
  }

  /// A property of a unit, as systemd tells it; of the agent's unless another is named.
  func unit(_ property: String, of unit: String = "virt-balloon-agent") async throws -> String {
    try await control("systemctl show --property \(property) --value \(unit)")
  }

  /// What systemd finds wrong with these units; empty when it is nothing.
  func faults(of units: String...) async throws -> String {
    try await control("systemd-analyze verify --man=no \(units.joined(separator: " ")) 2>&1", within: .seconds(180))
  }

  /// How exposed systemd finds a unit, from 0 (best) to 10.
  func exposure(of unit: String) async throws -> Double {
    let told = try await control("systemd-analyze security --no-pager \(unit) | tail -n 1", within: .seconds(180))
    let words = told.split(separator: " ")
    guard let colon = words.firstIndex(where: { $0.hasSuffix(":") }), let value = words[(colon + 1)...].first,
      let exposure = Double(String(value))
    else { throw RigError(.program, "systemd-analyze security \(unit) said \(told)") }
    return exposure
  }

  /// Gives the guest the agent's port.
  func plugAgentPort() async throws {
    // QEMU lets go of the channel a moment after the guest has lost the port; until then it is "in use".
    try await waitUntil("QEMU took the agent's port") {
      do {
        try await monitor.execute(
          "device_add",
          [
            "driver": "virtserialport", "bus": "serial0.0", "id": "port", "chardev": "agent",
            "name": .string(GuestConfiguration.agentPort),
          ])
        return true
      } catch let error as RigError where error.code == .monitor && error.message.hasSuffix("is in use") {
        return false
      }
    }
  }

  /// Takes the port away, and waits until the guest has lost it.
  func unplugAgentPort() async throws {
    try await monitor.execute("device_del", ["id": "port"])
    try await waitUntil("the agent's port was gone") {
      try await control("ls /dev/virtio-ports 2>/dev/null || true").isEmpty
    }
  }

  /// Waits until `virt-balloon` on the host gets an answer.
  func untilAgentAnswers() async throws {
    try await waitUntil("the agent answered", within: .seconds(120), every: .milliseconds(200)) {
      try await Program.run(
        [Program.built("virt-balloon"), "agent", "ping", "agent:\(directory("agent.sock"))"], within: .seconds(60)
      ).status == 0
    }
  }
}
