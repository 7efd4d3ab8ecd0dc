// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// What people copy out of the device manager: the lines of Hardware Ids or of the instance path, the sentence with the
/// code, the name.
///
/// Ids alone are evidence. A code, or the sentence of a device without a problem (code 0), counts for the only device
/// whose ids stand near it; a name, or a code without ids, is no evidence, and the ids are asked for.
struct DeviceManagerText: ArtefactContent {
  let kind: String
  let rank = 65
  /// `nil` for a name or a code that stands alone.
  let device: DeviceTestimony?

  /// How far from the ids the sentence with the code may stand, in lines.
  private static let reach = 8
  private static let listLimit = 32

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard cursor.line.utf8.count < 1_024 else { return nil }
    if let first = id(cursor.line) { return readIDs(&cursor, first) }
    let line = cursor.line.trimmed
    guard status(line) != nil || DeviceName.isOne(line) else { return nil }
    let isNearIDs = (-reach...reach).contains { cursor.peek(cursor.index + $0).flatMap(id) != nil }
    cursor.index += 1
    guard !isNearIDs else { return QuietArtefact(kind: "device manager") }
    return DeviceManagerText(kind: "device manager", device: nil)
  }

  private static func readIDs(_ cursor: inout ArtefactCursor, _ first: Substring) -> (any ArtefactContent)? {
    var device = DeviceTestimony()
    var ids: [String] = []
    var next = cursor.index
    while ids.count < listLimit, let line = cursor.peek(next), line.utf8.count < 1_024, let id = id(line) {
      if LabelledValue.instance(id) != nil {
        if ids.isEmpty, device.instance == nil { device.setInstance(id) } else if id != device.instance ?? "" { break }
      } else {
        // Ids of another device begin a list of their own.
        guard let mine = HardwareID(String(id)), mine.isSameDevice(as: device.hardware) else { break }
        ids.append(String(id))
        device.addHardwareIDs([String(id)])
      }
      next += 1
    }
    guard next > cursor.index, device.isIdentified else { return nil }
    device.problemCode = code(near: cursor, cursor.index..<next)
    cursor.index = next
    return DeviceManagerText(kind: "device manager's ids", device: device)
  }

  /// The code that stands nearest, unless other ids stand between or two codes contradict each other.
  private static func code(near cursor: ArtefactCursor, _ lines: Range<Int>) -> UInt16? {
    var found: Set<UInt16> = []
    for direction in [-1, 1] {
      let start = direction < 0 ? lines.lowerBound : lines.upperBound - 1
      for step in 1...reach {
        guard let line = cursor.peek(start + step * direction), id(line) == nil else { break }
        if let code = status(line) {
          found.insert(code)
          break
        }
      }
    }
    return found.count == 1 ? found.first : nil
  }

  /// The code that a line of the device's status tells, 0 where Windows has no problem with the device.
  private static func status(_ line: Substring) -> UInt16? {
    ProblemText.isHealthy(line) ? 0 : ProblemText.numbered(line)
  }

  /// The id that a line consists of, with a label or a bullet in front at most: a word in a sentence is none.
  private static func id(_ line: Substring) -> Substring? {
    guard line.utf8.count < 1_024, line.utf8.contains(UInt8(ascii: "\\")) else { return nil }
    var rest = line.trimmed
    if let labelled = LabelledLine(line) { rest = labelled.value }
    for mark in ["- ", "* ", "• "] as [Substring] where rest.hasPrefix(mark) { rest = rest.dropFirst(mark.count) }
    rest = rest.trimmed
    while let last = rest.last, last == "\"" || last == "`" || last == "'" { rest = rest.dropLast() }
    while let first = rest.first, first == "\"" || first == "`" || first == "'" { rest = rest.dropFirst() }
    guard rest.hasWindowsPrefix("PCI\\"), !rest.has(" "), !rest.has("*") else { return nil }
    guard rest.hasWindowsPrefix("PCI\\VEN_") || rest.hasWindowsPrefix("PCI\\CC_") else { return nil }
    return rest
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    if let device { draft.windows.add(device, source) } else { draft.windows.addName(source) }
  }
}

extension HardwareID {
  /// Whether it may be of the device that is known so far.
  fileprivate func isSameDevice(as other: HardwareID?) -> Bool {
    guard let other else { return vendor != nil && device != nil }
    return (vendor == nil || vendor == other.vendor) && (device == nil || device == other.device)
  }
}
