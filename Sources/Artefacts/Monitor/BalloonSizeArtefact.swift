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
  /// What Proxmox's QEMU adds.
  private var proxmox: ProxmoxBalloon?

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let rest = cursor.line.trimmed.dropping("balloon: actual="), let number = rest.words.first?.decimal,
      number < 1 << 40
    else { return nil }
    var balloon = BalloonSizeArtefact(actual: number << 20)
    var fields: [Substring: UInt64] = [:]
    for word in rest.words.dropFirst() {
      if let (name, value) = word.halves(at: "="), let value = value.decimal { fields[name] = value }
    }
    /// Sizes are in MiB.
    func size(_ name: Substring) -> UInt64? { fields[name].flatMap { $0 < 1 << 40 ? $0 << 20 : nil } }
    if let maximum = size("max_mem") {
      balloon.proxmox = ProxmoxBalloon(
        actual: number << 20, maximum: maximum, total: size("total_mem"), free: size("free_mem"),
        lastUpdate: fields["last_update"])
    }
    cursor.index += 1
    return balloon
  }

  var isProxmox: Bool { proxmox != nil }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    if let proxmox { return proxmox.tell(&draft, place, kind) }
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
