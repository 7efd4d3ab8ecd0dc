// SPDX-License-Identifier: GPL-3.0-or-later
import PCI
import WindowsPnP

/// What one artefact tells of one device of Windows. What it does not tell is `nil`.
struct DeviceTestimony: Hashable, Sendable {
  /// An answer, which may be that there is none.
  enum Told<Value: Hashable & Sendable>: Hashable, Sendable {
    case value(Value)
    case nothing
  }

  /// The instance id, when it is whole; a truncated one gives ``hardware`` alone.
  private(set) var instance: String?
  /// What a truncated id and the lists of ids say together.
  private(set) var hardware: HardwareID?
  private(set) var hardwareIDs: [String] = []
  private(set) var compatibleIDs: [String] = []
  var isPresent: Bool?
  var problemCode: UInt16?
  var problemStatus: UInt64?
  var nodeStatus: UInt64?
  var configFlags: UInt64?
  var service: Told<String>?
  /// The published INF: `oem5.inf`, `machine.inf`.
  var inf: Told<String>?
  /// The INF's name in its package.
  var originalINF: String?
  var infSection: String?
  var provider: String?
  var version: String?
  /// `2021-05-10`.
  var date: String?
  var signer: String?
  var matchingID: String?
  var rank: UInt64?
  /// The path or name of the driver's file.
  var driverFile: String?
  var description: String?
  var busDescription: String?
  var setupClass: String?
  var locationPath: PCIPath?
  private var bus: UInt64?
  private var deviceAndFunction: UInt64?

  /// The most ids of one list, and the most bytes of one text.
  private static let textLimit = 1_024

  init() {}
  init(instance: String) { setInstance(instance[...]) }

  /// In the guest's numbering, where bus and address were both told.
  var address: PCIAddress? {
    guard let bus, let deviceAndFunction, let bus = UInt8(exactly: bus),
      let device = UInt8(exactly: deviceAndFunction >> 16)
    else { return nil }
    return PCIAddress(bus: bus, device: device, function: UInt8(truncatingIfNeeded: deviceAndFunction & 0xffff))
  }

  /// Whether it is one that bears on the balloon: a virtio function, or a memory controller.
  var isRelevant: Bool {
    guard let hardware else { return false }
    return hardware.vendor == BalloonNames.vendor || hardware.isMemoryController == true
  }

  /// Whether anything can be looked up by it.
  var isIdentified: Bool { instance != nil || hardware?.device != nil }

  // MARK: Ids

  /// Takes an instance id; one that ends in `...` or `…`, or that is cut off, is none, and only those of its parts
  /// count that are whole.
  mutating func setInstance(_ text: Substring) {
    let text = text.trimmed
    guard text.utf8.count <= Self.textLimit, instance == nil else { return }
    let isCut = text.hasSuffix("...") || text.hasSuffix("…")
    let id = InstanceID(String(text))
    if !isCut, id.suffix != nil, !text.has(" ") {
      // A suffix of PCI's ends with the functions on the way: a cut one has lost whole digits.
      guard !id.isPCI || id.hardware != nil else { return }
      instance = id.text
      merge(id.hardware)
      return
    }
    merge(Self.hardware(cut: text))
  }

  /// The parts of a cut id that are whole: `PCI\VEN_1AF4&DEV_1002` of `PCI\VEN_1AF4&DEV_1002&SUBS...`.
  static func hardware(cut text: Substring) -> HardwareID? {
    var text = text.trimmed
    var isCut = false
    while let last = text.last, last == "." || last == "…" {
      text = text.dropLast()
      isCut = true
    }
    guard text.hasWindowsPrefix("PCI\\"), text.utf8.count <= textLimit else { return nil }
    if let end = text.utf8.dropFirst(4).firstIndex(of: UInt8(ascii: "\\")) {
      text = text[..<end]
    } else if let id = HardwareID(String(text)), id.device != nil, !isCut || id.subsystem == nil {
      return id
    } else if let end = text.utf8.lastIndex(of: UInt8(ascii: "&")) {
      text = text[..<end]
    }
    return HardwareID(String(text)).flatMap { $0.device == nil ? nil : $0 }
  }

  mutating func addHardwareIDs(_ ids: [String]) { Self.add(ids, to: &hardwareIDs); remerge() }
  mutating func addCompatibleIDs(_ ids: [String]) { Self.add(ids, to: &compatibleIDs); remerge() }

  private static func add(_ ids: [String], to list: inout [String]) {
    for id in ids where list.count < HardwareID.listLimit && id.utf8.count <= textLimit {
      // The list of PowerShell ends in an ellipsis where it is cut.
      guard !id.isEmpty, !id.hasSuffix("..."), !id.hasSuffix("…"), !list.contains(id) else { continue }
      list.append(id)
    }
  }

  private mutating func remerge() {
    let cut = hardware
    hardware = instance.flatMap { InstanceID($0).hardware } ?? cut
    merge(HardwareID.merged(hardwareIDs + compatibleIDs))
  }

  private mutating func merge(_ other: HardwareID?) {
    guard let other else { return }
    guard let known = hardware else {
      hardware = other
      return
    }
    // The same device, told in more or in fewer parts.
    if let one = known.vendor, let two = other.vendor, one != two { return }
    if let one = known.device, let two = other.device, one != two { return }
    if known.subsystem == nil, other.subsystem != nil || other.baseClass != nil { hardware = other }
    if known.baseClass == nil, other.baseClass != nil { hardware = other }
  }

  /// Takes the id by which the INF matched for the device's own, where nothing else names it.
  mutating func identifyByMatch() {
    guard !isIdentified, let matchingID, let id = HardwareID(matchingID), id.device != nil else { return }
    hardware = id
  }

  // MARK: Properties by their names, which no language changes

  /// Takes a property by the name that WMI or devpkey.h gives it; false when the name is none that is used here.
  ///
  /// Source: Win32_PnPEntity and Win32_PnPSignedDriver (Windows' CIM provider), devpkey.h.
  mutating func set(property name: String, _ values: [Substring]) -> Bool {
    let value = values.first.map { $0.trimmed } ?? ""
    let text =
      value.isEmpty || value.utf8.count > Self.textLimit || value.hasSuffix("…") || value.hasSuffix("...")
      ? nil : String(value)
    switch name.lowercased().dropping(prefix: "devpkey_device_") {
    case "instanceid", "pnpdeviceid", "deviceid": setInstance(value)
    case "hardwareid", "hardwareids": addHardwareIDs(Self.list(values))
    case "compatibleid", "compatid", "compatibleids": addCompatibleIDs(Self.list(values))
    case "service": service = text.map { .value($0) } ?? service
    case "infname", "driverinfpath": inf = text.map { .value($0) } ?? inf
    case "driverinfsection": infSection = text ?? infSection
    case "driverprovidername", "driverprovider": provider = text ?? provider
    case "driverversion": version = text.flatMap { DriverVersion($0)?.description } ?? version
    case "driverdate": date = text.flatMap { PastedDate.iso($0[...]) } ?? date
    case "signer": signer = text ?? signer
    case "matchingdeviceid": matchingID = text ?? matchingID
    case "driverrank": rank = Self.number(value) ?? rank
    case "problemcode", "configmanagererrorcode", "problem": problemCode = Self.problem(value) ?? problemCode
    case "problemstatus": problemStatus = Self.number(value) ?? problemStatus
    case "devnodestatus": nodeStatus = Self.number(value) ?? nodeStatus
    case "configflags": configFlags = Self.number(value) ?? configFlags
    case "ispresent", "present": isPresent = ["true": true, "false": false][value.lowercased()] ?? isPresent
    case "driverdesc", "devicedesc", "friendlyname", "devicename", "description", "caption", "name", "devpkey_name":
      description = description ?? text
    case "busreporteddevicedesc": busDescription = text ?? busDescription
    case "class", "pnpclass", "deviceclass": setupClass = text ?? setupClass
    case "locationpaths": locationPath = LocationPath.first(in: Self.list(values))?.path ?? locationPath
    case "busnumber": bus = Self.number(value) ?? bus
    case "address": deviceAndFunction = Self.number(value) ?? deviceAndFunction
    case "status": setStatus(value)
    default: return false
    }
    return true
  }

  /// CIM's Status of a PnP device: `OK`, `Error`, `Unknown`, `Degraded`.
  ///
  /// A present device without a problem is `OK`; which problem an `Error` is, it does not tell.
  private mutating func setStatus(_ text: Substring) {
    if text == "OK" { problemCode = problemCode ?? 0 }
  }

  /// `{PCI\VEN_…, PCI\VEN_…...}` of PowerShell, `{"…","…"}` of wmic, or one in a line.
  private static func list(_ values: [Substring]) -> [String] {
    values.prefix(HardwareID.listLimit).flatMap { value -> [String] in
      var text = value.trimmed
      guard text.utf8.count <= 8_192 else { return [] }
      if text.hasPrefix("{"), text.hasSuffix("}") { text = text.dropFirst().dropLast() }
      return text.split(whereSeparator: { $0 == "," || $0 == ";" }).prefix(HardwareID.listLimit)
        .map { $0.filter { $0 != "\"" } }.map { String($0[...].trimmed) }
    }
  }

  /// `0x00FF0001 (16711681)`, `0xC0000490`, `96`, `3221226640`.
  static func number(_ text: Substring) -> UInt64? {
    guard let word = text.words.first, word.utf8.count <= 24 else { return nil }
    if let digits = word.dropping("0x") ?? word.dropping("0X") { return UInt64(digits, radix: 16) }
    // PowerShell shows an NTSTATUS as a negative number.
    if word.hasPrefix("-"), let number = Int32(word) { return UInt64(UInt32(bitPattern: number)) }
    return word.decimal
  }

  /// `28 (0x1C) [CM_PROB_FAILED_INSTALL]`, `0x0000001c (28)`, `28`, `CM_PROB_FAILED_INSTALL`.
  static func problem(_ text: Substring) -> UInt16? {
    guard text.utf8.count < 256 else { return nil }
    if let place = text.place(of: "CM_PROB_") {
      let name = text[place...].prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
      let code = code(named: String(name))
      // A number in front must be the same one.
      if let told = number(text), let code, told != UInt64(code) { return nil }
      return code ?? number(text).flatMap { UInt16(exactly: $0) }
    }
    return number(text).flatMap { UInt16(exactly: $0) }.flatMap { $0 < 256 ? $0 : nil }
  }

  /// CM_PROB_NONE is PowerShell's word for 0.
  private static func code(named name: String) -> UInt16? {
    if name == "CM_PROB_NONE" { return 0 }
    return (1...57).first { ProblemCode(rawValue: UInt32($0)).name == name }
  }
}

extension String {
  /// Without `prefix`, where this begins so.
  fileprivate func dropping(prefix: String) -> String {
    hasPrefix(prefix) ? String(utf8.dropFirst(prefix.utf8.count)) ?? self : self
  }
}

extension Substring {
  func hasWindowsPrefix(_ prefix: String) -> Bool { String(self.prefix(prefix.utf8.count)).hasWindowsPrefix(prefix) }
}
