// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import WindowsPnP

/// The output of `pnputil /enum-devices` in all its forms (`/problem`, `/ids`, `/relations`, `/drivers`,
/// `/properties`, …), in whichever language.
///
/// Labels are translated and are read over; a value tells by its form and its place what it is. Only the status word
/// `Started` is known by its English name, for no other mark says that a device runs.
/// Source: Windows driver documentation, "PnPUtil command syntax"; Windows 10 2004 and later.
struct PnputilDevices: ArtefactContent {
  let kind = "pnputil /enum-devices"
  let rank = 40
  private(set) var devices: [DeviceTestimony] = []
  private(set) var packages: [DriverPackage] = []

  /// The most lines of one device that are looked at, and the most devices that are kept.
  private static let lineLimit = 600
  private static let deviceLimit = 256

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let first = behindBanner(cursor)
    guard cursor.peek(first).flatMap(start) != nil else { return nil }
    var list = PnputilDevices()
    var next = first
    while let line = cursor.peek(next), let first = start(line) {
      var end = next + 1
      // Parents and children are such ids too; where the blank lines were lost, the label tells the next device.
      let label = LabelledLine(line)?.label
      while let line = cursor.peek(end), !line.isEmpty, end - next < lineLimit,
        start(line) == nil || LabelledLine(line)?.label != label
      {
        end += 1
      }
      var block = Block(first)
      for index in (next + 1)..<end { block.take(cursor.peek(index) ?? "") }
      block.finish(isWhole: cursor.peek(end) != nil)
      guard block.isPlain else { break }
      if list.devices.count < deviceLimit, block.device.isRelevant { list.devices.append(block.device) }
      if list.packages.count < deviceLimit { list.packages += block.packages }
      next = end
      // One blank line, or two, stand between devices.
      var behind = end
      while behind - end < 2, let line = cursor.peek(behind), line.isEmpty { behind += 1 }
      if cursor.peek(behind).flatMap(start) != nil { next = behind }
    }
    guard next > first else { return nil }
    cursor.index = next
    return list
  }

  /// Behind `Microsoft PnP Utility`, which stands before all that pnputil prints, in whichever language.
  static func behindBanner(_ cursor: ArtefactCursor) -> Int {
    let line = cursor.line
    guard line.utf8.count < 80, line.has("Microsoft"), line.has("PnP"), !line.has(":") else { return cursor.index }
    var next = cursor.index + 1
    while next - cursor.index < 3, cursor.peek(next)?.isEmpty == true { next += 1 }
    return next
  }

  /// `Instance ID:                PCI\VEN_1AF4&…`, with any label.
  private static func start(_ line: Substring) -> InstanceID? {
    guard let line = LabelledLine(line), line.indentation < 8, let id = LabelledValue.instance(line.value) else {
      return nil
    }
    // PowerShell's own lists are another reader's.
    return ["instanceid", "deviceid", "pnpdeviceid"].contains(line.label.lowercased()) ? nil : id
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    for device in devices { draft.windows.add(device, source) }
    for package in packages { draft.windows.add(package, source) }
  }
}

extension PnputilDevices {
  /// One device's lines.
  private struct Block {
    private(set) var device: DeviceTestimony
    private(set) var packages: [DriverPackage] = []
    /// Whether anything but the id shows that pnputil printed it.
    private(set) var isPlain: Bool
    /// The values at the device's own indentation, in order.
    private var values: [Substring] = []
    /// Lists of ids, in order: hardware ids, then compatible ids.
    private var lists: [[String]] = []
    /// A list that goes on.
    private var isList = false
    /// The property whose values follow, with how far it is indented.
    private var property: (name: Substring, indentation: Int, values: [Substring])?
    /// The values of a matching driver, in order.
    private var driver: [Substring] = []
    private var hasProblem = false

    init(_ id: InstanceID) {
      device = DeviceTestimony(instance: id.text)
      isPlain = false
    }

    mutating func take(_ line: Substring) {
      let indentation = line.utf8.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count
      if let open = property {
        if indentation > open.indentation {
          if open.values.count < HardwareID.listLimit { property?.values.append(line.trimmed) }
          return
        }
        finishProperty()
      }
      if let name = Self.propertyName(line) {
        isPlain = true
        property = (name, indentation, [])
        return
      }
      let trimmed = line.trimmed
      // A further element of a list has no label; nor has one of ids.
      guard let labelled = LabelledLine(line), !trimmed.hasPrefix("PCI\\") else {
        if isList, HardwareID(String(trimmed)) != nil { lists[lists.count - 1].append(String(trimmed)) }
        return
      }
      isList = false
      guard indentation < 3 else {
        takeDriver(labelled)
        return
      }
      take(value: labelled.value)
    }

    /// A value of the device itself.
    private mutating func take(value: Substring) {
      if value.has("[CM_PROB_") {
        if let code = DeviceTestimony.problem(value) { device.problemCode = code }
        (hasProblem, isPlain) = (true, true)
      } else if hasProblem, device.problemStatus == nil, let status = LabelledValue.status(value) {
        device.problemStatus = UInt64(status)
      } else if LabelledValue.isGUID(value) {
        // The class's name stands in front of its GUID.
        if let name = values.last, values.count >= 2, !name.isEmpty { device.setupClass = String(name.prefix(80)) }
        isPlain = true
      } else if let inf = LabelledValue.inf(value) {
        if device.inf == nil { device.inf = .value(inf) }
        isPlain = true
      } else if value.hasPrefix("PCI\\"), InstanceID(String(value)).suffix == nil, HardwareID(String(value)) != nil {
        if lists.count < 2 {
          lists.append([String(value)])
          isList = true
        }
      } else if value == "Started" {
        device.isPresent = true
        if !hasProblem { device.problemCode = 0 }
        isPlain = true
      } else if value == "Disconnected" {
        device.isPresent = false
        isPlain = true
      }
      if values.isEmpty, !value.isEmpty { device.description = String(value.prefix(200)) }
      if values.count < 32 { values.append(value) }
    }

    /// `DEVPKEY_Device_Service [String]:`
    private static func propertyName(_ line: Substring) -> Substring? {
      let text = line.trimmed
      guard text.hasPrefix("DEVPKEY_"), text.utf8.count < 200, text.hasSuffix(":"), let word = text.words.first else {
        return nil
      }
      return word
    }

    private mutating func finishProperty() {
      guard let property else { return }
      self.property = nil
      _ = device.set(property: String(property.name), property.values)
    }

    /// A line of the drivers that match the device, which stand indented.
    private mutating func takeDriver(_ line: LabelledLine) {
      if let inf = LabelledValue.inf(line.value), !driver.isEmpty, driver.count > 1 || LabelledValue.isPublished(inf) {
        finishDriver()
      }
      if driver.count < 32 { driver.append(line.value) }
    }

    private mutating func finishDriver() {
      if packages.count < 16, let package = DriverPackage(values: driver) {
        packages.append(package)
        isPlain = true
      }
      driver = []
    }

    /// - Parameter isWhole: whether the paste goes on behind it.
    mutating func finish(isWhole: Bool) {
      finishProperty()
      finishDriver()
      if let ids = lists.first { device.addHardwareIDs(ids) }
      if lists.count > 1 { device.addCompatibleIDs(lists[1]) }
      // No driver is selected, and none is printed.
      if isWhole, device.problemCode == 28, device.inf == nil { device.inf = .nothing }
      // Code 45 is that of a device that is not there.
      if device.problemCode == 45 { device.isPresent = false }
    }
  }
}
