// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Rules

/// What `diagnose` and `analyze` say of one guest.
package struct DiagnosisReport: DocumentReport {
  package let diagnosis: Diagnosis
  package let evidence: Evidence
  package init(_ diagnosis: Diagnosis, _ evidence: Evidence) {
    self.diagnosis = diagnosis
    self.evidence = evidence
  }

  package func json() throws(ReportError) -> [UInt8] {
    try JSONDocument.encode(DiagnosisDocument(diagnosis, evidence))
  }

  package func text(_ style: TextStyle) -> String {
    var page = TextPage(style)
    page.flow(
      [TextPage.Span(VerdictSentence.text(diagnosis, evidence), diagnosis.verdict.paint)], hanging: 2)
    for finding in diagnosis.findings where finding.severity > .note { page.finding(finding, of: evidence) }
    for finding in diagnosis.findings where finding.severity == .note { page.finding(finding, of: evidence) }
    if let exercise = evidence.exercise { page.exercise(exercise) }
    page.nextSteps(NextSteps.of(diagnosis, evidence))
    page.facts(diagnosis, evidence)
    page.inconclusive(diagnosis.inconclusive)
    page.passed(diagnosis, of: evidence)
    page.notices(evidence.collection)
    return page.text
  }
}

/// The JSON form of a diagnosis, published as `protocol/schema/diagnosis.json`.
package struct DiagnosisDocument: Codable, Hashable, Sendable {
  /// The name and version of this form.
  package static let schema = "virt-balloon/diagnosis/1"

  package var schema: String
  package var target: Target
  package var verdict: Verdict
  package var findings: [Finding]
  package var inconclusive: [Inconclusive]
  package var witnesses: [Witness]
  package var healthy: [Passed]
  package var notApplicable: [Passed]
  /// Left out in a bundle, whose evidence.json has it, and of one guest among several.
  package var evidence: Evidence?
  /// Why the guest was not looked at to the end, among several; `nil` when it was.
  package var shortfall: Failure?

  package init(_ diagnosis: Diagnosis, _ evidence: Evidence) {
    self.init(diagnosis, evidence.target)
    self.evidence = evidence
  }

  /// Without the evidence.
  package init(_ diagnosis: Diagnosis, _ target: Target) {
    schema = Self.schema
    self.target = target
    verdict = diagnosis.verdict
    findings = diagnosis.findings
    inconclusive = diagnosis.inconclusive
    witnesses = diagnosis.witnesses
    healthy = diagnosis.healthy
    notApplicable = diagnosis.notApplicable
  }

  /// The diagnosis that the document was made from.
  package var diagnosis: Diagnosis {
    Diagnosis(
      verdict: verdict, findings: findings, inconclusive: inconclusive, healthy: healthy,
      notApplicable: notApplicable, witnesses: witnesses)
  }
}

extension Verdict {
  var paint: TextPage.Paint {
    switch self {
    case .healthy: .green
    case .warning, .inconclusive: .yellow
    case .problem: .red
    }
  }
}
