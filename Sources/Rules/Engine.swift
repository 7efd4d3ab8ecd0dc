// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// Judges evidence by a catalogue of rules.
package struct Engine: Sendable {
  package let rules: [Rule]
  package init(rules: [Rule] = Catalogue.all) { self.rules = rules }

  /// Runs every rule, lets causes stand for their consequences, and draws the verdict.
  package func diagnose(_ evidence: Evidence) -> Diagnosis {
    let context = RemedyContext(evidence)
    var findings: [Finding] = []
    var inconclusive: [Inconclusive] = []
    var healthy: [Passed] = []
    var notApplicable: [Passed] = []
    for rule in rules {
      var reader = EvidenceReader(evidence)
      switch rule.assess(&reader) {
      case .found(let summary, let severity, let confidence):
        findings.append(
          Finding(
            id: rule.id, severity: severity ?? rule.severity, confidence: confidence ?? rule.confidence,
            title: rule.title,
            summary: summary, evidence: reader.citations, remedy: rule.remedy(context), explains: [],
            links: rule.sources.filter { $0.hasPrefix("https://") }))
      case .healthy(let statement):
        healthy.append(Passed(id: rule.id, statement: statement, evidence: reader.citations))
      case .notApplicable(let statement):
        notApplicable.append(Passed(id: rule.id, statement: statement, evidence: reader.citations))
      case .inconclusive:
        inconclusive.append(
          Inconclusive(id: rule.id, title: rule.title, missing: reader.missing, isEssential: rule.isEssential))
      }
    }
    let told = Set(findings.map(\.id))
    let isOpen =
      inconclusive.contains(where: \.isEssential) || rules.contains { $0.leavesOpen && told.contains($0.id) }
    findings = suppressConsequences(findings, healthy: Set(healthy.map(\.id)))
    return Diagnosis(
      verdict: verdict(findings, open: isOpen),
      findings: findings, inconclusive: inconclusive, healthy: healthy, notApplicable: notApplicable,
      witnesses: Witness.all(in: evidence))
  }

  private func verdict(_ findings: [Finding], open: Bool) -> Verdict {
    switch findings.map(\.severity).max() {
    case .problem?: .problem
    case .warning?: .warning
    case .note?, nil: open ? .inconclusive : .healthy
    }
  }

  /// Keeps the root causes, each naming all that follows from it, directly or through another, and as grave as the
  /// gravest of them; the gravest first, and among equals the one that explains more.
  ///
  /// - Parameter healthy: the rules that saw nothing wrong: no cause works through these.
  private func suppressConsequences(_ findings: [Finding], healthy: Set<String>) -> [Finding] {
    let direct = Dictionary(rules.map { ($0.id, $0.explains) }, uniquingKeysWith: { first, _ in first })
    let found = Set(findings.map(\.id))
    func consequences(of id: String) -> [String] {
      var reached: [String] = []
      var open = direct[id] ?? []
      while let next = open.popLast() {
        guard next != id, !reached.contains(next), !healthy.contains(next) else { continue }
        reached.append(next)
        open += direct[next] ?? []
      }
      return reached.filter(found.contains).sorted()
    }
    let explained = Set(findings.flatMap { consequences(of: $0.id) })
    let severities = Dictionary(findings.map { ($0.id, $0.severity) }, uniquingKeysWith: max)
    return
      findings
      .filter { !explained.contains($0.id) }
      .map { finding in
        var finding = finding
        finding.explains = consequences(of: finding.id)
        finding.severity = finding.explains.compactMap { severities[$0] }.reduce(finding.severity, max)
        return finding
      }
      .enumerated()
      .sorted { one, other in
        if one.element.severity != other.element.severity { return one.element.severity > other.element.severity }
        if one.element.explains.count != other.element.explains.count {
          return one.element.explains.count > other.element.explains.count
        }
        return one.offset < other.offset
      }
      .map(\.element)
  }
}
