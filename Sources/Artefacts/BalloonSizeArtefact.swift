// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The line `balloon: actual=4096` of the human monitor's `info balloon`, in MiB.
///
/// Source: QEMU hw/core/machine-hmp-cmds.c.
struct BalloonSizeArtefact: ArtefactContent {
  let kind = "info balloon"
  let rank = 15
  /// In bytes.
  let actual: UInt64
  /// What Proxmox's QEMU adds: the maximum in bytes, when the guest last answered, and whether its statistics are set.
  /// Source: FIELD C, "Proxmox layer"; what is unset is left out.
  private var proxmox: (maximum: UInt64, lastUpdate: UInt64?, hasStatistics: Bool)?

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let rest = cursor.line.trimmed.dropping("balloon: actual="), let number = rest.words.first?.decimal,
      number < 1 << 40
    else { return nil }
    var balloon = BalloonSizeArtefact(actual: number << 20)
    var fields: [Substring: UInt64] = [:]
    for word in rest.words.dropFirst() {
      if let (name, value) = word.halves(at: "="), let value = value.decimal { fields[name] = value }
    }
    if let maximum = fields["max_mem"], maximum < 1 << 40 {
      balloon.proxmox = (maximum << 20, fields["last_update"], fields["total_mem"] != nil)
    }
    cursor.index += 1
    return balloon
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let host = place.provenance(kind, .host)
    var reading = draft.emptyReading(
      Unknown(
        failure: Failure(.notAsked, "info balloon does not tell", ask: draft.command.memoryStatistics),
        provenance: host))
    reading.actual = .observed(actual, host)
    if let proxmox {
      draft.tell(\.configuration.maximum, .observed(proxmox.maximum, host))
      if let lastUpdate = proxmox.lastUpdate {
        reading.lastUpdate = lastUpdate == 0 ? .absent(host) : .observed(lastUpdate, host)
        if !proxmox.hasStatistics { reading.statistics = .absent(place.provenance(kind, .guest)) }
      }
      return draft.tell(reading)
    }
    // Rounded to MiB: what tells the bytes counts more.
    draft.tell(reading, ifUnknown: true)
  }
}
