// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The output of `virsh dominfo`, in whichever language: its labels and states are translated, and their order, the
/// UUID and the unit are not.
///
/// Source: libvirt tools/virsh-domain-monitor.c, `cmdDominfo`, and its translations (po/de.po, po/fr.po, po/zh_CN.po).
struct DomainInfoArtefact: ArtefactContent {
  let kind = "virsh dominfo"
  let guestName: String?
  let guestUUID: String?
  /// `nil` when it is in another language.
  let state: String?
  /// In bytes.
  let maximum: UInt64?
  let used: UInt64?
  // The size is rounded to nothing, but is told better elsewhere.
  let rank = 60

  /// virsh's words for states (tools/virsh-domain-monitor.c).
  static let states: Set<String> = [
    "no state", "running", "idle", "paused", "in shutdown", "shut off", "crashed", "pmsuspended",
  ]

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard cursor.line.utf8.count < 256, entry(cursor.line) != nil else { return nil }
    var lines: [(label: Substring, value: Substring)] = []
    var end = cursor.index
    while let line = cursor.peek(end), end < cursor.index + 32, line.utf8.count < 256, let entry = entry(line),
      !lines.contains(where: { $0.label == entry.label })
    {
      lines.append(entry)
      end += 1
    }
    guard let info = english(lines) ?? byOrder(lines) else { return nil }
    cursor.index = end
    return info
  }

  /// A label and its value; Chinese has a colon of its own.
  private static func entry(_ line: Substring) -> (label: Substring, value: Substring)? {
    let plain = line.utf8.firstIndex(of: UInt8(ascii: ":"))
    let wide = line.place(of: "：")
    if let wide, plain.map({ wide < $0 }) ?? true {
      let value = Substring(line.utf8[wide...].dropFirst(3)).trimmed
      return value.isEmpty ? nil : (line[..<wide].trimmed, value)
    }
    guard let plain else { return nil }
    return (line[..<plain].trimmed, Substring(line.utf8[plain...].dropFirst()).trimmed)
  }

  private static func english(_ lines: [(label: Substring, value: Substring)]) -> DomainInfoArtefact? {
    guard let first = lines.first?.label, first == "Id" || first == "Name" else { return nil }
    let fields = Dictionary(lines.map { ($0.label, $0.value) }, uniquingKeysWith: { first, _ in first })
    guard let state = fields["State"].map(String.init), states.contains(state), let maximum = fields["Max memory"],
      let used = fields["Used memory"]
    else { return nil }
    return DomainInfoArtefact(
      guestName: fields["Name"].map(String.init), guestUUID: fields["UUID"].map(String.init), state: state,
      maximum: kibibytes(maximum), used: kibibytes(used))
  }

  /// Id, name, UUID, type, state, processors, perhaps their time, and the two sizes, in this order.
  private static func byOrder(_ lines: [(label: Substring, value: Substring)]) -> DomainInfoArtefact? {
    guard lines.count >= 8, lines[0].value == "-" || lines[0].value.decimal != nil, lines[2].value.isUUID,
      ["hvm", "linux", "xen", "exe", "xenpvh"].contains(lines[3].value), lines[5].value.decimal != nil
    else { return nil }
    let place = kibibytes(lines[6].value) == nil ? 7 : 6
    guard place + 1 < lines.count, let maximum = kibibytes(lines[place].value) else { return nil }
    let words = String(lines[4].value)
    // Without an id it does not run.
    let state = states.contains(words) ? words : lines[0].value == "-" ? "shut off" : nil
    return DomainInfoArtefact(
      guestName: String(lines[1].value), guestUUID: String(lines[2].value), state: state, maximum: maximum,
      used: kibibytes(lines[place + 1].value))
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
    if let state {
      draft.tell(\.domain.state, .observed(state, host))
    } else {
      let ask = "LC_ALL=C " + draft.command.domainInfo
      draft.tell(\.domain.state, .failed(Failure(.malformed, "its state is in another language", ask: ask), host))
    }
    if let maximum { draft.tell(\.configuration.maximum, .observed(maximum, host)) }
    guard let used, state != "shut off", state != "crashed" else { return }
    var reading = draft.emptyReading(
      Unknown(
        failure: Failure(.notAsked, "dominfo does not tell", ask: draft.command.memoryStatistics), provenance: host))
    reading.actual = .observed(used, place.provenance("virsh dominfo, Used memory", .host))
    draft.tell(reading, ifUnknown: true)
  }
}
