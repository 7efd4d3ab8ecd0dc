// SPDX-License-Identifier: GPL-3.0-or-later

/// A Windows' hives as FIELD's facts have them: the keys of its balloon, services and driver packages. Synthesised: no
/// key was copied from a real Windows.
struct MadeWindows {
  static let system = "{4d36e97d-e325-11ce-bfc1-08002be10318}"
  static let transitional = "VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00"
  static let modern = "VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01"

  /// Which control set is the current one.
  var set = "ControlSet001"
  private(set) var registry = RegistryText()

  init(set number: UInt32 = 1) {
    set = "ControlSet00\(number)"
    registry.key("Select", ["Current": .number(number), "Default": .number(number), "LastKnownGood": .number(9)])
    registry.key("\(set)\\Enum\\PCI")
    registry.key("\(set)\\Services")
    registry.key(
      "\(set)\\Control\\Session Manager\\Environment", ["PROCESSOR_ARCHITECTURE": .text("AMD64")])
    registry.key("\(set)\\Control\\Class\\\(Self.system)", ["Class": .text("System")])
  }

  /// How a device is bound.
  enum Binding {
    case balloon
    /// machine.inf, as a class 0500 gets.
    case generic
    /// Code 28: no driver at all.
    case none
  }

  /// A device of Windows 8 or later.
  mutating func device(
    _ id: String, _ suffix: String, _ binding: Binding, classCode: String = "00FF00", flags: UInt32? = nil,
    location: String = "(0,5,0)", address: UInt32? = 0x5_0000, removed: UInt64? = nil
  ) {
    let path = "\(set)\\Enum\\PCI\\\(id)\\\(suffix)"
    values(path, id, binding, classCode, flags, location, address)
    let driver = "\(path)\\Properties\\{a8b865dd-2e3d-4094-ad97-e593a70c75d6}"
    if case .balloon = binding { registry.key("\(driver)\\000E", ["": .property(number: 0x00ff_0000)]) }
    registry.key(
      "\(path)\\Properties\\{540b947e-8b40-45bc-a8a2-6a0b894cbda2}\\0004", ["": .property(text: "PCI Device")])
    let history = "\(path)\\Properties\\{83da6326-97a6-4088-9453-a1923f573b29}"
    registry.key("\(history)\\0065", ["": .property(time: 133_943_328_000_000_000)])
    registry.key("\(history)\\0066", ["": .property(time: 133_943_328_100_000_000)])
    if let removed { registry.key("\(history)\\0067", ["": .property(time: removed)]) }
    let identity = "\(path)\\Properties\\{3ab22e31-8264-4b4e-9af5-a8d2d8e33e62}"
    let code = UInt32(classCode, radix: 16) ?? 0
    for (name, shift) in [("0003", UInt32(16)), ("0004", 8), ("0005", 0)] {
      registry.key("\(identity)\\\(name)", ["": .property(byte: UInt8(truncatingIfNeeded: code >> shift))])
    }
  }

  /// The same of Windows 7: no Address, Class by the device itself, properties in its own layout.
  mutating func oldDevice(_ id: String, _ suffix: String, _ binding: Binding) {
    let path = "\(set)\\Enum\\PCI\\\(id)\\\(suffix)"
    values(path, id, binding, "00FF00", nil, "(0,5,0)", nil, isOld: true)
    let history = "\(path)\\Properties\\{83da6326-97a6-4088-9453-a1923f573b29}"
    registry.key(
      "\(history)\\00000065\\00000000",
      ["Type": .number(0x10), "Data": .bytes(RegistryText.little(133_943_328_000_000_000, 8))])
    registry.key(
      "\(path)\\Properties\\{a45c254e-df1c-4efd-8020-67d146a850e0}\\00000025\\00000000",
      [
        "Type": .number(0x2012),
        "Data": .bytes(
          RegistryText.Value.list(["PCIROOT(0)#PCI(0500)", "ACPI(_SB_)#ACPI(PCI0)#ACPI(S28_)"]).content.bytes),
      ])
  }

  private mutating func values(
    _ path: String, _ id: String, _ binding: Binding, _ classCode: String, _ flags: UInt32?, _ location: String,
    _ address: UInt32?, isOld: Bool = false
  ) {
    let parts = id.split(separator: "&").map(String.init)
    let pair = parts.prefix(2).joined(separator: "&")
    let short = String(classCode.prefix(4))
    registry.key(
      path,
      [
        "HardwareID": .list([
          "PCI\\\(id)", "PCI\\\(parts.prefix(3).joined(separator: "&"))", "PCI\\\(pair)&CC_\(classCode)",
          "PCI\\\(pair)&CC_\(short)",
        ]),
        "CompatibleIDs": .list([
          "PCI\\\(pair)&\(parts.last ?? "")", "PCI\\\(pair)", "PCI\\VEN_1AF4&CC_\(classCode)", "PCI\\VEN_1AF4",
          "PCI\\CC_\(classCode)", "PCI\\CC_\(short)",
        ]),
        "LocationInformation": .text(
          "@System32\\drivers\\pci.sys,#65536;PCI bus %1, device %2, function %3;\(location)"),
      ])
    if let address { registry.key(path, ["Address": .number(address)]) }
    let driver = "\(set)\\Control\\Class\\\(Self.system)\\0003"
    switch binding {
    case .none:
      // REINSTALL and FAILEDINSTALL.
      registry.key(path, ["ConfigFlags": .number(flags ?? 0x60)])
      return
    case .balloon:
      registry.key(
        path,
        [
          "Service": .text("BALLOON"),
          "DeviceDesc": .text("@oem12.inf,%balloon.devicedesc%;VirtIO Balloon Driver"),
        ])
      registry.key(
        driver,
        [
          "InfPath": .text("oem12.inf"), "InfSection": .text("BALLOON_Device.NT"),
          "ProviderName": .text("Red Hat, Inc."), "DriverVersion": .text("100.101.104.28500"),
          "DriverDate": .text("6-17-2025"), "MatchingDeviceId": .text("PCI\\\(id)"),
          "DriverDesc": .text("VirtIO Balloon Driver"),
        ])
    case .generic:
      registry.key(path, ["DeviceDesc": .text("@machine.inf,%*pnp0c01.devicedesc%;PCI-Standard-RAM-Controller")])
      registry.key(
        driver,
        [
          "InfPath": .text("machine.inf"), "InfSection": .text("NO_DRV"), "ProviderName": .text("Microsoft"),
          "DriverVersion": .text("10.0.14393.0"), "DriverDate": .text("6-21-2006"),
          "MatchingDeviceId": .text("PCI\\CC_0500"),
        ])
    }
    registry.key(
      path,
      ["ConfigFlags": .number(flags ?? 0), "ClassGUID": .text(Self.system), "Driver": .text("\(Self.system)\\0003")])
    if isOld { registry.key(path, ["Class": .text("System")]) }
  }

  /// Services as virtio-win installs them.
  mutating func services(driver: UInt32? = 3, statistics: UInt32? = 2) {
    if let driver {
      registry.key(
        "\(set)\\Services\\BALLOON",
        [
          "Type": .number(1), "Start": .number(driver), "ErrorControl": .number(1),
          "ImagePath": .expandable("\\SystemRoot\\System32\\drivers\\balloon.sys"),
        ])
    }
    if let statistics {
      registry.key(
        "\(set)\\Services\\BalloonService",
        [
          "Type": .number(0x10), "Start": .number(statistics), "ErrorControl": .number(1),
          "ImagePath": .expandable("\"C:\\Program Files\\Virtio-Win\\Balloon\\blnsvr.exe\""),
          "DependOnService": .list(["Winmgmt"]),
        ])
    }
    registry.key(
      "\(set)\\Services\\Winmgmt",
      [
        "Type": .number(0x20), "Start": .number(2),
        "ImagePath": .expandable("%systemroot%\\system32\\svchost.exe -k netsvcs -p"),
      ])
  }

  /// The driver database with the package of virtio-win's balloon.
  mutating func database() { registry.driverDatabase() }
}

extension RegistryText {
  mutating func driverDatabase() {
    let name = "balloon.inf_amd64_0123456789abcdef"
    key(
      "DriverDatabase\\DeviceIds\\PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00",
      ["oem12.inf": .bytes([1, 0xff, 0, 0])])
    key("DriverDatabase\\DeviceIds\\PCI\\VEN_1AF4&DEV_1045", ["oem12.inf": .bytes([1, 0xff, 0, 0])])
    key("DriverDatabase\\DeviceIds\\PCI\\VEN_1AF4&DEV_1003", ["oem13.inf": .bytes([1, 0xff, 0, 0])])
    key("DriverDatabase\\DriverInfFiles\\oem12.inf", ["": .list([name]), "Active": .text(name)])
    var version = [UInt8](repeating: 0, count: 40)
    version.replaceSubrange(32..<40, with: Self.little(100 << 48 | 101 << 32 | 104 << 16 | 28500, 8))
    key(
      "DriverDatabase\\DriverPackages\\\(name)",
      [
        "": .text("oem12.inf"), "InfName": .text("balloon.inf"), "Provider": .text("Red Hat, Inc."),
        "SignerName": .text("Microsoft Windows Hardware Compatibility Publisher"), "Version": .bytes(version),
      ])
  }

  /// A hive SOFTWARE.
  static var software: RegistryText {
    var registry = RegistryText()
    registry.key(
      "Microsoft\\Windows NT\\CurrentVersion",
      [
        "ProductName": .text("Windows 10 Pro"), "DisplayVersion": .text("23H2"), "EditionID": .text("Professional"),
        "CurrentVersion": .text("6.3"), "CurrentMajorVersionNumber": .number(10),
        "CurrentMinorVersionNumber": .number(0), "CurrentBuildNumber": .text("22631"), "UBR": .number(4317),
        "InstallationType": .text("Client"),
      ])
    return registry
  }
}
