// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestMemory
import Rules

extension DiagnosisReport {
  /// The report as GitHub-flavoured Markdown, for an issue: short, the evidence folded.
  ///
  /// No foreign text in it can become markup, a mention, a reference or a link.
  package func markdown() -> [UInt8] {
    var page = MarkdownPage()
    page.add("the verdict", verdictPart)
    for finding in findings { page.add("findings", part(of: finding)) }
    page.add("the exercise", exercisePart)
    page.add("how to find out more", nextStepsPart)
    page.add("the PCI path", pathPart)
    page.add("the memory account", memoryPart)
    page.add("statistics", statisticsPart)
    page.add("statistics over time", seriesPart)
    page.add("witnesses", witnessesPart)
    page.add("facts", factsPart)
    page.add("what could not be judged", inconclusivePart)
    page.add("rules that passed", passedPart)
    page.add("how it was collected", collectionPart)
    return page.bytes
  }

  /// The graver ones first; notes behind everything else.
  var findings: [Finding] {
    diagnosis.findings.filter { $0.severity > .note } + diagnosis.findings.filter { $0.severity == .note }
  }

  private var verdictPart: MarkdownPart {
    var part = MarkdownPart()
    part.heading(VerdictSentence.text(diagnosis, evidence))
    let collected = Moment.utc(evidence.collection.started).map { ", collected \(MarkdownText.code($0))" } ?? ""
    part.block(
      "**\(diagnosis.verdict.word)** · virt-balloon \(MarkdownText.code(evidence.collection.tool, limit: 40))"
        + collected)
    return part
  }

  private func part(of finding: Finding) -> MarkdownPart {
    var part = MarkdownPart()
    part.block(
      "### \(finding.severity.word): \(MarkdownText.prose(finding.title, limit: 300)) "
        + "(\(MarkdownText.code(finding.id, limit: 80)))")
    part.paragraph(finding.summary)
    if let mark = finding.confidence.mark { part.block("_\(mark)_") }
    part.steps(finding.remedy)
    if !finding.explains.isEmpty {
      let names = finding.explains.prefix(32).map { id in
        MarkdownText.code(id, limit: 80) + (Catalogue.rule(id).map { " (\(MarkdownText.prose($0.title)))" } ?? "")
      }
      part.block("This also explains: \(names.joined(separator: ", "))")
    }
    let links = finding.safeLinks
    if !links.isEmpty { part.block("See " + links.map { "<\($0)>" }.joined(separator: ", ")) }
    part.details("Evidence", citations(finding.evidence))
    return part
  }

  private var nextStepsPart: MarkdownPart {
    var part = MarkdownPart()
    let steps = NextSteps.of(diagnosis, evidence)
    guard !steps.isEmpty else { return part }
    part.heading(NextSteps.title, level: 3)
    part.steps(steps)
    return part
  }

  private func citations(_ citations: [Citation]) -> MarkdownPart {
    var part = MarkdownPart()
    part.list(
      citations.prefix(64).map { citation in
        let source = citation.source.isEmpty ? "" : " (\(MarkdownText.code(citation.source, limit: 120)))"
        return "\(citation.trust.rawValue): "
          + MarkdownText.prose(EvidenceLabel.describe(citation.path, of: evidence), limit: 120) + ": "
          + MarkdownText.code(TextPage.shown(citation, of: evidence), limit: 300) + source
      })
    return part
  }

  private var witnessesPart: MarkdownPart {
    var part = MarkdownPart()
    guard !diagnosis.witnesses.isEmpty else { return part }
    part.heading("Witnesses", level: 3)
    part.paragraph(Facts.agreement(diagnosis.witnesses).capitalizedFirst + ".")
    part.table(
      ["Does the driver serve the balloon?", "who", "whose word", "says"],
      diagnosis.witnesses.prefix(16).map {
        [
          $0.testimony.word, MarkdownText.prose($0.name, limit: 80), $0.trust.rawValue,
          MarkdownText.prose($0.statement, limit: 300),
        ]
      })
    return part
  }

  private var pathPart: MarkdownPart {
    var part = MarkdownPart()
    guard let path = PathComparison(evidence) else { return part }
    part.heading("The way to the PCI function", level: 3)
    part.paragraph(path.sentence)
    func names(_ names: [PathComparison.Name]) -> String {
      names.isEmpty
        ? "not known" : names.map { "\(MarkdownText.code($0.text)) (\($0.meaning))" }.joined(separator: ", ")
    }
    part.table(
      ["step", "host", "guest", ""],
      path.rows.map { [$0.name, $0.host.text, $0.guest.text, $0.agreement.word] }
        + [["number", names(path.hostNames), names(path.guestNames), ""]])
    return part
  }

  private var memoryPart: MarkdownPart {
    var part = MarkdownPart()
    guard evidence.target.kind != .agent else { return part }
    part.heading("Memory account", level: 3)
    part.append(MemoryAccount(evidence).markdown())
    return part
  }

  private var statisticsPart: MarkdownPart {
    var part = MarkdownPart()
    part.heading("Statistics", level: 3)
    for fact in Facts.ofStatistics(evidence) { part.paragraph(fact.text.capitalizedFirst + ".") }
    let sides = StatisticsTable.sides(evidence, reasonsAreTold: evidence.target.kind == .agent)
    for remark in sides.remarks { part.paragraph(remark) }
    part.table(sides.header, sides.rows.map { row in row.map { MarkdownText.prose($0, limit: 80) } })
    return part
  }

  private var inconclusivePart: MarkdownPart {
    var part = MarkdownPart()
    guard !diagnosis.inconclusive.isEmpty else { return part }
    part.heading("Not judged, for lack of evidence: \(TextPage.count(diagnosis.inconclusive.count, "rule"))", level: 3)
    let gaps = Gap.all(in: diagnosis.inconclusive)
    for gap in gaps.prefix(8) {
      let rules = gap.rules.prefix(12).map { MarkdownText.code($0, limit: 80) }.joined(separator: ", ")
      let more = gap.rules.count > 12 ? ", and \(gap.rules.count - 12) more" : ""
      part.block(
        "- " + gap.reasons.prefix(4).map { MarkdownText.prose($0, limit: 300) }.joined(separator: "; ")
          + "\n  - lacking it: \(rules)\(more)")
      if let ask = gap.ask { part.block(("to get it:\n\n" + MarkdownText.block(ask)).indented(by: 2)) }
    }
    if gaps.count > 8 { part.paragraph("And \(gaps.count - 8) more things, for fewer rules.") }
    return part
  }

  private var factsPart: MarkdownPart {
    var inner = MarkdownPart()
    let facts =
      Facts.ofBalloon(evidence, isVerbose: false)
      + (evidence.target.kind == .agent ? [] : Facts.ofSizes(evidence, isVerbose: true)) + Facts.ofAgents(evidence)
      + Facts.ofHost(evidence)
    inner.table(["fact", "value"], facts.map { [$0.name, MarkdownText.prose($0.text, limit: 400)] })
    var part = MarkdownPart()
    part.details("Facts", inner)
    return part
  }

  private var seriesPart: MarkdownPart {
    var part = MarkdownPart()
    guard let series = TimeSeries(evidence) else { return part }
    var inner = MarkdownPart()
    inner.paragraph(series.sentence)
    inner.paragraph(series.advance)
    let lines = series.sizes + series.memory
    inner.table(
      ["after"] + lines.map(\.name),
      series.sample(atMost: 12).map { index in
        [Moment.offset(series.times[index])] + lines.map { $0.values[index].map(EvidenceText.size) ?? "not known" }
      })
    if !series.events.isEmpty {
      inner.list(
        series.events.prefix(16).map { event in
          "after \(Moment.offset(event.offset)): \(MarkdownText.code(event.name, limit: 60))"
            + (event.actual.map { ", \(EvidenceText.size($0))" } ?? "")
        })
      if series.events.count > 16 { inner.paragraph("And \(series.events.count - 16) more events.") }
    }
    part.details("Statistics over time", inner)
    return part
  }

  private var passedPart: MarkdownPart {
    var part = MarkdownPart()
    var inner = MarkdownPart()
    func list(_ title: String, _ rules: [Passed]) {
      guard !rules.isEmpty else { return }
      inner.paragraph(title + ":")
      inner.list(
        rules.prefix(96).map {
          "\(MarkdownText.code($0.id, limit: 80)) \(MarkdownText.prose($0.statement, limit: 200))"
        })
    }
    list("Nothing wrong found", diagnosis.healthy)
    list("Does not concern this guest", diagnosis.notApplicable)
    part.details("\(TextPage.count(diagnosis.healthy.count, "rule")) found nothing wrong", inner)
    return part
  }

  private var collectionPart: MarkdownPart {
    var part = MarkdownPart()
    var inner = MarkdownPart()
    let collection = evidence.collection
    inner.table(
      ["source", "outcome", "took"],
      collection.sources.prefix(48).map { source in
        [
          MarkdownText.prose(source.name, limit: 60),
          source.failure.map { MarkdownText.prose("\($0.reason.rawValue): \($0.detail)", limit: 300) } ?? "answered",
          TextPage.milliseconds(source.seconds),
        ]
      })
    inner.list(collection.notices.prefix(32).map { MarkdownText.prose($0, limit: 300) })
    part.details("How it was collected", inner)
    return part
  }
}

extension MarkdownPart {
  /// Steps in order, each command below its step.
  fileprivate mutating func steps(_ steps: [RemedyStep]) {
    for (index, step) in steps.prefix(24).enumerated() {
      block("\(index + 1). **\(step.place.words):** \(MarkdownText.prose(step.text))")
      if let command = step.command { block(MarkdownText.block(command).indented(by: 3)) }
    }
  }
}

extension String {
  /// Every line moved to the right, so that a block belongs to the list item above it.
  fileprivate func indented(by columns: Int) -> String {
    let margin = String(repeating: " ", count: columns)
    return split(separator: "\n", omittingEmptySubsequences: false)
      .map { $0.isEmpty ? "" : margin + $0 }.joined(separator: "\n")
  }

  /// With a capital at the beginning.
  var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
