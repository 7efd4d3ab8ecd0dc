// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// Entries of Windows' event log: as XML (`wevtutil /f:xml`, Event Viewer's details), as wevtutil's or Event Viewer's
/// text, in whichever language.
///
/// Providers and numbers tell what they are, and names that no language changes whether they are about the balloon;
/// they go into the guest's log, for an entry tells what was, not what is.
enum EventLogArtefact {
  private static let lineLimit = 80
  private static let entryLimit = 2_000

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    readXML(&cursor) ?? readText(&cursor)
  }

  // MARK: XML

  /// `<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>…</System>…</Event>`
  private static func readXML(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard let start = cursor.line.place(of: "<Event "), cursor.line.has("schemas.microsoft.com/win/") else {
      return nil
    }
    var entries = EventEntries(kind: "event log")
    var behind = cursor
    var from = start
    var count = 0
    while count < entryLimit, let text = behind.take(from: from, through: "</Event>", within: 200) {
      count += 1
      if let event = event(text[...]) { entries.add(event) }
      // Several entries stand in one line of wevtutil's.
      if let line = behind.peek(behind.index - 1), let place = line.place(of: "</Event>") {
        for part in line[place...].dropFirst(8).split(separator: "</Event>").prefix(entryLimit) {
          if let event = event(part) { entries.add(event) }
        }
      }
      var next = behind.index
      while next - behind.index < 2, behind.peek(next)?.isEmpty == true { next += 1 }
      guard let line = behind.peek(next), let place = line.place(of: "<Event ") else { break }
      behind.index = next
      from = place
    }
    guard count > 0 else {
      // Looking ahead costs once.
      let index = cursor.index
      cursor = behind
      cursor.index = index
      return nil
    }
    cursor = behind
    return entries
  }

  private static func event(_ xml: Substring) -> WindowsEvent? {
    guard let provider = attribute("Name", of: "<Provider ", in: xml), let number = element("EventID", in: xml)?.decimal
    else { return nil }
    var text: [Substring] = []
    var rest = xml
    while text.count < 24, let place = rest.place(of: "<Data") {
      rest = rest[place...]
      guard let open = rest.utf8.firstIndex(of: UInt8(ascii: ">")) else { break }
      rest = Substring(rest.utf8[open...].dropFirst())
      guard let end = rest.utf8.firstIndex(of: UInt8(ascii: "<")) else { break }
      text.append(rest[..<end])
      rest = rest[end...]
    }
    if let message = element("Message", in: xml) { text.append(message) }
    // Operational logs have values of their own instead of Data.
    if text.isEmpty, let place = xml.place(of: "<UserData") { text.append(xml[place...].prefix(600)) }
    return WindowsEvent(
      provider: String(plain(provider).prefix(128)), id: number,
      time: attribute("SystemTime", of: "<TimeCreated ", in: xml).map { String($0.prefix(40)) },
      text: String(plain(Substring(text.joined(separator: " "))).prefix(WindowsEvent.textLimit)))
  }

  private static func plain(_ text: Substring) -> String {
    var plain = String(text.prefix(4_096))
    for (entity, character) in [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")]
    where plain.contains("&") {
      plain = plain.replacing(entity, with: character)
    }
    return plain
  }

  private static func attribute(_ name: Substring, of element: StaticString, in xml: Substring) -> Substring? {
    guard let start = xml.place(of: element) else { return nil }
    let tag = xml[start...].prefix(400).prefix { $0 != ">" }
    for mark in ["'", "\""] as [Substring] {
      guard let range = tag.firstRange(of: "\(name)=\(mark)") else { continue }
      let rest = tag[range.upperBound...]
      guard let end = rest.firstRange(of: mark) else { return nil }
      return rest[..<end.lowerBound]
    }
    return nil
  }

  private static func element(_ name: Substring, in xml: Substring) -> Substring? {
    guard let start = xml.firstRange(of: "<\(name)") else { return nil }
    let rest = xml[start.upperBound...]
    guard let open = rest.utf8.firstIndex(of: UInt8(ascii: ">")) else { return nil }
    let body = Substring(rest.utf8[open...].dropFirst())
    guard let end = body.utf8.firstIndex(of: UInt8(ascii: "<")) else { return nil }
    return body[..<end].trimmed
  }

  // MARK: Text

  /// `  Source: Service Control Manager`, a date, `  Event ID: 7000`, with any labels, and the sentence at the end.
  private static func readText(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    // `Event[0]:` or the log's name stands in front.
    var first = cursor.index
    while first - cursor.index < 3, let line = cursor.peek(first), !isProvider(line) {
      guard LabelledLine(line) != nil || line.hasPrefix("Event[") else { return nil }
      first += 1
    }
    guard let line = cursor.peek(first), isProvider(line), let source = LabelledLine(line) else { return nil }
    var number: UInt64?
    var time: Substring?
    var text: [Substring] = []
    var next = first + 1
    while next - first < lineLimit, let line = cursor.peek(next) {
      if line.hasPrefix("Event[") || isProvider(line) || (line.isEmpty && next - first > 6) { break }
      if let labelled = LabelledLine(line), number == nil || !labelled.value.isEmpty, next - first < 12 {
        if number == nil, next - first <= 4, let id = labelled.value.decimal {
          number = id
        } else if time == nil, number == nil, labelled.value.has(":") {
          time = labelled.value
        }
      } else if number != nil, LabelledLine(line)?.value.isEmpty != true {
        text.append(line.trimmed)
      }
      next += 1
    }
    guard let number else { return nil }
    // The name of the next entry's log stands before its source.
    if let line = cursor.peek(next), isProvider(line), let line = cursor.peek(next - 1), LabelledLine(line) != nil {
      next -= 1
      if text.last == line.trimmed { text.removeLast() }
    }
    while next > first + 1, cursor.peek(next - 1)?.isEmpty == true { next -= 1 }
    var entries = EventEntries(kind: "event log")
    entries.add(
      WindowsEvent(
        provider: String(source.value), id: number, time: time.map { String($0.prefix(64)) },
        text: String(text.joined(separator: " ").prefix(WindowsEvent.textLimit))))
    cursor.index = max(next, first + 1)
    return entries
  }

  private static func isProvider(_ line: Substring) -> Bool {
    guard line.utf8.count < 200, let labelled = LabelledLine(line) else { return false }
    return WindowsEvent.isProvider(labelled.value)
  }
}

/// The entries of one output that are about the balloon.
struct EventEntries: ArtefactContent {
  let kind: String
  let rank = 85
  private var lines: [String] = []
  private static let limit = 256

  init(kind: String) { self.kind = kind }

  mutating func add(_ event: WindowsEvent) {
    if event.isRelevant, lines.count < Self.limit { lines.append(event.line) }
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    for line in lines { draft.windows.add(logLine: line, place.provenance(kind, .guest)) }
  }
}
