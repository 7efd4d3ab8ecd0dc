// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

extension TextPage {
  /// A finding: what it is, what carries it, what to do, what it explains.
  mutating func finding(_ finding: Finding, of evidence: Evidence) {
    blank()
    flow(
      [Span(finding.title, .bold), Span("[\(finding.id)]", .dim)],
      label: Span(finding.severity.rawValue.uppercased(), finding.severity.paint), hanging: 9)
    flow(finding.summary, indent: 2)
    if let mark = finding.confidence.mark { flow(mark, indent: 2, paint: .yellow) }
    // A note needs no proof to be believed; a verbose report has it.
    if finding.severity > .note || style.verbose { citations(finding.evidence, of: evidence) }
    remedy(finding.remedy)
    if !finding.explains.isEmpty {
      blank()
      flow("This also explains: " + finding.explains.joined(separator: ", "), indent: 2, hanging: 4)
    }
    if style.verbose, !finding.links.isEmpty {
      blank()
      for link in finding.links { flow(link, indent: 2, paint: .dim) }
    }
  }

  /// Who said what.
  private mutating func citations(_ citations: [Citation], of evidence: Evidence) {
    // By an agent alone every leaf of the host is unknown, and for one reason that is told once.
    let citations = citations.filter { evidence.target.kind != .agent || $0.trust == .guest || style.verbose }
    guard !citations.isEmpty else { return }
    blank()
    heading("Evidence", indent: 2)
    for citation in citations { self.citation(citation, of: evidence, indent: 4) }
  }

  mutating func citation(_ citation: Citation, of evidence: Evidence, indent: Int) {
    var spans = [
      Span("\(EvidenceLabel.describe(citation.path, of: evidence)):"), Span(Self.shown(citation, of: evidence), .bold),
    ]
    if !citation.source.isEmpty { spans.append(Span("(\(citation.source))", .dim)) }
    if style.verbose { spans.append(Span("[\(citation.path)]", .dim)) }
    flow(spans, label: Span(citation.trust.rawValue, .dim), indent: indent, hanging: indent + 7)
  }

  /// Steps in order; each command on a line of its own.
  mutating func remedy(_ steps: [RemedyStep]) {
    guard !steps.isEmpty else { return }
    blank()
    heading("What to do", indent: 2)
    self.steps(steps)
  }

  /// What would answer what is open.
  mutating func nextSteps(_ steps: [RemedyStep]) {
    guard !steps.isEmpty else { return }
    blank()
    heading(NextSteps.title)
    self.steps(steps)
  }

  private mutating func steps(_ steps: [RemedyStep]) {
    for (index, step) in steps.enumerated() {
      let number = "\(index + 1)."
      let place = step.place == .host ? "On the host:" : "In the guest:"
      flow(
        [Span(place, .dim), Span(step.text)], label: Span(number), indent: 4, hanging: 4 + max(number.utf8.count + 1, 3)
      )
      if let command = step.command { self.command(command, indent: 9) }
    }
  }

  /// What was read, for a person: sizes in binary units, moments as ages.
  static func shown(_ citation: Citation, of evidence: Evidence) -> String {
    let value = citation.value
    if let number = UInt64(value) {
      let steps = citation.path.split(separator: ".")
      switch steps.last {
      case "maximum", "target", "actual", "rss": return EvidenceText.size(number)
      case "lastUpdate":
        if steps.count == 3, let index = Int(steps[1]), evidence.readings.indices.contains(index) {
          return Age.describe(lastUpdateOf: evidence.readings[index])
        }
      case "problemStatus", "configFlags": return "0x" + String(number, radix: 16)
      default: break
      }
    }
    return value.isEmpty ? "\"\" (empty)" : TerminalText.shortened(value, to: 300)
  }
}

extension Severity {
  var paint: TextPage.Paint {
    switch self {
    case .note: .cyan
    case .warning: .yellow
    case .problem: .red
    }
  }
}

extension Confidence {
  /// What a reader must know before believing it; `nil` when it is established.
  var mark: String? {
    switch self {
    case .established: nil
    case .inferred: "Inferred from source code or from records, not seen in a running guest."
    case .unverified: "Not verified: nobody has shown this to be so yet."
    }
  }
}
