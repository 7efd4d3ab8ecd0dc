// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import FoundationEssentials
import Testing

/// The seeds of Tests/Fuzz/fuzz-artefacts: a reader that none of them reaches is hardly fuzzed.
@Suite struct FuzzSeedTests {
  private static let seeds = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "Fuzz/fuzz-artefacts/seeds")

  private static func files(in folder: String) throws -> [String] {
    let path = seeds.appending(path: folder).path
    return try FileManager.default.contentsOfDirectory(atPath: path).sorted().map { path + "/" + $0 }
  }

  /// What the readers make of the seeds of a folder: readers, and what they understood.
  private static func understood(in folder: String, _ readers: [ArtefactReader]) throws -> Set<String> {
    var names: Set<String> = []
    for file in try files(in: folder) {
      let text = try ArtefactText(name: file, Array(try Data(contentsOf: URL(filePath: file))))
      let found = try Analysis([text], tool: "test", now: Sample.now, readers: readers).artefacts
      #expect(!found.isEmpty, "\(file): nothing is understood")
      for artefact in found { names.formUnion([artefact.reader, artefact.form]) }
    }
    return names
  }

  @Test("Every reader understands a seed of its group's folder", arguments: ArtefactReader.Group.allCases)
  func everyReader(_ group: ArtefactReader.Group) throws {
    let readers = ArtefactReader.all.filter { $0.group == group || group == .probe && $0.group == .windows }
    let understood = try Self.understood(in: group.rawValue, readers)
    for reader in readers where reader.group == group {
      #expect(understood.contains(reader.name), "no seed of \(group.rawValue) is understood by \(reader.name)")
    }
  }

  @Test("Every kind of JSON that is understood has a seed")
  func everyJSON() throws {
    let understood = try Self.understood(in: "json", ArtefactReader.all.filter { $0.group == .json })
    #expect(
      understood.isSuperset(of: [
        "AgentReportArtefact", "MonitorArtefact", "ProxmoxStatusArtefact", "QEMUGuestAgentReply",
        "SavedEvidenceArtefact",
      ]))
  }

  @Test("What stands around an artefact has seeds: a web page, quotation, a terminal's colours, UTF-16")
  func text() throws {
    _ = try Self.understood(in: "text", ArtefactReader.all)
    #expect(try Self.files(in: "text").count >= 4)
  }

  @Test("No two readers have one name")
  func names() {
    #expect(Set(ArtefactReader.all.map(\.name)).count == ArtefactReader.all.count)
  }
}
