// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The problem code of one device, from the line that the probe's PowerShell extra prints.
struct DeviceProblem: ArtefactContent {
  let kind = "Get-PnpDevice"
  let rank = 40
  let device: DeviceTestimony

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let words = cursor.line.words
    guard words.count == 4, words[0] == "virt-balloon-problem", words[1].hasPrefix("PCI\\"),
      let code = words[2].decimal.flatMap({ UInt16(exactly: $0) })
    else { return nil }
    cursor.index += 1
    var device = DeviceTestimony(instance: String(words[1]))
    device.problemCode = code
    device.isPresent = ["true": true, "false": false][words[3].lowercased()]
    return DeviceProblem(device: device)
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    draft.windows.add(device, place.provenance(kind, .guest))
  }
}
