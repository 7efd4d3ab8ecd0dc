// SPDX-License-Identifier: GPL-3.0-or-later
import Rules

/// How a case's answer compares with what a maintainer would say.
package struct CaseJudgement: Sendable {
  package enum Outcome: String, CaseIterable, Sendable {
    /// All that was expected, and nothing else that matters.
    case right
    /// Less than expected, but nothing wrong: it is inconclusive and asks for what would tell.
    case cautious = "inconclusive but asks well"
    /// Less than expected, and the next step is not told.
    case missed
    /// It states what is not so: see ``CaseJudgement/init(_:_:)``.
    case confidentWrong = "confident wrong"
  }

  package let outcome: Outcome
  /// Every difference from the expectation, in a sentence each.
  package let differences: [String]
  /// Ids that were expected and found, expected and not found, told and wrong.
  package let found: Set<String>
  package let missed: Set<String>
  package let wrong: Set<String>

  /// Compares.
  ///
  /// An answer is **confidently wrong** when
  /// - a finding of severity warning or problem stands on its own that the case neither expects nor accepts,
  /// - a finding is told, on its own or under its cause and of whichever severity, that the case forbids, or has as
  ///   what cannot be judged from the paste,
  /// - the verdict is healthy and the case expects anything else,
  /// - a rule says that all is well where the case has it that what was pasted cannot tell,
  /// - files are judged together that must be refused.
  ///
  /// A note that the case does not name is no difference: notes change no verdict.
  package init(_ sample: SampleCase, _ answer: CaseAnswer) {
    let expected = sample.expected
    switch (answer, expected.refused) {
    case (.refused(let code), let wanted?) where code == wanted:
      self.init(.right, [], found: [], missed: [], wrong: [])
    case (.refused(let code), _):
      self.init(.missed, ["refused (\(code))"], found: [], missed: Set(expected.findings), wrong: [])
    case (.diagnosis(let diagnosis), let wanted?):
      self.init(
        .confidentWrong, ["judged, verdict \(diagnosis.verdict.rawValue), where it must be refused (\(wanted))"],
        found: [], missed: [], wrong: Set(diagnosis.findings.map(\.id)))
    case (.diagnosis(let diagnosis), nil):
      self.init(expected, diagnosis)
    }
  }

  private init(_ expected: CaseExpectation, _ diagnosis: Diagnosis) {
    let told = Set(diagnosis.findings.map(\.id))
    let all = told.union(diagnosis.findings.flatMap(\.explains))
    let welcome = Set(expected.findings + expected.acceptable)
    var wrong = all.intersection(expected.forbidden + expected.open)
    for finding in diagnosis.findings where finding.severity > .note && !welcome.contains(finding.id) {
      wrong.insert(finding.id)
    }
    let missed = Set(expected.findings).subtracting(all)
    let healthy = Set(diagnosis.healthy.map(\.id))
    let open = Set(diagnosis.inconclusive.map(\.id))
    let unfounded = Set(expected.open).intersection(healthy)
    let closed = Set(expected.open).subtracting(open).subtracting(unfounded).subtracting(wrong)
    let asks = Self.asks(diagnosis)
    let silent = expected.asks.filter { wanted in !asks.contains { $0.contains(wanted) } }

    var differences = wrong.sorted().map { id in
      let summary = diagnosis.findings.first { $0.id == id }?.summary ?? "as a consequence"
      return "tells \(id), wrongly: \(summary)"
    }
    differences += missed.sorted().map { "does not find \($0)" }
    differences += unfounded.sorted().map { "says that \($0) is well, which cannot be known" }
    differences += closed.sorted().map { "says that \($0) does not concern this guest, which cannot be known" }
    differences += silent.map { "does not ask for \($0)" }
    let isExpected = expected.verdicts.contains(diagnosis.verdict)
    if !isExpected {
      let wanted = expected.verdicts.map(\.rawValue).joined(separator: " or ")
      differences.append("verdict \(diagnosis.verdict.rawValue), expected \(wanted)")
    }

    let isFalseHealth = diagnosis.verdict == .healthy && !isExpected
    let outcome: Outcome =
      if !wrong.isEmpty || isFalseHealth || !unfounded.isEmpty {
        .confidentWrong
      } else if differences.isEmpty {
        .right
      } else if diagnosis.verdict == .inconclusive, silent.isEmpty, !asks.isEmpty {
        .cautious
      } else {
        .missed
      }
    self.init(
      outcome, differences, found: Set(expected.findings).intersection(all), missed: missed, wrong: wrong)
  }

  private init(
    _ outcome: Outcome, _ differences: [String], found: Set<String>, missed: Set<String>, wrong: Set<String>
  ) {
    (self.outcome, self.differences) = (outcome, differences)
    (self.found, self.missed, self.wrong) = (found, missed, wrong)
  }

  /// Everything that the report tells its reader to do or to give.
  private static func asks(_ diagnosis: Diagnosis) -> [String] {
    diagnosis.inconclusive.flatMap(\.missing).compactMap(\.ask)
      + diagnosis.findings.flatMap(\.remedy).flatMap { [$0.text, $0.command].compactMap { $0 } }
  }
}
