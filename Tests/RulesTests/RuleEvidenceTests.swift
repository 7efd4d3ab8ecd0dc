// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules
import Testing

/// What a rule says of itself that it judges by, compared with what it cites and misses.
@Suite("What a rule judges by")
struct RuleEvidenceTests {
  /// By rule, every place that it cited or missed, with `*` for an index.
  private static let produced: [String: Set<String>] = {
    var places: [String: Set<String>] = [:]
    for evidence in EvidenceVariety.all {
      let unread = EvidenceReader(evidence)
      for rule in Catalogue.all {
        var reader = unread
        _ = rule.assess(&reader)
        for path in reader.citations.map(\.path) + reader.missing.map(\.path) {
          places[rule.id, default: []].insert(pattern(path))
        }
      }
    }
    return places
  }()

  private static func pattern(_ path: String) -> String {
    path.split(separator: ".").map { Int($0) == nil ? $0 : "*" }.joined(separator: ".")
  }

  @Test("is told whole: it cites and misses nothing else")
  func isComplete() {
    let produced = Self.produced
    for rule in Catalogue.all {
      let places = produced[rule.id] ?? []
      #expect(!places.isEmpty)
      #expect(places.subtracting(rule.evidence).sorted() == [], "\(rule.id) does not name these")
    }
  }

  @Test("is a place of the evidence, named once, which some rule really reads", arguments: Catalogue.all.map(\.id))
  func isEvidence(id: String) throws {
    let rule = try #require(Catalogue.rule(id))
    let read = Self.produced.values.reduce(into: Set<String>()) { $0.formUnion($1) }
    #expect(Set(rule.evidence).count == rule.evidence.count)
    #expect(Set(rule.evidence).subtracting(read).sorted() == [])
  }

  @Test("holds for what a finding cites after its consequences were weighed", arguments: RuleFixture.all)
  func coversDiagnoses(fixture: RuleFixture) throws {
    for evidence in [fixture.healthy, fixture.found, fixture.notApplicable, fixture.inconclusive] {
      let diagnosis = Engine().diagnose(evidence)
      for finding in diagnosis.findings {
        let rule = try #require(Catalogue.rule(finding.id))
        for citation in finding.evidence {
          #expect(rule.evidence.contains(Self.pattern(citation.path)), "\(rule.id): \(citation.path)")
        }
      }
    }
  }
}
