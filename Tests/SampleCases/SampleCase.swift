// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import FoundationEssentials

/// One set of artefacts under `samples/cases`, and what a maintainer would say to it.
///
/// `samples/cases/README.md` has the form; `samples/cases/schema.json` describes it for other tools.
package struct SampleCase: Sendable, CustomStringConvertible {
  /// The folder's name.
  package let name: String
  package let title: String
  package let provenance: CaseProvenance
  /// Who would paste it.
  package let pastedBy: String
  /// The files, in the order in which they are given to `analyze`.
  package let files: [File]
  package let expected: CaseExpectation
  /// What a maintainer says to it, and why.
  package let why: String
  package var description: String { name }

  package struct File: Sendable {
    package let name: String
    package let path: String
    package let bytes: [UInt8]
    /// Whether it is a registry hive, which only the program itself reads.
    package var isHive: Bool { bytes.starts(with: Array("regf".utf8)) }
  }

  /// The folder `samples/cases` of this checkout.
  package static var folder: String {
    // Tests/SampleCases/SampleCase.swift, three steps below the checkout.
    var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/") + "/samples/cases"
  }

  /// The names of all cases, sorted.
  package static func names(in folder: String = folder) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder)
      .filter { FileManager.default.fileExists(atPath: "\(folder)/\($0)/case.json") }
      .sorted()
  }

  /// Reads one case. A member that is unknown or missing, or a file that is not named, is an error.
  package init(_ name: String, in folder: String = folder) throws {
    let path = "\(folder)/\(name)"
    let data = try Data(contentsOf: URL(filePath: path + "/case.json"))
    let json: JSON
    do throws(JSONError) { json = try JSON(parsing: Array(data), limits: .monitor) } catch {
      throw CaseError(name, "case.json: \(error)")
    }
    let members = CaseMembers(name, json)
    try members.only(["title", "provenance", "pastedBy", "files", "expected", "why"])
    self.name = name
    title = try members.text("title")
    pastedBy = try members.text("pastedBy")
    why = try members.text("why")
    provenance = try CaseProvenance(try members.object("provenance"))
    expected = try CaseExpectation(try members.object("expected"))
    let named = try members.texts("files")
    guard !named.isEmpty else { throw CaseError(name, "files: none") }
    let there = try FileManager.default.contentsOfDirectory(atPath: path).filter { $0 != "case.json" }
    guard Set(there) == Set(named), there.count == named.count else {
      throw CaseError(name, "files: \(named.sorted()) are named, and \(there.sorted()) are there")
    }
    files = try named.map { file in
      File(
        name: file, path: "\(path)/\(file)", bytes: Array(try Data(contentsOf: URL(filePath: "\(path)/\(file)"))))
    }
  }
}

/// Where a case comes from.
package enum CaseProvenance: Hashable, Sendable {
  /// Figures and texts of machines that somebody published.
  case published(url: String, date: String, taken: String)
  /// Seen on a guest of ours.
  case captured(how: String)
  /// Made up after something that is known.
  case synthesised(after: String)

  package var isPublished: Bool {
    if case .published = self { true } else { false }
  }

  init(_ members: CaseMembers) throws {
    switch try members.text("kind") {
    case "published":
      try members.only(["kind", "url", "date", "taken"])
      let url = try members.text("url")
      guard url.hasPrefix("https://") || url.hasPrefix("http://") else { throw members.wrong("url") }
      let date = try members.text("date")
      // A day, a month or a year, as ISO 8601 writes it.
      guard [4, 7, 10].contains(date.utf8.count), date.utf8.allSatisfy({ $0 == 0x2d || (0x30...0x39).contains($0) })
      else { throw members.wrong("date") }
      self = .published(url: url, date: date, taken: try members.text("taken"))
    case "captured":
      try members.only(["kind", "how"])
      self = .captured(how: try members.text("how"))
    case "synthesised":
      try members.only(["kind", "after"])
      self = .synthesised(after: try members.text("after"))
    default: throw members.wrong("kind")
    }
  }
}

/// Why a case cannot be used.
package struct CaseError: Error, CustomStringConvertible {
  package let description: String
  init(_ name: String, _ message: String) { description = "\(name): \(message)" }
}

/// The members of an object in `case.json`, read strictly.
struct CaseMembers {
  let name: String
  let json: JSON
  init(_ name: String, _ json: JSON) {
    self.name = name
    self.json = json
  }

  func wrong(_ member: String) -> CaseError { CaseError(name, "\(member): missing or wrong") }

  func only(_ known: Set<String>) throws {
    guard let object = json.object else { throw CaseError(name, "no object") }
    for member in object.members where !known.contains(member.key) {
      throw CaseError(name, "\(member.key): unknown")
    }
  }

  func text(_ member: String) throws -> String {
    guard let text = json[member]?.string, !text.isEmpty else { throw wrong(member) }
    return text
  }

  /// A list of texts without repetition; empty when it is missing.
  func texts(_ member: String) throws -> [String] {
    guard let value = json[member] else { return [] }
    guard let texts = value.array?.map(\.string), !texts.contains(nil) else { throw wrong(member) }
    let list = texts.compactMap { $0 }
    guard Set(list).count == list.count, !list.contains("") else { throw wrong(member) }
    return list
  }

  func object(_ member: String) throws -> CaseMembers {
    guard let value = json[member], value.object != nil else { throw wrong(member) }
    return CaseMembers(name, value)
  }
}
