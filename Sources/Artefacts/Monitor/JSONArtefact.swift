// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence

/// Anything in JSON: a monitor's reply, the agent's report, evidence that was saved.
enum JSONArtefact {
  /// Marks that a monitor's transcript has before a message.
  private static let marks: [StaticString] = ["-> ", "<- ", "(QEMU) ", "(qemu) "]

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    var line = cursor.line.trimmed
    for mark in marks { line = line.dropping(mark)?.trimmed ?? line }
    guard let first = line.utf8.first else { return nil }
    if first == UInt8(ascii: "[") {
      // `[SC]`, `[HKEY_…]`, `[    5.14]` are no lists.
      let next = line.dropFirst().trimmed.utf8.first
      guard next == nil || next == UInt8(ascii: "{") || next == UInt8(ascii: "]") else { return nil }
    } else if first != UInt8(ascii: "{") {
      return readScalar(line, &cursor)
    }
    var behind = cursor
    guard let text = behind.takeJSON(from: line.startIndex) else {
      cursor = spent(cursor, behind)
      return nil
    }
    var bytes = Array(text.utf8)
    let json: JSON
    do throws(JSONError) { json = try parse(&bytes) } catch {
      cursor = spent(cursor, behind)
      guard isOurs(text) else { return nil }
      cursor.index = behind.index
      return UnreadableArtefact(
        kind: "JSON", failure: Failure(.malformed, "it is no valid JSON (\(error)); paste it whole, unwrapped"))
    }
    behind.monitorCommand = nil
    let question = MonitorQuestion(json)
    if let question, json["return"] == nil, json["error"] == nil {
      behind.monitorCommand = question
      cursor = behind
      return QuietArtefact(kind: "QMP command")
    }
    // A command with its reply is an exchange as a support bundle has it.
    let found =
      SavedEvidenceArtefact.read(json, bytes) ?? AgentReportArtefact.read(json) ?? QEMUGuestAgentReply.read(json)
      ?? ProxmoxStatusArtefact.read(json) ?? MonitorArtefact.read(json, after: question ?? cursor.monitorCommand)
    cursor = found == nil ? spent(cursor, behind) : behind
    return found
  }

  /// Parses the text, and where a terminal broke it in the middle of a word or number, without the breaks.
  private static func parse(_ bytes: inout [UInt8]) throws(JSONError) -> JSON {
    do throws(JSONError) { return try JSON(parsing: bytes, limits: .monitor) } catch {
      guard bytes.contains(UInt8(ascii: "\n")) else { throw error }
      let joined = bytes.filter { $0 != UInt8(ascii: "\n") }
      guard let json = try? JSON(parsing: joined, limits: .monitor) else { throw error }
      bytes = joined
      return json
    }
  }

  /// The bare number that the human monitor prints for a property.
  private static func readScalar(_ line: Substring, _ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard cursor.monitorCommand?.command == "qom-get", let number = line.decimal else { return nil }
    defer { cursor.monitorCommand = nil }
    guard let found = MonitorArtefact.read(.integer(number), after: cursor.monitorCommand) else { return nil }
    cursor.index += 1
    return found
  }

  /// The cursor before, with what looking ahead has cost.
  private static func spent(_ before: ArtefactCursor, _ behind: ArtefactCursor) -> ArtefactCursor {
    var cursor = behind
    cursor.index = before.index
    return cursor
  }

  /// Whether text that is no JSON was meant to be something that is understood here.
  private static func isOurs(_ text: String) -> Bool {
    let text = text[...]
    return text.has("\"return\"") || text.has("\"last-update\"") || text.has("virt-balloon/")
  }
}

/// Something that is understood and tells nothing by itself.
struct QuietArtefact: ArtefactContent {
  let kind: String
  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {}
}
