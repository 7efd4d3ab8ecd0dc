// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import EvidenceTree
import Rules
import SupportBundle

/// The law of redaction: who judges redacted evidence says the same as who judged the whole of it, with tokens in the
/// place of names.
package enum RedactionLaw {
  /// What breaks the law: nothing, as a rule.
  package static func breaches(_ evidence: Evidence) throws -> [String] {
    var redactor = Redactor()
    let redacted = redactor.redact(evidence)
    let comparison = Comparison(redactor.values)
    var breaches = comparison.differences(try JSONTree(evidence), try JSONTree(redacted), at: "evidence")
    let diagnosis = Engine().diagnose(evidence)
    let judged = Engine().diagnose(redacted)
    breaches += shape(diagnosis, judged)
    breaches += comparison.differences(try JSONTree(diagnosis), try JSONTree(judged), at: "diagnosis")
    var again = Redactor()
    if again.redact(redacted) != redacted { breaches.append("redacting twice gives something else") }
    return breaches
  }

  /// As ``breaches(_:)`` for what is judged alone, which is quicker.
  package static func misjudgements(_ evidence: Evidence) -> [String] {
    var redactor = Redactor()
    return shape(Engine().diagnose(evidence), Engine().diagnose(redactor.redact(evidence)))
  }

  /// Everything of a diagnosis that no name is part of.
  private static func shape(_ one: Diagnosis, _ other: Diagnosis) -> [String] {
    func shape(_ diagnosis: Diagnosis) -> [[String]] {
      [
        [diagnosis.verdict.rawValue],
        diagnosis.findings.map { finding in
          "\(finding.id) \(finding.severity) \(finding.confidence) \(finding.title) \(finding.explains) "
            + "\(finding.evidence.map(\.path)) \(finding.remedy.map { "\($0.place) \($0.command == nil)" }) "
            + "\(finding.links)"
        },
        diagnosis.inconclusive.map { "\($0.id) \($0.isEssential) \($0.missing.map { "\($0.path) \($0.ask == nil)" })" },
        diagnosis.healthy.map { "\($0.id) \($0.evidence.map(\.path))" },
        diagnosis.notApplicable.map { "\($0.id) \($0.evidence.map(\.path))" },
        diagnosis.witnesses.map { "\($0.name) \($0.trust) \($0.testimony) \($0.evidence.map(\.path))" },
      ]
    }
    return zip(shape(one), shape(other)).filter { $0 != $1 }.map { "\($0)\nis judged as\n\($1)" }
  }
}
