// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Rules

/// What the rules say of one guest as metric families.
package enum DiagnosisMetrics {
  /// The verdict as one sample for each there is, and every finding with its severity.
  ///
  /// Ids come from the catalogue alone, so that there are never more series than rules.
  package static func families(_ diagnosis: Diagnosis, _ target: Target) -> [MetricFamily] {
    let labels = GuestMetrics.labels(target)
    var verdict = MetricFamily("verdict", help: "Whether ballooning works in the guest: 1 for the verdict it has.")
    for word in [Verdict.healthy, .warning, .problem, .inconclusive] {
      verdict.add(labels + [MetricLabel("verdict", word.rawValue)], MetricValue(word == diagnosis.verdict))
    }
    var finding = MetricFamily("finding", help: "What was found of the guest, by the id of its rule.")
    for found in diagnosis.findings where Catalogue.rule(found.id) != nil {
      finding.add(
        labels + [MetricLabel("id", found.id), MetricLabel("severity", found.severity.rawValue)], .integer(1))
    }
    var unjudged = MetricFamily("inconclusive_rules", help: "How many rules could not be judged for lack of evidence.")
    unjudged.add(labels, .integer(UInt64(clamping: diagnosis.inconclusive.count)))
    return [verdict, finding, unjudged]
  }
}
