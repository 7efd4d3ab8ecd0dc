// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The problem code of one device, from the line that the probe's PowerShell extra prints, or from `pnputil
/// /enum-devices`.
struct DeviceProblem: ArtefactContent {
  let kind: String
  /// The device's instance id.
  let instance: String
  let code: UInt16
  /// Whether the device is there; `nil` when it was not told.
  let isPresent: Bool?

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let words = cursor.line.words
    if words.count == 4, words[0] == "virt-balloon-problem", words[1].hasPrefix("PCI\\"),
      let code = words[2].decimal.flatMap({ UInt16(exactly: $0) })
    {
      cursor.index += 1
      let isPresent = ["true": true, "false": false][words[3].lowercased()]
      return DeviceProblem(
        kind: "Get-PnpDevice", instance: String(words[1]), code: code, isPresent: isPresent)
    }
    return readPnputil(&cursor)
  }

  /// `Instance ID:                PCI\VEN_1AF4&…` and, further down,
  /// `Problem Code:  28 (0x1C) [CM_PROB_FAILED_INSTALL]`, with labels in any language.
  private static func readPnputil(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let (_, rest) = cursor.line.halves(at: ":"), rest.words.count == 1,
      let instance = rest.words.first, instance.hasPrefix("PCI\\VEN_")
    else { return nil }
    var end = cursor.index + 1
    while let line = cursor.peek(end), !line.isEmpty, end < cursor.index + 24 {
      if let (_, value) = line.halves(at: ":"), value.has("[CM_PROB_"), let code = value.words.first?.decimal,
        let code = UInt16(exactly: code)
      {
        cursor.index = end + 1
        // A device that is not there has code 45; that it is there is not said.
        return DeviceProblem(
          kind: "pnputil /enum-devices", instance: String(instance), code: code, isPresent: code == 45 ? false : nil)
      }
      end += 1
    }
    return nil
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    draft.windows.add(self, place.provenance(kind, .guest))
  }
}
