// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules
import Testing

@Suite("What an exercise proves")
struct ExerciseRuleTests {
  private func finding(_ id: String, _ evidence: Evidence) -> Finding? {
    Engine().diagnose(evidence).findings.first { $0.id == id }
  }
  private func healthy(_ evidence: Evidence) -> [String] { Engine().diagnose(evidence).healthy.map(\.id) }

  @Test("A guest that went where it was asked to follows, whatever nobody has recorded")
  func followed() {
    let passed = healthy(ExerciseFixture.followed)
    for id in ["balloon.target.ignored", "balloon.target.not-reached", "balloon.host-memory-not-returned"] {
      #expect(passed.contains(id), "\(id)")
    }
  }

  @Test("A guest that did not move ignores its balloon, and that is certain")
  func ignored() throws {
    let diagnosis = Engine().diagnose(ExerciseFixture.ignored)
    let rule = try #require(Catalogue.rule("balloon.target.ignored"))
    var reader = EvidenceReader(ExerciseFixture.ignored)
    guard case .found(let facts, _, .established?) = rule.assess(&reader) else {
      Issue.record("not found: \(diagnosis.findings.map(\.id))")
      return
    }
    #expect(facts.contains("did not move"))
    #expect(reader.citations.contains { $0.path == "exercise.steps.0.readings.0.actual" })
  }

  @Test("A guest that stood still on its way fell short of what was asked for")
  func fellShort() throws {
    let found = try #require(finding("balloon.target.not-reached", ExerciseFixture.fellShort))
    #expect(found.confidence == .established)
    #expect(found.summary.contains("700 MiB"))
    #expect(finding("balloon.target.ignored", ExerciseFixture.fellShort) == nil)
  }

  @Test("Guest RAM that stays resident beyond the guest's size did not come back to the host")
  func notReturned() throws {
    let found = try #require(finding("balloon.host-memory-not-returned", ExerciseFixture.notReturned))
    #expect(found.confidence == .established)
    #expect(found.summary.contains("488 MiB did not come back"))
  }

  @Test("What was never touched cannot come back, and nobody is blamed for it")
  func untouched() {
    var evidence = ExerciseFixture.followed
    evidence.exercise = ExerciseFixture.exercise(
      seen: 512 << 20, resident: 150 << 20, residentBefore: 150 << 20)
    #expect(healthy(evidence).contains("balloon.host-memory-not-returned"))
  }

  @Test("While a journal is to put a size back, the guest's own is explained and no fault, and the command is told")
  func unfinished() throws {
    for isUnderWay in [false, true] {
      // The guest is left with half of what is to be put back, or, by a size that somebody set, has more than that.
      for actual: UInt64 in [512 << 20, 1 << 30] {
        var evidence = EvidenceFixture.healthy()
        evidence.configuration.maximum = EvidenceFixture.observed(2 << 30)
        evidence.configuration.target = EvidenceFixture.observed(768 << 20)
        for index in evidence.readings.indices {
          evidence.readings[index].actual = EvidenceFixture.observed(actual)
        }
        #expect((finding("balloon.target.not-reached", evidence) != nil) == (actual == 1 << 30))
        evidence.journal = ExerciseFixture.journal(isUnderWay: isUnderWay)
        let diagnosis = Engine().diagnose(evidence)
        let told = diagnosis.notApplicable.filter { $0.id.hasPrefix("balloon.target.") }.map(\.statement)
        #expect(told.count == 2)
        for statement in told {
          #expect(statement.contains(isUnderWay ? "process 708" : "virt-balloon exercise --restore"), "\(statement)")
          #expect(statement.contains("1 GiB"))
        }
      }
    }
  }

  @Test("A journal of an earlier run of the guest explains nothing; one of which that is not known says so")
  func otherRun() throws {
    var evidence = ExerciseFixture.interrupted
    evidence.exercise = nil
    evidence.journal = ExerciseFixture.journal(isUnderWay: false, isOfThisRun: EvidenceFixture.observed(false))
    #expect(evidence.unfinishedExercise == nil && evidence.journal?.target == nil)
    evidence.journal = ExerciseFixture.journal(isUnderWay: false, isOfThisRun: EvidenceFixture.failed(.unsupported))
    #expect(evidence.journal?.target == nil, "a size of which it is not known whether it is still to be put back")
    let sentence = try #require(evidence.unfinishedExercise?.sentence(of: evidence.target) { "\($0 >> 20) MiB" })
    #expect(sentence.contains("unless the guest was started anew since"))
  }

  @Test("An exercise that was broken off says nothing of the step that was under way")
  func interrupted() {
    #expect(finding("balloon.target.ignored", ExerciseFixture.interrupted) == nil)
    #expect(finding("balloon.target.not-reached", ExerciseFixture.interrupted) == nil)
  }
}
