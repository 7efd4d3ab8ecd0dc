// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// Sections of `%SystemRoot%\INF\setupapi.dev.log`, in the forms of Windows Vista to 11 and in that of its
/// documentation: what became of each installation of the balloon's or the channel's driver.
///
/// A log tells what was, not what is: the last section about a device counts, behind what every other artefact says,
/// and its time is the guest's own, without a zone.
struct SetupLogArtefact: ArtefactContent {
  let kind = "setupapi.dev.log"
  /// Of several parts of a log, with something else between, the later one counts first.
  var rank: Int { Self.lastRank - start }
  private static let lastRank = 1_000_000
  /// The line that it begins in, from 0.
  private let start: Int
  /// `10.0.19041` of the log's head.
  private var system: String?
  /// What the sections say, in the log's order.
  private var sections: [SetupLogSection] = []

  /// The most sections that are kept, the latest, and the most lines of one log.
  private static let sectionLimit = 256

  private init(start: Int) { self.start = start }

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    let line = cursor.line
    guard SetupLogSection.title(line) != nil || isHead(line) else { return nil }
    var log = SetupLogArtefact(start: cursor.index)
    var next = cursor.index
    while let line = cursor.peek(next) {
      if line.isEmpty {
        guard isLog(cursor, behind: next) else { break }
        next += 1
      } else if let title = SetupLogSection.title(line) {
        var section = SetupLogSection(title: title)
        next += 1
        while let line = cursor.peek(next), !section.isEnded, SetupLogSection.title(line) == nil {
          guard line.isEmpty ? isLog(cursor, behind: next) : isEntry(line) || isBroken(cursor, next) else { break }
          section.take(line)
          next += 1
        }
        section.finish()
        log.add(section)
      } else if log.takeHead(line) {
        next += 1
      } else {
        break
      }
    }
    guard next > cursor.index else { return nil }
    while next > cursor.index + 1, cursor.peek(next - 1)?.isEmpty == true { next -= 1 }
    cursor.index = next
    return log
  }

  private mutating func add(_ section: SetupLogSection) {
    guard section.isRelevant else { return }
    if sections.count >= Self.sectionLimit { sections.removeFirst() }
    sections.append(section)
  }

  /// Whether the log goes on behind blank lines.
  private static func isLog(_ cursor: ArtefactCursor, behind index: Int) -> Bool {
    for next in (index + 1)...(index + 4) {
      guard let line = cursor.peek(next) else { return false }
      if line.isEmpty { continue }
      return SetupLogSection.title(line) != nil || isHead(line) || line.hasPrefix("<<<")
        || SetupLogSection.category(line) != nil
    }
    return false
  }

  /// Whether a line within a section is the log's own.
  private static func isEntry(_ line: Substring) -> Bool {
    line.hasPrefix("<<<") || line.hasPrefix(">>>") || line.hasPrefix("Section start")
      || SetupLogSection.category(Substring(line.utf8.prefix(64))) != nil
  }

  /// Whether a line that is none of the log's is the rest of one that was broken: the section goes on soon behind it.
  private static func isBroken(_ cursor: ArtefactCursor, _ index: Int) -> Bool {
    for next in (index + 1)...(index + 3) {
      guard let line = cursor.peek(next), !line.isEmpty, SetupLogSection.title(line) == nil else { return false }
      if isEntry(line) { return true }
    }
    return false
  }

  /// `[Device Install Log]`, `[BeginLog]`, `[Boot Session: 2021/05/05 10:00:00.500]`.
  private static func isHead(_ line: Substring) -> Bool {
    guard line.utf8.count < 128 else { return false }
    return ["[Device Install Log]", "[BeginLog]"].contains { line == $0 } || line.hasPrefix("[Boot Session: ")
  }

  /// Takes a line of the head: `     OS Version = 10.0.19041`.
  private mutating func takeHead(_ line: Substring) -> Bool {
    if Self.isHead(line) { return true }
    guard line.utf8.count < 200, let (name, value) = line.halves(at: "=") else { return false }
    switch name.trimmed {
    case "OS Version":
      if system == nil, value.trimmed.has("."), value.words.count == 1 { system = String(value.trimmed) }
      return true
    case "Service Pack", "Suite", "ProductType", "Architecture": return true
    default: return false
    }
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let source = place.provenance(kind, .guest)
    if let system {
      draft.tell(\.guest.osFamily, .observed("windows", source))
      draft.tell(\.guest.kernel, .observed(system, source))
    }
    var latest: [String: SetupLogSection] = [:]
    for section in sections {
      for instance in section.instances { latest[instance.lowercased()] = section }
      for line in section.summary { draft.windows.add(logLine: line, source) }
      for package in section.packages { draft.windows.add(package, source) }
    }
    for (instance, section) in latest.sorted(by: { $0.key < $1.key }) {
      guard let device = section.testimony(of: instance) else { continue }
      let time = section.time.map { ", section of \($0) by the guest's clock" } ?? ""
      draft.windows.add(device, Provenance(source.source + time, trust: .guest, time: nil))
    }
  }
}
