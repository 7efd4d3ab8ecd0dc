// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// The output of `pnputil /enum-drivers` or `pnputil -e`, in whichever language: the packages in the driver store,
/// bound to a device or not.
struct PnputilDrivers: ArtefactContent {
  private(set) var kind = "pnputil /enum-drivers"
  let rank = 40
  private(set) var packages: [DriverPackage] = []

  private static let packageLimit = 1_024

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    var list = PnputilDrivers()
    let first = PnputilDevices.behindBanner(cursor)
    var next = first
    while let line = cursor.peek(next), isStart(line) {
      var end = next
      var values: [Substring] = []
      while let line = cursor.peek(end), values.count < 24, end == next || !isStart(line),
        let labelled = LabelledLine(line)
      {
        values.append(labelled.value)
        end += 1
      }
      guard let package = DriverPackage(values: values) else { break }
      // pnputil tells no rank; the events of a device in the device manager do, in the same form.
      if values.contains(where: isRank) { list.kind = "device manager's event" }
      if list.packages.count < packageLimit { list.packages.append(package) }
      next = end
      var behind = end
      while behind - end < 2, let line = cursor.peek(behind), line.isEmpty { behind += 1 }
      if cursor.peek(behind).map(isStart) == true { next = behind }
    }
    guard next > first else { return nil }
    cursor.index = next
    return list
  }

  /// `0xFF0001`
  private static func isRank(_ value: Substring) -> Bool {
    guard let digits = value.dropping("0x") ?? value.dropping("0X") else { return false }
    return (1...8).contains(digits.utf8.count) && UInt32(digits, radix: 16) != nil
  }

  /// `Published Name:     oem5.inf`, with any label.
  private static func isStart(_ line: Substring) -> Bool {
    guard let line = LabelledLine(line), let inf = LabelledValue.inf(line.value) else { return false }
    return LabelledValue.isPublished(inf)
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    for package in packages { draft.windows.add(package, source) }
  }
}
