// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The output of `virsh dominfo`, in English: other languages are not understood.
struct DomainInfoArtefact: ArtefactContent {
  let kind = "virsh dominfo"
  let guestName: String?
  let guestUUID: String?
  let state: String
  /// In bytes.
  let maximum: UInt64?
  let used: UInt64?
  // The size is rounded to nothing, but is told better elsewhere.
  let rank = 60

  /// virsh's words for states (tools/virsh-domain-monitor.c).
  private static let states: Set<String> = [
    "no state", "running", "idle", "paused", "in shutdown", "shut off", "crashed", "pmsuspended",
  ]

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let (first, _) = cursor.line.halves(at: ":"), ["Id", "Name"].contains(first.trimmed) else { return nil }
    var fields: [Substring: Substring] = [:]
    var end = cursor.index
    while let line = cursor.peek(end), end < cursor.index + 32, let (key, value) = line.halves(at: ":"),
      fields[key.trimmed] == nil
    {
      fields[key.trimmed] = value.trimmed
      end += 1
    }
    guard let state = fields["State"].map(String.init), states.contains(state), let maximum = fields["Max memory"],
      let used = fields["Used memory"]
    else { return nil }
    cursor.index = end
    return DomainInfoArtefact(
      guestName: fields["Name"].map(String.init), guestUUID: fields["UUID"].map(String.init), state: state,
      maximum: kibibytes(maximum), used: kibibytes(used))
  }

  /// `4194304 KiB`.
  private static func kibibytes(_ text: Substring) -> UInt64? {
    let words = text.words
    guard words.count == 2, words[1] == "KiB", let number = words[0].decimal else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1_024)
    return overflow ? nil : bytes
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let host = place.provenance(kind, .host)
    draft.tell(\.domain.state, .observed(state, host))
    if let maximum { draft.tell(\.configuration.maximum, .observed(maximum, host)) }
    guard let used, state != "shut off", state != "crashed" else { return }
    var reading = draft.emptyReading(
      Unknown(
        failure: Failure(.notAsked, "dominfo does not tell", ask: draft.command.memoryStatistics), provenance: host))
    reading.actual = .observed(used, place.provenance("virsh dominfo, Used memory", .host))
    draft.tell(reading, ifUnknown: true)
  }
}
