// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// The devices of dxdiag's text: name, id and the driver's files.
///
/// A device without a file ("n/a") may have a generic driver or none: nothing is said of its driver then.
struct DirectXDiagnosis: ArtefactContent {
  let kind = "dxdiag"
  let rank = 60
  private var devices: [DeviceTestimony] = []

  private static let limit = 64
  private static let lineLimit = 40

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    var list = DirectXDiagnosis()
    var next = cursor.index
    while let (device, end) = device(cursor, next) {
      if device.isRelevant, list.devices.count < limit { list.devices.append(device) }
      next = end
      var behind = end
      while behind - end < 2, let line = cursor.peek(behind), line.isEmpty { behind += 1 }
      guard self.device(cursor, behind) != nil else { break }
      next = behind
    }
    guard next > cursor.index else { return nil }
    cursor.index = next
    return list
  }

  /// `     Name: …`, `Device ID: PCI\VEN_…`, `   Driver: C:\Windows\system32\DRIVERS\balloon.sys, 100.85.…`: labels
  /// stand at the right.
  private static func device(_ cursor: ArtefactCursor, _ start: Int) -> (DeviceTestimony, Int)? {
    guard let name = cursor.peek(start).flatMap({ LabelledLine($0) }), !name.value.isEmpty,
      let id = cursor.peek(start + 1).flatMap({ LabelledLine($0) }), let instance = LabelledValue.instance(id.value),
      let driver = cursor.peek(start + 2).flatMap({ LabelledLine($0) }),
      name.end == id.end, id.end == driver.end, name.indentation > 0
    else { return nil }
    var device = DeviceTestimony(instance: instance.text)
    device.description = String(name.value.prefix(200))
    var end = start + 2
    while end - start < lineLimit, let line = cursor.peek(end).flatMap({ LabelledLine($0) }), line.end == id.end,
      line.label == driver.label
    {
      if let file = line.value.split(separator: ",").first, file.has("\\"), device.driverFile == nil {
        device.driverFile = String(file.trimmed.prefix(1_024))
      }
      end += 1
    }
    return (device, end)
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    for device in devices { draft.windows.add(device, place.provenance(kind, .guest)) }
  }
}

extension LabelledLine {
  /// Where the label ends, in characters.
  fileprivate var end: Int { indentation + label.unicodeScalars.count }
}
