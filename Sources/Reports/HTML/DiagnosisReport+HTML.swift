// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

extension DiagnosisReport {
  /// The report as one HTML file that needs nothing else: no script, no network, pictures inside.
  ///
  /// The same evidence gives the same bytes, and no foreign text in it becomes markup.
  package func html() -> [UInt8] {
    HTMLPage.document("\(diagnosis.verdict.word): \(evidence.target.label)") { page in
      verdict(on: &page)
      page.element("div", ["class": "column"]) { page in
        contents(on: &page)
        page.element("main") { page in
          findings(on: &page)
          exercise(on: &page)
          nextSteps(on: &page)
          path(on: &page)
          memory(on: &page)
          statistics(on: &page)
          witnesses(on: &page)
          facts(on: &page)
          inconclusive(on: &page)
          passed(on: &page)
          collection(on: &page)
        }
        page.footer()
      }
    }
  }

  // MARK: The answer

  private func verdict(on page: inout HTMLPage) {
    page.element("header", ["class": diagnosis.verdict.rawValue]) { page in
      page.element("div", ["class": "column"]) { page in
        page.badge(diagnosis.verdict.word, diagnosis.verdict.sign, diagnosis.verdict.rawValue)
        page.element("h1", text: VerdictSentence.text(diagnosis, evidence), limit: 600)
        let when = Moment.utc(evidence.collection.started).map { "collected \($0) " } ?? ""
        page.element("p", ["class": "meta"]) { page in
          page.text("\(when)by virt-balloon \(TerminalText.shortened(evidence.collection.tool, to: 40)), ")
          page.text("\(evidence.target.kind.words): \(TerminalText.shortened(evidence.target.location, to: 120))")
        }
      }
    }
  }

  /// The parts of the page, in order; those that this guest has.
  private func contents(on page: inout HTMLPage) {
    var links: [(StaticString, String)] = []
    if !diagnosis.findings.isEmpty { links.append(("findings", "Findings")) }
    if evidence.exercise != nil { links.append(("exercise", "Exercise")) }
    if !NextSteps.of(diagnosis, evidence).isEmpty { links.append(("next", "Find out more")) }
    if PathComparison(evidence) != nil { links.append(("path", "PCI path")) }
    if showsMemory { links.append(("memory", "Memory")) }
    links.append(("statistics", "Statistics"))
    if !diagnosis.witnesses.isEmpty { links.append(("witnesses", "Witnesses")) }
    links.append(("facts", "Facts"))
    if !diagnosis.inconclusive.isEmpty { links.append(("open", "Not judged")) }
    links.append(("passed", "Passed"))
    links.append(("collection", "Collection"))
    page.element("nav", ["aria-label": "Contents"]) { page in
      page.element("ul") { page in
        for (id, title) in links { page.element("li") { $0.element("a", ["href": "#\(id)"], text: title) } }
      }
    }
  }

  private func findings(on page: inout HTMLPage) {
    guard !diagnosis.findings.isEmpty else { return }
    page.section("findings", "Findings") { page in
      for finding in findings {
        page.lineBreak()
        page.element("article", ["class": "finding \(finding.severity.rawValue)"]) { article(finding, on: &$0) }
      }
    }
  }

  private func article(_ finding: Finding, on page: inout HTMLPage) {
    page.badge(finding.severity.word, finding.severity.sign, finding.severity.rawValue)
    page.element("h3") { page in
      page.text(finding.title + " ", limit: 300)
      page.element("code", ["class": "id"], text: finding.id, limit: 80)
    }
    page.paragraph(finding.summary)
    if let mark = finding.confidence.mark { page.element("p", ["class": "caution"], text: mark) }
    if finding.severity == .note {
      // A note asks for nothing now: what could be done is there for who wants it.
      if !finding.remedy.isEmpty || !finding.explains.isEmpty {
        page.details("What to do") { advice(finding, hasHeading: false, on: &$0) }
      }
    } else {
      advice(finding, hasHeading: true, on: &page)
    }
    if !finding.evidence.isEmpty {
      let count = finding.evidence.count
      page.details("Evidence: \(TextPage.count(count, "statement"))", isOpen: finding.severity > .note) { page in
        citations(finding.evidence, on: &page)
      }
    }
    if !finding.links.isEmpty {
      page.details("Further reading") { page in
        page.element("ul") { page in
          for link in finding.safeLinks.prefix(24) {
            page.element("li") { $0.element("a", ["href": link, "rel": "noreferrer"], text: link, limit: 300) }
          }
          for link in finding.otherLinks.prefix(24) { page.element("li", text: link, limit: 300) }
        }
      }
    }
  }

  private func advice(_ finding: Finding, hasHeading: Bool, on page: inout HTMLPage) {
    if !finding.remedy.isEmpty {
      if hasHeading { page.element("h4", text: "What to do") }
      page.steps(finding.remedy)
    }
    if !finding.explains.isEmpty {
      page.element("h4", text: "This also explains")
      page.element("ul") { page in
        for id in finding.explains.prefix(64) {
          page.element("li") { page in
            if let rule = Catalogue.rule(id) { page.text(rule.title + " ", limit: 300) }
            page.element("code", ["class": "id"], text: id, limit: 80)
          }
        }
      }
    }
  }

  private func nextSteps(on page: inout HTMLPage) {
    let steps = NextSteps.of(diagnosis, evidence)
    guard !steps.isEmpty else { return }
    page.section("next", NextSteps.title) { $0.steps(steps) }
  }

  private func citations(_ citations: [Citation], on page: inout HTMLPage) {
    page.element("ul", ["class": "evidence"]) { page in
      for citation in citations.prefix(200) {
        page.element("li") { page in
          page.trust(citation.trust)
          page.text(" \(EvidenceLabel.describe(citation.path, of: evidence)): ", limit: 300)
          page.element("strong", text: TextPage.shown(citation, of: evidence), limit: 400)
          if !citation.source.isEmpty {
            page.text(" ")
            page.element("span", ["class": "source"], text: "by \(citation.source)", limit: 200)
          }
        }
      }
    }
    if citations.count > 200 { page.paragraph("And \(citations.count - 200) more.") }
  }
}

extension HTMLPage {
  /// Steps in order, each command below its step.
  fileprivate mutating func steps(_ steps: [RemedyStep]) {
    element("ol", ["class": "steps"]) { page in
      for step in steps.prefix(48) {
        page.element("li") { page in
          page.element("span", ["class": "place"], text: step.place.words + ": ")
          page.text(step.text)
          if let command = step.command { page.command(command) }
        }
      }
    }
  }

  /// A word on its colour, with a sign that needs no colour.
  fileprivate mutating func badge(_ word: String, _ sign: String, _ className: String) {
    element("span", ["class": "badge \(className)"]) { page in
      page.element("span", ["aria-hidden": "true"], text: sign)
      page.text(word)
    }
  }
}
