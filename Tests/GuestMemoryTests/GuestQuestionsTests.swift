// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestMemory
import Testing

@Suite("The questions that people ask")
struct GuestQuestionsTests {
  private typealias Fixture = AccountFixtures

  private func answers(_ evidence: Evidence) -> [String: GuestAnswer] {
    Dictionary(uniqueKeysWithValues: GuestQuestions(evidence).answers.map { ($0.id, $0) })
  }

  @Test("Every answer is one sentence with the evidence it rests on")
  func sentences() {
    for evidence in [Fixture.libvirtAlone(), Fixture.linuxAgent(deflateOnOOM: true), Fixture.windows()] {
      for answer in GuestQuestions(evidence).answers {
        #expect(answer.answer.hasSuffix(".") && answer.question.hasSuffix("?"), "\(answer.id)")
        #expect(!answer.answer.dropLast().contains(". "), "\(answer.answer)")
        #expect(!answer.sources.isEmpty && !answer.reference.isEmpty, "\(answer.id)")
      }
    }
  }

  @Test("A balloon that holds nothing is one all the same")
  func whenEqual() throws {
    #expect(answers(Fixture.libvirtAlone())["when-equal"] == nil)
    let answer = try #require(answers(Fixture.libvirtAlone(maximum: 1 << 30, actual: 1 << 30))["when-equal"])
    #expect(answer.answer.contains("There is one") && answer.answer.contains("1 GiB"))
    var none = Fixture.libvirtAlone()
    none.configuration.model = .observed("none", Fixture.host("virDomainGetXMLDesc"))
    #expect(answers(none).isEmpty)
  }

  @Test("What happens when too much is taken follows from the negotiated features, and for Windows from its driver")
  func tooMuch() throws {
    #expect(answers(Fixture.libvirtAlone())["too-much"] == nil)
    #expect(answers(Fixture.linuxAgent(deflateOnOOM: true))["too-much"]?.answer.contains("DEFLATE_ON_OOM") == true)
    #expect(answers(Fixture.linuxAgent(deflateOnOOM: false))["too-much"]?.answer.contains("Out of puff") == true)
    let windows = try #require(answers(Fixture.windows())["too-much"])
    #expect(windows.certainty == .inferred && windows.answer.contains("low memory"))
  }

  @Test("Each system has the question that its people ask")
  func systems() {
    let linux = answers(Fixture.linuxAgent(deflateOnOOM: true))
    #expect(linux["kernel-thread"]?.answer.contains("workqueue") == true && linux["task-manager"] == nil)
    let windows = answers(Fixture.windows())
    #expect(windows["task-manager"]?.answer.contains("2 GiB") == true && windows["kernel-thread"] == nil)
  }

  @Test("The statistics period is told from this guest")
  func period() {
    #expect(answers(Fixture.libvirtAlone())["on-the-host"]?.answer.contains("no statistics period is set") == true)
    #expect(answers(Fixture.withStatistics())["on-the-host"]?.answer.contains("every 2 s") == true)
  }
}
