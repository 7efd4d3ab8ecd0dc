// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

extension TextPage {
  /// What is known of the guest and its balloon, in a few lines.
  mutating func facts(_ diagnosis: Diagnosis, _ evidence: Evidence) {
    blank()
    heading("Facts")
    fields(Facts.ofBalloon(evidence, isVerbose: style.verbose))
    witnesses(diagnosis.witnesses)
    if evidence.target.kind != .agent { fields(Facts.ofSizes(evidence, isVerbose: style.verbose)) }
    fields(Facts.ofStatistics(evidence))
    statisticsTable(evidence, indent: 4, reasonsAreTold: evidence.target.kind == .agent)
    fields(Facts.ofAgents(evidence))
    fields(Facts.ofHost(evidence))
  }

  mutating func fields(_ facts: [Facts.Fact]) {
    for fact in facts { field(fact.name, fact.spans) }
  }

  private mutating func witnesses(_ witnesses: [Witness]) {
    guard !witnesses.isEmpty else { return }
    field("witnesses", Facts.agreement(witnesses))
    for witness in witnesses {
      let trust = witness.trust == .host ? "host" : "guest"
      flow(
        [Span("\(witness.name) (\(trust)):"), Span(TerminalText.shortened(witness.statement, to: 300))],
        label: Span(witness.testimony.word, witness.testimony.paint), indent: 4, hanging: Self.column)
    }
  }
}
