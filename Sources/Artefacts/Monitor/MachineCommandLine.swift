// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import PCI

/// A command line of QEMU, as far as it bears on the balloon.
///
/// Source: QEMU's qemu-options.hx; libvirt's and Proxmox's habits of writing it.
struct MachineCommandLine: Hashable, Sendable {
  /// A `-device`, in either of its forms, its values as text.
  struct Device: Hashable, Sendable {
    let driver: String
    let properties: [String: String]
    var id: String? { properties["id"] }
    func isOn(_ property: String) -> Bool? {
      switch properties[property] {
      case "on"?, "true"?, "yes"?, "1"?: true
      case "off"?, "false"?, "no"?, "0"?: false
      default: nil
      }
    }
  }

  private(set) var name: String?
  private(set) var uuid: String?
  /// Proxmox's number of the guest.
  private(set) var vmid: String?
  private(set) var machine: String?
  /// In bytes.
  private(set) var memory: UInt64?
  private(set) var devices: [Device] = []
  /// Huge pages behind the guest's memory.
  private(set) var usesHugepages = false
  /// All of its memory is locked.
  private(set) var isLocked = false
  /// Functions of the host that are handed to the guest.
  private(set) var passedThrough = 0
  /// Whether it ends as libvirt and Proxmox end it.
  private(set) var isWhole = false

  private static let wordLimit = 8_192
  private static let deviceLimit = 1_024

  /// Reads the options behind the program's name; `nil` when there are none of QEMU's.
  init?(words: [Substring]) {
    var index = 0
    var options = 0
    var last: Substring?
    while index < words.count, index < Self.wordLimit {
      let word = words[index]
      index += 1
      guard word.utf8.first == UInt8(ascii: "-"), word.utf8.count > 1 else { continue }
      let option =
        word.utf8.starts(with: "--".utf8) ? Substring(word.utf8.dropFirst(2)) : Substring(word.utf8.dropFirst())
      guard Self.withValue.contains(String(option)), index < words.count else {
        last = option
        continue
      }
      let value = words[index]
      index += 1
      options += 1
      last = option
      take(option, value)
    }
    guard options > 1, memory != nil || machine != nil || !devices.isEmpty else { return nil }
    isWhole = last == "msg" || vmid != nil && last == "machine"
    passedThrough = devices.count { $0.driver.hasPrefix("vfio-pci") }
  }

  /// Options with a value that are looked at, and some whose values could be taken for options.
  private static let withValue: Set<String> = [
    "name", "uuid", "id", "machine", "M", "m", "device", "object", "overcommit", "realtime", "mem-path", "balloon",
    "smbios", "msg", "cpu", "smp", "global",
  ]

  private mutating func take(_ option: Substring, _ value: Substring) {
    switch option {
    case "name":
      let fields = Self.fields(value, first: "guest")
      name = fields["guest"]
    case "uuid": if value.isUUID { uuid = String(value) }
    case "id" where value.decimal != nil: vmid = String(value)
    case "smbios":
      let fields = Self.fields(value, first: "type")
      if uuid == nil, fields["type"] == "1", fields["uuid"]?[...].isUUID == true { uuid = fields["uuid"] }
    case "machine", "M":
      let fields = Self.fields(value, first: "type")
      machine = fields["type"].map { String($0.prefix { $0 != "+" }) }
    case "m": memory = Self.fields(value, first: "size")["size"].flatMap { Self.bytes($0[...]) }
    case "device" where devices.count < Self.deviceLimit:
      let fields = Self.fields(value, first: "driver")
      if let driver = fields["driver"] { devices.append(Device(driver: driver, properties: fields)) }
    case "balloon" where value.hasPrefix("virtio"):
      devices.append(Device(driver: "virtio-balloon-pci", properties: Self.fields(value, first: "driver")))
    case "object":
      let fields = Self.fields(value, first: "qom-type")
      let path = fields["mem-path"] ?? ""
      if fields["qom-type"] == "memory-backend-file", path.contains("hugepages") || path.contains("hugetlbfs") {
        usesHugepages = true
      }
      if fields["hugetlb"] == "on" || fields["hugetlb"] == "true" { usesHugepages = true }
    case "mem-path": if value.has("huge") { usesHugepages = true }
    case "overcommit": if Self.fields(value, first: "")["mem-lock"] == "on" { isLocked = true }
    case "realtime": if Self.fields(value, first: "")["mlock"] == "on" { isLocked = true }
    default: break
    }
  }

  // MARK: The balloon

  /// The balloon among the devices, in whichever form.
  var balloon: Device? { devices.first { Self.model(ofDevice: $0.driver[...]) != nil } }

  /// libvirt's word for a balloon of that type; `nil` for anything else.
  static func model(ofDevice driver: Substring) -> String? {
    switch driver {
    case "virtio-balloon", "virtio-balloon-pci", "virtio-balloon-ccw", "virtio-balloon-device": "virtio"
    case "virtio-balloon-pci-transitional": "virtio-transitional"
    case "virtio-balloon-pci-non-transitional": "virtio-non-transitional"
    default: nil
    }
  }

  /// The bridges' way to a device: from its bus up to one that the machine has by itself; `nil` where a bus is not on
  /// the command line (Proxmox's q35 machines have theirs in a file), or was left to QEMU.
  func path(of device: Device) -> PCIPath? {
    var hops: [PCIPath.Hop] = []
    var current = device
    while hops.count < PCIPath.limit {
      guard let hop = current.properties["addr"].flatMap(Self.hop), let bus = current.properties["bus"] else {
        return nil
      }
      hops.append(hop)
      if let bridge = devices.first(where: { $0.id == bus }) {
        // An expander's bus is a root of its own.
        guard !bridge.driver.hasPrefix("pxb") else { return nil }
        current = bridge
        continue
      }
      let isRoot = bus == "pcie.0" || (bus == "pci.0" || bus == "pci") && machine?.contains("q35") == false
      return isRoot ? PCIPath(hops.reversed()) : nil
    }
    return nil
  }

  /// `0x5`, `0x1.0x2`, `5`: hexadecimal, device and function (QEMU hw/core/qdev-properties-system.c).
  private static func hop(_ text: String) -> PCIPath.Hop? {
    func number(_ part: Substring) -> UInt8? {
      let digits = part.dropping("0x") ?? part
      return digits.utf8.first == UInt8(ascii: "+") || digits.utf8.first == UInt8(ascii: "-")
        ? nil : UInt8(digits, radix: 16)
    }
    let halves = text[...].halves(at: ".") ?? (text[...], "0")
    guard let device = number(halves.0), let function = number(halves.1) else { return nil }
    return PCIPath.Hop(device: device, function: function)
  }

  // MARK: Values

  /// `driver,key=value,…` or a JSON object, as fields; a first part without a key gets `first`.
  static func fields(_ value: Substring, first: String) -> [String: String] {
    if value.utf8.first == UInt8(ascii: "{") {
      guard let object = (try? JSON(parsing: Array(value.utf8), limits: .request))?.object else { return [:] }
      var fields: [String: String] = [:]
      for member in object.members {
        fields[member.key] =
          member.value.string ?? member.value.uint.map { String($0) } ?? member.value.bool.map { $0 ? "on" : "off" }
      }
      return fields
    }
    var fields: [String: String] = [:]
    for (index, part) in value.utf8.split(separator: UInt8(ascii: ",")).prefix(128).enumerated() {
      if let (key, value) = Substring(part).halves(at: "=") {
        if fields[String(key)] == nil { fields[String(key)] = String(value) }
      } else if index == 0 {
        fields[first] = String(Substring(part))
      }
    }
    return fields
  }

  /// `4096` in MiB, or with a unit: `4G`, `4194304k`.
  static func bytes(_ text: Substring) -> UInt64? {
    var digits = text
    var shift: UInt64 = 20
    switch digits.utf8.last.map({ $0 | 0x20 }) {
    case UInt8(ascii: "b")?: shift = 0
    case UInt8(ascii: "k")?: shift = 10
    case UInt8(ascii: "m")?: shift = 20
    case UInt8(ascii: "g")?: shift = 30
    case UInt8(ascii: "t")?: shift = 40
    default: shift = 64
    }
    if shift < 64 { digits = digits.dropLast() } else { shift = 20 }
    guard let number = digits.decimal, number > 0, number < 1 << (63 - shift) else { return nil }
    return number << shift
  }
}
