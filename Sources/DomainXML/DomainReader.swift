// SPDX-License-Identifier: GPL-3.0-or-later
import PCI

/// Turns a `<domain>` element into a ``DomainConfiguration``, noting the values it passes over.
struct DomainReader {
  private var remarks: [DomainXMLError] = []

  mutating func configuration(_ domain: XMLElement) -> DomainConfiguration {
    let devices = one("devices", in: domain)
    let controllers = devices?.all("controller") ?? []
    var result = DomainConfiguration(
      type: domain["type"],
      runningID: domain["id"].flatMap { number($0, Int.self, "id", domain) },
      name: one("name", in: domain)?.value, uuid: one("uuid", in: domain)?.value,
      title: one("title", in: domain)?.value,
      system: system(domain),
      memory: memory(domain, devices),
      hostDevices: hostDevices(devices),
      launchSecurity: launchSecurity(domain),
      balloon: devices.flatMap { one("memballoon", in: $0) }.map { balloon($0) },
      topology: PCITopology(controllers: controllers.filter { $0["type"] == "pci" }.map { pciController($0) }),
      channels: (devices?.all("channel") ?? []).map { channel($0) },
      serialControllers: controllers.filter { $0["type"] == "virtio-serial" }.map { element in
        VirtioSerialController(
          index: element["index"].flatMap { number($0, UInt32.self, "index", element) }, model: element["model"],
          alias: alias(element), address: address(of: element))
      },
      sharedMemory: (devices?.all("shmem") ?? []).map { element in
        SharedMemoryDevice(
          name: element["name"], model: element.first("model")?["type"],
          size: element.first("size").flatMap { size($0) }, alias: alias(element), address: address(of: element))
      },
      commandLine: commandLine(domain),
      remarks: [])
    result.remarks = remarks
    return result
  }

  // MARK: The parts

  private mutating func system(_ domain: XMLElement) -> GuestSystem {
    let os = one("os", in: domain)
    let type = os?.first("type")
    let metadata = domain.first("metadata")?.children ?? []
    let libosinfo = metadata.first { $0.name == "libosinfo" && isNamespace($0, "http://libosinfo.org/", "libosinfo") }
    let hyperV = domain.first("features")?.first("hyperv")
    return GuestSystem(
      type: type?.value, architecture: type?["arch"], machine: type?["machine"], firmware: os?["firmware"],
      loaderType: os?.first("loader")?["type"],
      libosinfoID: libosinfo?.children.first { $0.name == "os" }?["id"],
      hasHyperVFeatures: hyperV.map { !$0.children.isEmpty || $0["mode"] == "passthrough" } ?? false)
  }

  private mutating func memory(_ domain: XMLElement, _ devices: XMLElement?) -> DomainMemory {
    let most = one("maxMemory", in: domain)
    let backing = one("memoryBacking", in: domain)
    let hugepages = backing?.first("hugepages")
    var sizes: [UInt64] = []
    for page in hugepages?.all("page") ?? [] {
      guard let text = page["size"] else { continue }
      guard let bytes = MemorySize.bytes(text, unit: page["unit"]) else {
        remark(.value, "page size \(quoted(text)) \(quoted(page["unit"] ?? "KiB")) is no size of memory", page)
        continue
      }
      sizes.append(bytes)
    }
    return DomainMemory(
      maximum: one("memory", in: domain).flatMap { size($0) },
      current: one("currentMemory", in: domain).flatMap { size($0) },
      hotplugMaximum: most.flatMap { size($0) },
      hotplugSlots: most.flatMap { element in
        element["slots"].flatMap { number($0, UInt32.self, "slots", element) }
      },
      virtio: plugged(devices, "virtio-mem"), dimm: plugged(devices, "dimm"),
      persistent: plugged(devices, "nvdimm", "virtio-pmem"), cells: cells(domain),
      backing: DomainMemory.Backing(
        usesHugepages: hugepages != nil, hugepageSizes: sizes, isLocked: backing?.first("locked") != nil,
        forbidsSharing: backing?.first("nosharepages") != nil, source: backing?.first("source")?["type"],
        access: backing?.first("access")?["mode"], allocation: backing?.first("allocation")?["mode"],
        discards: backing?.first("discard") != nil))
  }

  /// The sizes of all memory devices of these models together; what does not add up to 64 bits is passed over.
  private mutating func plugged(_ devices: XMLElement?, _ models: String...) -> UInt64? {
    var sum: UInt64?
    for device in devices?.all("memory") ?? [] {
      guard let model = device["model"], models.contains(model),
        let bytes = device.first("target")?.first("size").flatMap({ size($0) })
      else { continue }
      let (total, overflow) = (sum ?? 0).addingReportingOverflow(bytes)
      if !overflow { sum = total }
    }
    return sum
  }

  /// The memory of all NUMA nodes together; `nil` when one does not tell.
  private mutating func cells(_ domain: XMLElement) -> UInt64? {
    var sum: UInt64 = 0
    guard let cells = domain.first("cpu")?.first("numa")?.all("cell"), !cells.isEmpty else { return nil }
    for cell in cells {
      guard let text = cell["memory"], let bytes = MemorySize.bytes(text, unit: cell["unit"]),
        case let (total, overflow) = sum.addingReportingOverflow(bytes), !overflow
      else { return nil }
      sum = total
    }
    return sum
  }

  /// libvirt requires a type; without a known one it is still confidential computing of some kind.
  private mutating func launchSecurity(_ domain: XMLElement) -> String? {
    guard let element = one("launchSecurity", in: domain) else { return nil }
    return element["type"] ?? "unknown"
  }

  private func hostDevices(_ devices: XMLElement?) -> HostDevices {
    var result = HostDevices()
    for element in devices?.children ?? [] where element.namespace == nil {
      switch (element.name, element["type"]) {
      case ("hostdev", "pci"?), ("interface", "hostdev"?): result.pci += 1
      case ("hostdev", "mdev"?):
        // Channel and crypto devices of s390 get on with discarding (QEMU hw/vfio/ccw.c, hw/vfio/ap.c).
        if ["vfio-ccw", "vfio-ap"].contains(element["model"]) { result.other += 1 } else { result.mediated += 1 }
      case ("hostdev", _): result.other += 1
      case ("disk", "nvme"?): result.nvme += 1
      case ("interface", "vdpa"?): result.vdpa += 1
      default: break
      }
    }
    return result
  }

  private mutating func balloon(_ element: XMLElement) -> MemoryBalloon {
    let stats = element.first("stats")
    if element["model"] == nil {
      remark(.value, "a memballoon without a model, which libvirt refuses; read as 'virtio'", element)
    }
    return MemoryBalloon(
      model: MemoryBalloon.Model(rawValue: element["model"] ?? MemoryBalloon.Model.virtio.rawValue),
      autodeflate: onOff("autodeflate", element), freePageReporting: onOff("freePageReporting", element),
      statsPeriod: stats.flatMap { stats in
        stats["period"].flatMap { number($0, UInt32.self, "period", stats) }
      },
      alias: alias(element), address: address(of: element))
  }

  private mutating func pciController(_ element: XMLElement) -> PCIController {
    let target = element.first("target")
    return PCIController(
      index: element["index"].flatMap { number($0, UInt32.self, "index", element) },
      model: element["model"].map(PCIController.Model.init(rawValue:)), address: address(of: element),
      busNumber: target.flatMap { target in
        target["busNr"].flatMap { number($0, UInt8.self, "busNr", target) }
      },
      alias: alias(element))
  }

  private mutating func channel(_ element: XMLElement) -> DomainChannel {
    let target = element.first("target")
    let source = element.first("source")
    var port: VirtioSerialPort?
    if let place = element.first("address"), place["type"] == "virtio-serial" {
      let numbers = ["controller", "bus", "port"].map { key in
        place[key].map { number($0, UInt32.self, key, place) } ?? 0
      }
      if let controller = numbers[0], let bus = numbers[1], let number = numbers[2] {
        port = VirtioSerialPort(controller: controller, bus: bus, port: number)
      }
    }
    return DomainChannel(
      type: element["type"], targetType: target?["type"], targetName: target?["name"],
      state: target?["state"].map(DomainChannel.State.init(rawValue:)), sourceMode: source?["mode"],
      sourcePath: source?["path"], alias: alias(element), port: port)
  }

  private mutating func commandLine(_ domain: XMLElement) -> QEMUCommandLine? {
    let lines = domain.children.filter {
      $0.name == "commandline" && isNamespace($0, "http://libvirt.org/schemas/domain/qemu/1.0", "qemu")
    }
    guard let first = lines.first else { return nil }
    let arguments = lines.flatMap(\.children).filter { $0.name == "arg" }.compactMap { $0["value"] }
    if arguments.count > QEMUCommandLine.limit {
      remark(.value, "more than \(QEMUCommandLine.limit) arguments for QEMU; the others are passed over", first)
    }
    return QEMUCommandLine(arguments: Array(arguments.prefix(QEMUCommandLine.limit)))
  }

  // MARK: Values

  /// The one child of that name; the first where there are more.
  private mutating func one(_ name: String, in parent: XMLElement) -> XMLElement? {
    let found = parent.all(name)
    if found.count > 1 { remark(.repeated, "a second \(quoted(name)); the first one counts", found[1]) }
    return found.first
  }

  private func alias(_ element: XMLElement) -> String? { element.first("alias")?["name"] }

  /// Whether a prefix that the document declares stands for a namespace, or one that it forgot is the usual one.
  private func isNamespace(_ element: XMLElement, _ start: String, _ prefix: String) -> Bool {
    element.namespace?.hasPrefix(start) ?? (element.prefix == prefix || element.name.hasPrefix(prefix + ":"))
  }

  private mutating func size(_ element: XMLElement) -> UInt64? {
    let bytes = element.value.flatMap { MemorySize.bytes($0, unit: element["unit"]) }
    if bytes == nil {
      let text = quoted(element.value ?? "") + (element["unit"].map { " " + quoted($0) } ?? "")
      remark(.value, "\(element.name) \(text) is no size of memory that fits 64 bits", element)
    }
    return bytes
  }

  private mutating func onOff(_ attribute: String, _ element: XMLElement) -> Bool? {
    switch element[attribute] {
    case "on"?: return true
    case "off"?: return false
    case nil: return nil
    case let text?:
      remark(.value, "\(attribute)=\(quoted(text)) is neither 'on' nor 'off'", element)
      return nil
    }
  }

  /// A number as libvirt reads one: decimal, or hexadecimal behind `0x`, or octal behind `0` (`strtol`'s base 0).
  private mutating func number<Number: FixedWidthInteger>(
    _ text: String, _ type: Number.Type, _ attribute: String, _ element: XMLElement
  ) -> Number? {
    let digits: Substring
    let radix: Int
    if text.hasPrefix("0x") || text.hasPrefix("0X") {
      (digits, radix) = (text.dropFirst(2), 16)
    } else if text.hasPrefix("0"), text.utf8.count > 1 {
      (digits, radix) = (text.dropFirst(), 8)
    } else {
      (digits, radix) = (text[...], 10)
    }
    // Swift's own reading takes a sign, which no number here has.
    let value = digits.utf8.first.flatMap { hexDigit($0) } == nil ? nil : Number(digits, radix: radix)
    if value == nil { remark(.value, "\(attribute)=\(quoted(text)) is no number from 0 to \(Number.max)", element) }
    return value
  }

  /// The device's `<address>`; `nil` when there is none or it leaves the place to libvirt.
  private mutating func address(of element: XMLElement) -> DeviceAddress? {
    guard let address = element.first("address") else { return nil }
    guard let type = address["type"] else {
      remark(.value, "an address without a type", address)
      return nil
    }
    guard type == "pci" else { return .other(type) }
    let domain = address["domain"].map { number($0, UInt32.self, "domain", address) } ?? 0
    let bus = address["bus"].map { number($0, UInt8.self, "bus", address) } ?? 0
    let slot = address["slot"].map { number($0, UInt8.self, "slot", address) } ?? 0
    let function = address["function"].map { number($0, UInt8.self, "function", address) } ?? 0
    guard let domain, let bus, let slot, let function else { return nil }
    guard let hop = PCIPath.Hop(device: slot, function: function) else {
      remark(.value, "slot \(slot), function \(function): PCI has slots 0 to 31 and functions 0 to 7", address)
      return nil
    }
    // All zero asks libvirt to choose (virDeviceInfoPCIAddressIsWanted).
    if domain == 0, bus == 0, slot == 0, function == 0 { return nil }
    return .pci(PCIPlacement(domain: domain, controller: bus, hop: hop))
  }

  private mutating func remark(_ code: DomainXMLError.Code, _ message: String, _ element: XMLElement) {
    guard remarks.count < DomainConfiguration.remarkLimit else { return }
    remarks.append(DomainXMLError(code, message, line: element.line > 0 ? element.line : nil))
  }
}
