// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules
import Testing

@Suite("The catalogue")
struct CatalogueTests {
  /// The rules that are there so far.
  static let ids: Set<String> = [
    "balloon.device.absent", "balloon.config.stats-period-unset", "balloon.config.current-below-maximum",
    "pci.identity.unexpected", "pci.identity.decoy", "pci.address.mismatch", "pci.address.renumbered",
    "pci.function.missing-in-guest", "driver.none", "driver.generic", "driver.not-operating", "driver.contradicted",
    "stats.not-delivered", "stats.frozen", "balloon.target.ignored", "balloon.target.not-reached",
    "agent.channel.absent", "agent.channel.disconnected", "agent.channel.busy", "agent.channel.driver-missing",
    "agent.silent", "agent.incompatible", "driver.virtio-win-absent", "guest.not-running", "guest.still-booting",
    "driver.failed-start", "driver.load-failed", "driver.unsigned", "driver.disabled", "driver.restart-needed",
    "driver.blocked", "pci.function.phantom", "pci.identity.ram-class", "service.missing", "service.stopped",
    "service.disabled",
    "service.dependency-failed", "service.path-gone",
    "balloon.device.xen", "balloon.config.maximum-oversized", "balloon.config.autodeflate-ineffective",
    "balloon.config.free-page-reporting-ineffective", "balloon.config.inhibited", "balloon.config.hugepages",
    "balloon.config.memory-locked", "balloon.host-memory-not-returned", "guest.memory-pressure",
  ]

  @Test("has every rule, each once")
  func hasEveryRule() {
    #expect(Set(Catalogue.all.map(\.id)) == Self.ids)
    #expect(Catalogue.all.count == Self.ids.count)
    #expect(Catalogue.rule("driver.generic")?.id == "driver.generic")
    #expect(Catalogue.rule("driver.imaginary") == nil)
  }

  @Test("has four fixtures for every rule")
  func hasFixtures() {
    #expect(RuleFixture.all.map(\.id).sorted() == Catalogue.all.map(\.id).sorted())
  }

  @Test("Every rule has its texts", arguments: Catalogue.all.map(\.id))
  func hasTexts(id: String) throws {
    let rule = try #require(Catalogue.rule(id))
    #expect(!rule.title.isEmpty && rule.title.count <= 64, "a title fits a line")
    #expect(!rule.title.hasSuffix("."))
    #expect(rule.explanation.split(separator: " ").count >= 60, "an explanation is a paragraph")
    #expect(!rule.explanation.contains("  "), "the lines of an explanation join with one space")
    #expect(!rule.sources.isEmpty)
    for system in [RemedyContext.System.linux, .windows, .unknown] {
      let steps = rule.remedy(
        RemedyContext(system: system, domain: nil, uri: nil, guestAddress: nil, driver: nil))
      #expect(!steps.isEmpty)
      if rule.severity > .note { #expect(steps.contains { $0.command != nil }, "a command for \(system)") }
      for step in steps {
        #expect(!step.text.isEmpty && step.text.first?.isUppercase == true)
        #expect(step.command?.isEmpty != true)
      }
    }
  }

  @Test("A rule explains only rules that are there, never itself, and never in a circle")
  func explainsWithoutCircles() {
    let direct = Dictionary(uniqueKeysWithValues: Catalogue.all.map { ($0.id, $0.explains) })
    for rule in Catalogue.all {
      #expect(rule.explains.allSatisfy { direct[$0] != nil }, "\(rule.id) explains what is no rule")
      var reached: Set<String> = []
      var open = rule.explains
      while let next = open.popLast() {
        if reached.insert(next).inserted { open += direct[next] ?? [] }
      }
      #expect(!reached.contains(rule.id), "\(rule.id) explains itself")
    }
  }

  @Test(
    "Every rule says healthy, found, not applicable and inconclusive of its own fixtures", arguments: RuleFixture.all)
  func saysAllFour(fixture: RuleFixture) throws {
    let rule = try #require(Catalogue.rule(fixture.id))
    var healthy = EvidenceReader(fixture.healthy)
    guard case .healthy(let seen) = rule.assess(&healthy) else {
      Issue.record("\(rule.id) on its healthy fixture says \(rule.assess(&healthy))")
      return
    }
    #expect(!seen.isEmpty && !healthy.citations.isEmpty, "what is healthy cites what shows it")

    var found = EvidenceReader(fixture.found)
    guard case .found(let summary, _, _) = rule.assess(&found) else {
      Issue.record("\(rule.id) on its found fixture says \(rule.assess(&found))")
      return
    }
    #expect(!summary.isEmpty && !found.citations.isEmpty, "a finding cites what carries it")

    var other = EvidenceReader(fixture.notApplicable)
    guard case .notApplicable(let reason) = rule.assess(&other) else {
      Issue.record("\(rule.id) on its not-applicable fixture says \(rule.assess(&other))")
      return
    }
    #expect(!reason.isEmpty && !other.citations.isEmpty, "what does not concern the guest cites why")

    var open = EvidenceReader(fixture.inconclusive)
    #expect(rule.assess(&open) == .inconclusive)
    #expect(!open.missing.isEmpty, "what is inconclusive names what is missing")
  }

  @Test("Sentences are sentences: they end in a full stop and hold no double space", arguments: RuleFixture.all)
  func sentencesEnd(fixture: RuleFixture) throws {
    for evidence in [fixture.healthy, fixture.found, fixture.notApplicable] {
      let diagnosis = Engine().diagnose(evidence)
      let sentences =
        diagnosis.findings.map(\.summary) + diagnosis.healthy.map(\.statement)
        + diagnosis.notApplicable.map(\.statement)
      for sentence in sentences {
        #expect(sentence.hasSuffix("."), "\(sentence)")
        #expect(!sentence.contains("  ") && !sentence.contains(".."), "\(sentence)")
      }
    }
  }
}

extension RuleFixture: CustomTestStringConvertible {
  var testDescription: String { id }
}
