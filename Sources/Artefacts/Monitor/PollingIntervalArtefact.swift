// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence

/// The period that somebody set at QEMU's monitor, as it was typed: QEMU prints nothing when it obeys.
///
/// `(qemu) qom-set /machine/peripheral/balloon0 guest-stats-polling-interval 10`, the same behind `virsh
/// qemu-monitor-command --hmp`, or `{"execute": "qom-set", "arguments": {…, "value": 2}}`; in seconds.
struct PollingIntervalArtefact: ArtefactContent {
  let kind = "qom-set guest-stats-polling-interval"
  /// What QEMU itself answers counts first.
  let rank = 12
  /// The last one is what counts.
  var key: String? { kind }
  let seconds: UInt64

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let line = cursor.line
    guard line.utf8.count < 4_096, line.has("guest-stats-polling-interval"), line.has("qom-set"),
      let seconds = typed(line) ?? message(line), seconds <= UInt64(UInt32.max), !isRefused(cursor)
    else { return nil }
    cursor.index += 1
    cursor.monitorCommand = nil
    return PollingIntervalArtefact(seconds: seconds)
  }

  /// The number at the end of the human monitor's command; a sentence about the command goes on behind it.
  private static func typed(_ line: Substring) -> UInt64? {
    let words = line.words.map { word in word.filter { $0 != "\"" && $0 != "'" } }
    guard words.count >= 4, let number = Substring(words[words.count - 1]).decimal,
      words[words.count - 2] == "guest-stats-polling-interval", words[words.count - 4] == "qom-set"
    else { return nil }
    let before = words.dropLast(4)
    guard before.isEmpty || before.last == "(qemu)" || before.last == "qm>" || before.contains("--hmp") else {
      return nil
    }
    return number
  }

  private static func message(_ line: Substring) -> UInt64? {
    guard let start = line.utf8.firstIndex(of: UInt8(ascii: "{")),
      let end = line.utf8.lastIndex(of: UInt8(ascii: "}")), start < end,
      let json = try? JSON(parsing: Array(line.utf8[start...end]), limits: .request),
      json["execute"]?.string == "qom-set",
      json["arguments"]?["property"]?.string == "guest-stats-polling-interval"
    else { return nil }
    return json["arguments"]?["value"]?.uint
  }

  /// Whether QEMU's next line is an error.
  private static func isRefused(_ cursor: ArtefactCursor) -> Bool {
    var next = cursor.index + 1
    if cursor.peek(next)?.isEmpty == true { next += 1 }
    guard let line = cursor.peek(next)?.trimmed else { return false }
    return line.hasPrefix("Error") || line.hasPrefix("error:") || line.has("\"error\"")
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    draft.tell(\.device.pollingInterval, .observed(seconds, place.provenance(kind, .host)))
  }
}
