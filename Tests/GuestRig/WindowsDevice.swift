// SPDX-License-Identifier: GPL-3.0-or-later

/// One PCI function as a Windows guest's registry describes it.
///
/// Synthesised after four real SYSTEM hives with 120 PCI devices, from Windows 7 to Server 2016, and after
/// `balloon.inx` of virtio-win: which values there are, their types, how instance ids and identifiers are made.
package struct WindowsDevice: Sendable {
  /// What drives it.
  package enum Binding: Sendable {
    /// A package of virtio-win under the name that Windows published it by.
    case virtioWin(inf: String = "oem12.inf")
    /// Windows' own driver for RAM controllers: machine.inf, section NO_DRV, no service.
    case generic
    /// Nothing: Windows found no driver (code 28).
    case none
  }
  /// A virtio device that has a driver in virtio-win, by its virtio device id (virtio 1.x, 5 Device Types).
  package enum Kind: Sendable {
    case balloon, serial
    /// ivshmem: a true RAM controller with Red Hat's vendor id.
    case sharedMemory
    /// A virtio block device.
    case disk
  }

  package var kind: Kind
  /// Whether it is virtio 1.x only, as behind a PCIe port: 1af4:1045 instead of 1af4:1002.
  package var isModern = false
  /// Device and function of each step from the root bus down to it.
  package var path: [(device: UInt8, function: UInt8)] = [(5, 0)]
  /// The number that the guest's firmware gave its bus.
  package var bus: UInt32 = 0
  package var binding = Binding.virtioWin()
  /// CM_PROB_*; 0 is none. Wine has no true ones: only the agent that is built for tests sees it.
  package var problem: UInt32 = 0
  /// DN_* flags when they are not what `problem` makes them.
  package var status: UInt32?
  package var isPresent = true
  /// What the instance id has besides: distinguishes two nodes of one device, as a machine type's change makes them.
  package var hash = "13c0b0c5"
  package var configFlags: UInt32?

  package init(_ kind: Kind, _ change: (inout WindowsDevice) -> Void = { _ in }) {
    self.kind = kind
    change(&self)
  }
}

extension WindowsDevice {
  /// Windows' generic class for what has no better one.
  package static let systemClass = "{4d36e97d-e325-11ce-bfc1-08002be10318}"

  private var deviceID: UInt16 {
    switch kind {
    case .balloon: isModern ? 0x1045 : 0x1002
    case .serial: isModern ? 0x1043 : 0x1003
    case .disk: isModern ? 0x1042 : 0x1001
    case .sharedMemory: 0x1110
    }
  }
  /// A transitional device's subsystem is its virtio device id; a modern one's is QEMU's.
  private var subsystem: UInt16 {
    switch kind {
    case _ where isModern: 0x1100
    case .balloon: 0x0005
    case .serial: 0x0003
    case .disk: 0x0002
    case .sharedMemory: 0x1100
    }
  }
  private var revision: UInt8 { isModern || kind == .sharedMemory ? 1 : 0 }
  /// Base class, subclass, programming interface.
  private var pciClass: (UInt8, UInt8, UInt8) {
    switch kind {
    case .balloon: (0x00, 0xff, 0x00)
    case .serial: (0x07, 0x80, 0x00)
    case .disk: (0x01, 0x00, 0x00)
    case .sharedMemory: (0x05, 0x00, 0x00)
    }
  }

  private static func hex(_ number: some BinaryInteger, _ digits: Int) -> String {
    let text = String(number, radix: 16, uppercase: true)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
  private var vendorAndDevice: String { "VEN_1AF4&DEV_\(Self.hex(deviceID, 4))" }
  /// `VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00`
  package var identifier: String {
    "\(vendorAndDevice)&SUBSYS_\(Self.hex(subsystem, 4))1AF4&REV_\(Self.hex(revision, 2))"
  }
  /// Its last step's device and function as one byte first, then those of the bridges above it, up to the root.
  private var suffix: String {
    path.reversed().map { Self.hex($0.device << 3 | $0.function, 2) }.joined()
  }
  /// `PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\3&13c0b0c5&0&28`
  package var instanceID: String { "PCI\\\(identifier)\\\(path.count + 2)&\(hash)&0&\(suffix)" }

  private var classDigits: (four: String, six: String) {
    let (base, sub, interface) = pciClass
    let four = Self.hex(base, 2) + Self.hex(sub, 2)
    return (four, four + Self.hex(interface, 2))
  }
  /// As Windows 8 and later list them.
  package var hardwareIDs: [String] {
    let withoutRevision = String(identifier.dropLast("&REV_00".count))
    return [
      identifier, withoutRevision, "\(vendorAndDevice)&CC_\(classDigits.six)",
      "\(vendorAndDevice)&CC_\(classDigits.four)",
    ].map { "PCI\\\($0)" }
  }
  package var compatibleIDs: [String] {
    [
      "\(vendorAndDevice)&REV_\(Self.hex(revision, 2))", vendorAndDevice, "VEN_1AF4&CC_\(classDigits.six)",
      "VEN_1AF4&CC_\(classDigits.four)", "VEN_1AF4", "CC_\(classDigits.six)", "CC_\(classDigits.four)",
    ].map { "PCI\\\($0)" }
  }
  /// `PCIROOT(0)#PCI(0500)`
  package var locationPath: String {
    "PCIROOT(0)" + path.map { "#PCI(\(Self.hex($0.device, 2))\(Self.hex($0.function, 2)))" }.joined()
  }

  /// DN_DRIVER_LOADED, DN_STARTED and DN_HAS_PROBLEM among what every node has (cfg.h).
  package var statusFlags: UInt32 {
    if let status { return status }
    let always: UInt32 = 0x0180_6000
    return problem == 0 ? always | 0x0A : always | 0x0400
  }
}

/// A package of virtio-win: the names in it.
struct VirtioWinPackage {
  let inf: String
  let service: String
  let description: String
  let section: String
  static let version = "100.101.104.28500"
  static let date = "9-24-2025"

  init?(_ kind: WindowsDevice.Kind) {
    switch kind {
    case .balloon:
      (inf, service, description, section) = ("balloon.inf", "BALLOON", "VirtIO Balloon Driver", "BALLOON_Device.NT")
    case .serial:
      (inf, service, description, section) = (
        "vioser.inf", "VirtioSerial", "VirtIO Serial Driver", "VirtioSerial_Device.NT"
      )
    case .disk:
      (inf, service, description, section) = (
        "viostor.inf", "viostor", "Red Hat VirtIO SCSI controller", "rhelscsi_inst"
      )
    case .sharedMemory: return nil
    }
  }
}

extension WindowsDevice {
  /// Adds its node and its driver's key to a registry; `number` is that of the driver's key.
  func add(to registry: inout RegistryFile, number: Int, in guest: WindowsGuest) {
    let node = RegistryFile.system + "Enum\\" + instanceID
    guard let last = path.last else { return }
    let location = "PCI bus \(bus), device \(last.device), function \(last.function)"
    let localised =
      guest.isLocalised ? "Шина PCI %1, устройство %2, функция %3" : "PCI bus %1, device %2, function %3"
    let tuple = "(\(bus),\(last.device),\(last.function))"
    let package = VirtioWinPackage(kind)
    var description = "PCI Device"
    if case .generic = binding {
      description = guest.isLocalised ? "Стандартный контроллер ОЗУ PCI" : "PCI standard RAM Controller"
    }
    if case .virtioWin = binding, let package { description = package.description }
    if case .none = binding, guest.isLocalised { description = "PCI-устройство" }
    registry.add(
      node,
      [
        "DeviceDesc": .string(infText(description)),
        "HardwareID": .strings(hardwareIDs), "CompatibleIDs": .strings(compatibleIDs),
        "LocationInformation": .string(
          "@System32\\drivers\\pci.sys,#65536;\(guest.isLocalised ? localised : location);\(tuple)"),
        "Capabilities": .dword(6),
        "ConfigFlags": .dword(configFlags ?? defaultConfigFlags),
        "ContainerID": .string("{00000000-0000-0000-ffff-ffffffffffff}"),
      ])
    if !guest.isWindows7 { registry.add(node, ["Address": .dword(UInt32(last.device) << 16 | UInt32(last.function))]) }
    if guest.hasSeam {
      registry.add(
        node,
        [
          "VbTestStatus": .dword(statusFlags), "VbTestProblem": .dword(problem),
          "VbTestPresent": .dword(isPresent ? 1 : 0),
        ])
    }
    addProperties(to: &registry, node: node, guest)

    let driver = "\(Self.systemClass)\\\(Self.hex(number, 4))"
    let driverKey = RegistryFile.system + "Control\\Class\\" + driver
    let bound: KeyValuePairs<String, RegistryFile.Value> = [
      "ClassGUID": .string(Self.systemClass), "Class": .string("System"), "Driver": .string(driver),
    ]
    switch binding {
    case .virtioWin(let inf):
      guard let package else { return }
      registry.add(node, bound)
      registry.add(node, ["Service": .string(package.service), "Mfg": .string("@\(inf),%vendor%;Red Hat, Inc.")])
      registry.add(
        driverKey,
        [
          "InfPath": .string(inf), "InfSection": .string("BALLOON_Device"), "InfSectionExt": .string(".NT"),
          "ProviderName": .string("Red Hat, Inc."), "DriverDate": .string(VirtioWinPackage.date),
          "DriverVersion": .string(VirtioWinPackage.version), "DriverDesc": .string(package.description),
          "MatchingDeviceId": .string(hardwareIDs[0]),
        ])
    case .generic:
      registry.add(node, bound)
      registry.add(node, ["Mfg": .string("@machine.inf,%std_mfg%;(Standard system devices)")])
      registry.add(
        driverKey,
        [
          "InfPath": .string("machine.inf"), "InfSection": .string("NO_DRV"), "ProviderName": .string("Microsoft"),
          "DriverDate": .string("6-21-2006"), "DriverVersion": .string(guest.inboxVersion),
          "DriverDesc": .string(description), "MatchingDeviceId": .string("PCI\\CC_0500"),
        ])
    case .none:
      // Windows has no such value here; but Wine's SetupAPI lists only devices that have a class.
      registry.add(node, ["ClassGUID": .string("{00000000-0000-0000-0000-000000000000}")])
    }
  }

  /// REINSTALL and FAILEDINSTALL where no driver was found, DISABLED where somebody disabled it (regstr.h).
  private var defaultConfigFlags: UInt32 {
    if case .none = binding { return 0x60 }
    return problem == 22 ? 1 : 0
  }
  private func infText(_ text: String) -> String {
    switch binding {
    case .virtioWin(let inf): "@\(inf),%balloon.devicedesc%;\(text)"
    case .generic: "@machine.inf,%pci\\cc_0500.devicedesc%;\(text)"
    case .none: "@pci.inf,%pci_device%;\(text)"
    }
  }

  /// The device properties that the registry keeps, and, since Wine has no others, those that Windows computes.
  private func addProperties(to registry: inout RegistryFile, node: String, _ guest: WindowsGuest) {
    func add(_ format: String, _ id: UInt32, _ value: RegistryFile.Value) {
      // Windows 7 keeps them one key deeper under longer names.
      let name = Self.hex(id, guest.isWindows7 ? 8 : 4) + (guest.isWindows7 ? "\\00000000" : "")
      registry.add("\(node)\\Properties\\{\(format)}\\\(name)", ["": value])
    }
    let pci = "3ab22e31-8264-4b4e-9af5-a8d2d8e33e62"
    add(pci, 3, .property(UInt32(pciClass.0)))
    add(pci, 4, .property(UInt32(pciClass.1)))
    add(pci, 5, .property(UInt32(pciClass.2)))
    let device = "a45c254e-df1c-4efd-8020-67d146a850e0"
    add(device, 0x25, .property([locationPath]))
    if !guest.isWindows7, let last = path.last {
      add(device, 0x17, .property(bus))
      add(device, 0x1E, .property(UInt32(last.device) << 16 | UInt32(last.function)))
    }
    add("540b947e-8b40-45bc-a8a2-6a0b894cbda2", 4, .property("PCI Device"))
    let times = "83da6326-97a6-4088-9453-a1923f573b29"
    add(times, 0x65, .property(time: 1_700_000_000))
    add(times, 0x66, .property(time: 1_750_000_000))
    if !isPresent { add(times, 0x67, .property(time: 1_760_000_000)) }
    let driver = "a8b865dd-2e3d-4094-ad97-e593a70c75d6"
    switch binding {
    case .virtioWin(let inf):
      guard let package = VirtioWinPackage(kind) else { return }
      add(driver, 0x02, .property(time: 1_758_672_000))
      add(driver, 0x03, .property(VirtioWinPackage.version))
      add(driver, 0x04, .property(package.description))
      add(driver, 0x05, .property(inf))
      add(driver, 0x06, .property(package.section))
      add(driver, 0x08, .property(hardwareIDs[0]))
      add(driver, 0x09, .property("Red Hat, Inc."))
      add(driver, 0x0E, .property(0x00FF_0000))
    case .generic:
      add(driver, 0x02, .property(time: 1_150_848_000))
      add(driver, 0x03, .property(guest.inboxVersion))
      add(driver, 0x05, .property("machine.inf"))
      add(driver, 0x06, .property("NO_DRV"))
      add(driver, 0x08, .property("PCI\\CC_0500"))
      add(driver, 0x09, .property("Microsoft"))
      add(driver, 0x0E, .property(0x00FF_2007))
    case .none: break
    }
  }
}
