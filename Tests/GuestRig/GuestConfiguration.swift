// SPDX-License-Identifier: GPL-3.0-or-later

/// One guest of the rig: its hardware, and what it does when it comes up.
package struct GuestConfiguration: Sendable {
  package enum Machine: String, Sendable {
    case q35
    case i440fx = "pc"
    /// QEMU's name of the root bus.
    var rootBus: String { self == .q35 ? "pcie.0" : "pci.0" }
  }

  /// Where the balloon sits. All but ``rootBus``, ``nonTransitional`` and ``none`` need ``Machine/q35``.
  package enum Balloon: String, Sendable {
    /// On the root bus, at 00:05.0: transitional, 1af4:1002.
    case rootBus
    /// There too, as virtio-balloon-pci-non-transitional: 1af4:1045.
    case nonTransitional
    /// Behind a PCIe root port: modern only, 1af4:1045.
    case rootPort
    /// Behind the second of two root ports, the first of which has a pcie-pci-bridge below it: the guest's bus number
    /// (3) is then not libvirt's index.
    case secondRootPort
    /// Behind a root port at function 1 of a slot without function 0: firmware does not number that port's bus, so
    /// `query-pci` leaves the balloon out.
    case unnumberedBus
    /// No balloon.
    case none
  }

  /// What the guest does with the balloon's function when it comes up.
  package enum Driver: String, Sendable {
    /// virtio_pci and virtio_balloon.
    case load
    /// virtio_pci only.
    case none
    /// No driver at all on that function, virtio_pci on the others.
    case unclaimed
    /// uio_pci_generic on it, as Windows' generic RAM-controller driver sits on one.
    case generic
  }

  /// How far the guest goes.
  package enum Boot: Sendable {
    /// To userland with its virtio drivers.
    case full
    /// To userland, without any virtio module: the driver package is missing, or the guest is still booting.
    case withoutModules
    /// To a firmware that finds nothing to boot.
    case firmware
  }

  /// What makes a guest look like Windows to its agent.
  package struct Windows: Sendable {
    package let wine: Wine
    /// The file that a ``WinePrefix`` left (``WinePrefix/writeRegistry(to:)``).
    package let registry: String
    /// The agent as it is shipped, or the one that is built for tests.
    package let agent: WindowsAgent
    package init(_ wine: Wine, registry: String, agent: WindowsAgent) {
      (self.wine, self.registry, self.agent) = (wine, registry, agent)
    }
  }

  package var machine = Machine.q35
  /// Mebibytes.
  package var memory = 256
  package var balloon = Balloon.rootBus
  /// Properties of the balloon's device, as QEMU's command line has them ("deflate-on-oom=on").
  package var balloonProperties: [String] = []
  /// The statistics' polling interval in seconds, set before the guest comes up, as libvirt does; 0 leaves it off.
  package var statsPeriod: Int64 = 1
  /// An ivshmem device: a true RAM controller (class 0500) with Red Hat's vendor id, 1af4:1110.
  package var decoy = false
  /// A virtio-serial controller, the balloon's sibling. The channels need it.
  package var serialController = true
  /// The agent's channel.
  package var agentChannel = true
  /// Further virtio-serial ports by name; each has a socket, ``Guest/socket(ofPort:)``.
  package var ports: [String] = []
  package var boot = Boot.full
  package var driver = Driver.load
  /// Whether the agent is started when the guest comes up.
  package var agent = true
  /// Wine, with this registry, and the Windows agent under it instead of the Linux one.
  package var windows: Windows?
  /// The image with qemu-ga, which is started when its port is among ``ports``.
  package var bench = false
  /// Which of ``ports`` send back what they receive.
  package var echoPorts: [String] = []
  /// Another kernel than the usual one.
  package var image: GuestImage?
  /// Further arguments of QEMU.
  package var arguments: [String] = []

  package init(_ change: (inout GuestConfiguration) -> Void = { _ in }) { change(&self) }

  /// The agent's port.
  package static let agentPort = "org.virt-balloon.agent.0"
  /// QEMU's id of that port's device.
  static let agentPortID = "agent-port"
  /// qemu-ga's.
  package static let qemuGuestAgentPort = "org.qemu.guest_agent.0"

  /// Whether an agent will have the agent's port open when the guest is up.
  package var hasAgent: Bool { agent && agentChannel && boot == .full }

  private var agentWord: String {
    guard agent else { return "0" }
    guard let windows else { return "1" }
    return windows.agent.hasSeam ? "windows-test" : "windows"
  }

  /// What image/init.sh is told; the same words work as a libvirt domain's `<cmdline>`.
  package var kernelCommandLine: String {
    var words = ["console=ttyS0", "quiet", "vb.balloon=\(driver.rawValue)", "vb.agent=\(agentWord)"]
    // Wine's programs and its server talk all the time: without this each word costs an emulated processor its caches.
    if windows != nil { words.append("mitigations=off") }
    if boot == .withoutModules { words.append("vb.modules=none") }
    if bench, ports.contains(Self.qemuGuestAgentPort) { words.append("vb.qemu-ga=1") }
    words += echoPorts.map { "vb.echo=\($0)" }
    return words.joined(separator: " ")
  }
}

extension GuestConfiguration {
  private func initramfs(_ image: GuestImage) -> String {
    if windows != nil { return image.wineInitramfs }
    return bench ? image.benchInitramfs : image.initramfs
  }

  /// QEMU's command line. `directory` takes the sockets; the machine waits for the rig on its control line.
  func qemuArguments(image: GuestImage, directory: ScratchDirectory) -> [String] {
    var line = [
      "qemu-system-x86_64", "-machine", machine.rawValue, "-accel", "tcg", "-m", "\(memory)", "-display", "none",
      "-nodefaults", "-no-user-config", "-pidfile", directory("qemu.pid"),
      // The console's last 64 KiB: bounded, whatever the guest prints.
      "-chardev", "ringbuf,id=console,size=65536", "-serial", "chardev:console",
      "-chardev", "socket,id=control,path=\(directory("control.sock")),server=on,wait=on", "-serial", "chardev:control",
      "-qmp", "unix:\(directory("qmp.sock")),server=on,wait=off",
      "-qmp", "unix:\(directory("rig.sock")),server=on,wait=off",
    ]
    func device(_ words: String...) { line += ["-device", words.joined(separator: ",")] }
    let root = "bus=\(machine.rootBus)"
    let properties = (["id=\(Guest.balloonID)"] + balloonProperties).joined(separator: ",")
    switch balloon {
    case .rootBus: device("virtio-balloon-pci", root, "addr=5", properties)
    case .nonTransitional: device("virtio-balloon-pci-non-transitional", root, "addr=5", properties)
    case .rootPort:
      device("pcie-root-port", root, "addr=6", "id=port1", "chassis=1")
      device("virtio-balloon-pci", "bus=port1", properties)
    case .secondRootPort:
      device("pcie-root-port", root, "addr=6", "id=port1", "chassis=1")
      device("pcie-pci-bridge", "bus=port1", "id=bridge1")
      device("pcie-root-port", root, "addr=7", "id=port2", "chassis=2")
      device("virtio-balloon-pci", "bus=port2", properties)
    case .unnumberedBus:
      device("pcie-root-port", root, "addr=6.1", "id=port1", "chassis=1")
      device("virtio-balloon-pci", "bus=port1", properties)
    case .none: break
    }
    if decoy {
      line += ["-object", "memory-backend-file,id=shared,mem-path=\(directory("shared")),size=1M,share=on"]
      device("ivshmem-plain", root, "addr=8", "memdev=shared")
    }
    if serialController {
      device("virtio-serial-pci", root, "addr=3", "id=serial0")
      for (id, name) in (agentChannel ? [("agent", Self.agentPort)] : []) + ports.map({ ($0, $0) }) {
        line += ["-chardev", "socket,id=\(id),path=\(directory("\(id).sock")),server=on,wait=off"]
        device("virtserialport", "bus=serial0.0", "id=\(id)-port", "chardev=\(id)", "name=\(name)")
      }
    }
    if let windows {
      for (name, file) in [("wine", windows.wine.image), ("registry", windows.registry)] {
        line += ["-drive", "file=\(file),format=raw,if=none,id=\(name),readonly=on"]
        device("virtio-blk-pci", root, "drive=\(name)", "serial=\(name)")
      }
    }
    if boot != .firmware {
      line += ["-kernel", image.kernel, "-initrd", initramfs(image)]
      line += ["-append", kernelCommandLine]
    }
    return line + arguments
  }
}
