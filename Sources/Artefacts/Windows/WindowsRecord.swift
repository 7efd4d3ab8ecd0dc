// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// One object that PowerShell or wmic printed: properties by their own names, which no language changes.
struct WindowsRecord {
  /// By the names in lower case; the first of two counts.
  private var values: [String: Substring] = [:]
  private var names: [String] = []
  private static let limit = 96

  var isEmpty: Bool { names.isEmpty }
  /// The last property's name, for a value that goes on in the next line.
  private(set) var last: String?

  /// What an object is.
  enum Meaning: Sendable {
    case device(DeviceTestimony)
    /// One property of a device: its instance id, the property's name and its value.
    case property(instance: String, name: String, value: String)
    case service(ServiceTestimony)
    case package(DriverPackage)
    case event(WindowsEvent)
    /// A device by its name alone.
    case name
    /// Something of Windows that tells nothing here.
    case other
  }

  mutating func set(_ name: Substring, _ value: Substring) {
    let key = name.lowercased()
    last = key
    guard names.count < Self.limit, values[key] == nil else { return }
    names.append(String(name))
    values[key] = Self.plain(value)
  }

  /// Adds to the value of the last property what stands in the next line.
  mutating func extend(_ text: Substring) {
    guard let last, let value = values[last], value.utf8.count + text.utf8.count < 16_384 else { return }
    // Names and ids are broken anywhere, sentences at a space.
    values[last] = value.isEmpty || value.has("\\") ? value + text : value + " " + text
  }

  /// `wmic … /format:list` writes its values as XML has them.
  private static func plain(_ value: Substring) -> Substring {
    guard value.has("&amp;") else { return value.trimmed }
    return value.trimmed.replacing("&amp;", with: "&")[...]
  }

  subscript(_ name: String) -> Substring? { values[name].flatMap { $0.isEmpty ? nil : $0 } }
  private func has(_ list: String...) -> Bool { list.contains { values[$0] != nil } }

  /// What it is; `nil` when the names are not those of anything known.
  var meaning: Meaning? {
    if let name = self["keyname"], has("data") {
      return .property(
        instance: String(self["instanceid"] ?? ""), name: String(name), value: String(self["data"] ?? ""))
    }
    if let event = WindowsEvent(self) { return .event(event) }
    if let package { return .package(package) }
    if let device { return device }
    if let service { return service }
    return nil
  }

  /// Get-WindowsDriver: `Driver : oem5.inf`, `OriginalFileName : …\balloon.inf_amd64_…\balloon.inf`.
  private var package: DriverPackage? {
    guard let inf = self["driver"].flatMap({ LabelledValue.inf($0) }), let original = self["originalfilename"] else {
      return nil
    }
    var package = DriverPackage(published: inf, original: String(LabelledValue.file(original)))
    package.provider = self["providername"].map { String($0.prefix(200)) }
    package.version = self["version"].flatMap { DriverVersion(String($0))?.description }
    package.date = self["date"].flatMap { PastedDate.iso($0) }
    return package
  }

  private static let deviceMarks = [
    "class", "pnpclass", "classguid", "configmanagererrorcode", "problem", "present", "service", "friendlyname",
    "infname",
    "driverversion", "driverprovidername", "hardwareid", "deviceclass", "status", "devicename", "manufacturer",
    "signer",
  ]

  private var device: Meaning? {
    guard Self.deviceMarks.contains(where: { values[$0] != nil }) else { return nil }
    guard let id = self["instanceid"] ?? self["pnpdeviceid"] ?? self["deviceid"] else { return namedDevice }
    guard LabelledValue.instance(id) != nil || id.has("\\") else { return nil }
    var device = DeviceTestimony()
    // The whole id before a cut one.
    for name in ["instanceid", "pnpdeviceid", "deviceid"] {
      if let id = self[name], LabelledValue.instance(id) != nil { device.setInstance(id) }
    }
    let isEntity = has("configmanagererrorcode", "problem", "present", "service")
    for name in names {
      let key = name.lowercased()
      // A package's Status is none of the device's.
      if key == "status", has("infname", "driverversion") { continue }
      _ = device.set(property: name, [values[key] ?? ""])
    }
    // An entity that is there and has no service's name has none.
    if isEntity, values["service"] != nil, self["service"] == nil, has("present") { device.service = .nothing }
    return .device(device)
  }

  /// `Get-PnpDevice | Select-Object Status, FriendlyName` leaves out what tells devices apart.
  private var namedDevice: Meaning? {
    guard !has("instanceid", "pnpdeviceid", "deviceid"),
      let name = self["friendlyname"] ?? self["devicename"], has("status", "class", "driverversion", "infname")
    else { return nil }
    return DeviceName.isOne(name) ? .name : .other
  }

  private var service: Meaning? {
    guard let name = self["name"] ?? self["servicename"],
      has("state", "status"), has("starttype", "startmode", "servicetype", "pathname", "displayname", "canstop")
    else { return nil }
    guard WindowsPaste.isKnown(service: name) else { return .other }
    var told = ServiceTestimony(name: String(name))
    told.state = (self["state"] ?? self["status"]).flatMap { ServiceTestimony.state($0) }
    told.start = (self["startmode"] ?? self["starttype"]).flatMap { ServiceTestimony.start($0) }
    told.path = self["pathname"].map { String($0.prefix(1_024)) }
    told.exitCode = self["exitcode"].flatMap { $0.decimal }
    told.serviceExitCode = self["servicespecificexitcode"].flatMap { $0.decimal }
    return .service(told)
  }
}

/// English names under which an unserved or a generic balloon stands in the device manager. They serve only to ask for
/// the ids, for other devices have them too.
enum DeviceName {
  static func isOne(_ name: Substring) -> Bool {
    guard name.utf8.count < 64 else { return false }
    let name = name.trimmed.lowercased()
    return ["pci standard ram controller", "pci device", "virtio balloon driver", "virtio balloon"].contains(name)
  }
}

/// What the objects of one output say.
struct WindowsRecords: ArtefactContent {
  let kind: String
  let rank = 40
  private var meanings: [WindowsRecord.Meaning] = []
  /// Properties of one device, as far as they have come.
  private var open: (instance: String, device: DeviceTestimony)?
  private static let limit = 4_096

  init(kind: String) { self.kind = kind }

  /// Adds an object; false when it is nothing that is known.
  mutating func add(_ record: WindowsRecord) -> Bool {
    guard let meaning = record.meaning else { return false }
    guard case .property(let instance, let name, let value) = meaning else {
      finishProperties()
      if meanings.count < Self.limit, Self.tells(meaning) { meanings.append(meaning) }
      return true
    }
    if open.map({ $0.instance != instance }) ?? true {
      finishProperties()
      var device = DeviceTestimony()
      if !instance.isEmpty { device.setInstance(instance[...]) }
      open = (instance, device)
    }
    _ = open?.device.set(property: name, [value[...]])
    return true
  }

  private static func tells(_ meaning: WindowsRecord.Meaning) -> Bool {
    switch meaning {
    case .device(let device): device.isIdentified && device.isRelevant
    case .event(let event): event.isRelevant
    case .other: false
    default: true
    }
  }

  private mutating func finishProperties() {
    if var device = open?.device {
      device.identifyByMatch()
      if device.isIdentified, device.isRelevant, meanings.count < Self.limit { meanings.append(.device(device)) }
    }
    open = nil
  }

  mutating func finish() { finishProperties() }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    for meaning in meanings {
      switch meaning {
      case .device(let device): draft.windows.add(device, source)
      case .service(let service): draft.windows.add(service, source)
      case .package(let package): draft.windows.add(package, source)
      case .event(let event): draft.windows.add(logLine: event.line, source)
      case .name: draft.windows.addName(source)
      case .property, .other: break
      }
    }
  }
}
