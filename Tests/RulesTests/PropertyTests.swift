// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import Rules
import Testing

@Suite("Whatever the evidence")
struct PropertyTests {
  /// Evidence that is broken, so that no piece of it may be taken away and leave a healthy verdict. Left out are rules
  /// whose one witness is the leaf itself and which do not ask whether the balloon works: what was asked of it, what
  /// the host makes of its memory, where it stands, and the agent's channel.
  static let broken = RuleFixture.all.filter { fixture in
    !ofTheHost.contains(fixture.id) && !fixture.id.hasPrefix("balloon.target.") && !fixture.id.hasPrefix("agent.")
      && !fixture.id.hasPrefix("pci.address.")
      && [.problem, .warning].contains(Engine().diagnose(fixture.found).verdict)
  }

  private static let ofTheHost: Set<String> = [
    "balloon.config.maximum-oversized", "balloon.config.inhibited", "balloon.config.hugepages",
    "balloon.config.memory-locked", "balloon.host-memory-not-returned", "guest.memory-pressure",
  ]

  @Test("Fixtures of every kind of damage are among the broken ones")
  func hasBroken() {
    let ids = Set(Self.broken.map(\.id))
    #expect(
      ids.isSuperset(of: [
        "driver.none", "driver.generic", "driver.not-operating", "driver.contradicted", "driver.virtio-win-absent",
        "balloon.device.absent", "stats.not-delivered", "stats.frozen", "pci.function.missing-in-guest",
      ]))
  }

  @Test("Broken evidence that loses any leaf is never called healthy", arguments: broken)
  func neverWronglyHealthy(fixture: RuleFixture) throws {
    let tree = try JSONTree(fixture.found)
    let leaves = tree.leaves()
    #expect(leaves.count > 40)
    for leaf in leaves where tree[leaf]?.isFailedLeaf == false {
      let evidence = try tree.failing(leaf).decoded(Evidence.self)
      #expect(Engine().diagnose(evidence).verdict != .healthy, "without \(leaf)")
    }
  }

  @Test("Broken evidence that loses many leaves at once is never called healthy", arguments: broken)
  func neverWronglyHealthyWithLittle(fixture: RuleFixture) throws {
    let tree = try JSONTree(fixture.found)
    let leaves = tree.leaves()
    var random = SplitMix(seed: 20_250_921)
    for _ in 0..<25 {
      let share = UInt64.random(in: 2...9, using: &random)
      var thinned = tree
      for leaf in leaves where UInt64.random(in: 0..<10, using: &random) < share { thinned = thinned.failing(leaf) }
      let diagnosis = Engine().diagnose(try thinned.decoded(Evidence.self))
      #expect(diagnosis.verdict != .healthy, "\(diagnosis.healthy.map(\.statement))")
    }
  }

  @Test("Healthy evidence that loses any leaf is never called a problem")
  func neverWronglyBroken() throws {
    for healthy in [EvidenceFixture.healthy(), EvidenceFixture.readOnly()] {
      let tree = try JSONTree(healthy)
      for leaf in tree.leaves() {
        let diagnosis = Engine().diagnose(try tree.failing(leaf).decoded(Evidence.self))
        let grave = diagnosis.findings.filter { $0.severity > .note }
        #expect(grave.isEmpty, "without \(leaf): \(grave.map(\.id))")
      }
    }
  }

  @Test("Evidence of which nothing is known is inconclusive, in every rule that could matter")
  func nothingKnown() {
    for kind in [Target.Kind.libvirt, .qmp] {
      let diagnosis = Engine().diagnose(EvidenceFixture.blank(kind: kind))
      #expect(diagnosis.verdict == .inconclusive)
      #expect(diagnosis.findings.isEmpty)
      #expect(diagnosis.healthy.isEmpty)
      #expect(diagnosis.inconclusive.filter(\.isEssential).count == 4)
      #expect(diagnosis.inconclusive.allSatisfy { !$0.missing.isEmpty })
    }
  }

  @Test(
    "Every citation and everything missing is found at its place in the evidence's JSON", arguments: RuleFixture.all)
  func citationsResolve(fixture: RuleFixture) throws {
    for evidence in [fixture.healthy, fixture.found, fixture.notApplicable, fixture.inconclusive] {
      let tree = try JSONTree(evidence)
      let diagnosis = Engine().diagnose(evidence)
      let citations =
        diagnosis.findings.flatMap(\.evidence) + diagnosis.healthy.flatMap(\.evidence)
        + diagnosis.notApplicable.flatMap(\.evidence) + diagnosis.witnesses.flatMap(\.evidence)
      #expect(!citations.isEmpty)
      for citation in citations {
        #expect(tree[citation.path]?.leaves() != [], "\(citation.path) is no observation")
        #expect(tree[citation.path] != nil, "\(citation.path) is nowhere")
      }
      for missing in diagnosis.inconclusive.flatMap(\.missing) {
        #expect(tree[missing.path] != nil, "\(missing.path) is nowhere")
        #expect(!missing.reason.isEmpty)
      }
    }
  }

  @Test("The same evidence gives the same diagnosis, each rule once, and through JSON too", arguments: RuleFixture.all)
  func deterministic(fixture: RuleFixture) throws {
    for evidence in [fixture.healthy, fixture.found, fixture.notApplicable, fixture.inconclusive] {
      let diagnosis = Engine().diagnose(evidence)
      #expect(Engine().diagnose(evidence) == diagnosis)
      #expect(Engine().diagnose(try JSONTree(evidence).decoded(Evidence.self)) == diagnosis)
      #expect(try JSONTree(diagnosis).decoded(Diagnosis.self) == diagnosis)
      #expect(Set(diagnosis.told) == CatalogueTests.ids)
    }
  }

  @Test(
    "A finding is as grave as the gravest that it explains, and the gravest comes first", arguments: RuleFixture.all)
  func severities(fixture: RuleFixture) {
    let findings = Engine().diagnose(fixture.found).findings
    #expect(findings.map(\.severity) == findings.map(\.severity).sorted(by: >))
    #expect(Set(findings.map(\.id)).isDisjoint(with: findings.flatMap(\.explains)))
  }
}

extension Diagnosis {
  /// The ids of every rule that is told of, explained ones too.
  var told: [String] {
    var ids = findings.flatMap { [$0.id] + $0.explains }
    ids += healthy.map(\.id)
    ids += notApplicable.map(\.id)
    return ids + inconclusive.map(\.id)
  }
}

/// A generator whose numbers are the same in every run.
struct SplitMix: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
