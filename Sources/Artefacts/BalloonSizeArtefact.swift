// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The line `balloon: actual=4096` of the human monitor's `info balloon`, in MiB. Source: QEMU hw/core/machine-hmp-cmds.c.
struct BalloonSizeArtefact: ArtefactContent {
  let kind = "info balloon"
  let rank = 15
  /// In bytes.
  let actual: UInt64

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let rest = cursor.line.trimmed.dropping("balloon: actual="), let number = rest.words.first?.decimal,
      number < 1 << 40
    else { return nil }
    cursor.index += 1
    return BalloonSizeArtefact(actual: number << 20)
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let host = place.provenance(kind, .host)
    var reading = draft.emptyReading(
      Unknown(
        failure: Failure(.notAsked, "info balloon does not tell", ask: draft.command.memoryStatistics),
        provenance: host))
    reading.actual = .observed(actual, host)
    // Rounded to MiB: what tells the bytes counts more.
    draft.tell(reading, ifUnknown: true)
  }
}
