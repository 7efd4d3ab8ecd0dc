// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestMemory

extension AccountReport {
  package func html() -> [UInt8] {
    HTMLPage.document("Memory: \(evidence.target.label)") { page in
      page.element("header") { page in
        page.element("div", ["class": "column"]) { page in
          page.element(
            "h1", text: "Where the memory of \(TerminalText.shortened(evidence.target.label, to: 80)) is", limit: 600)
          let when = Moment.utc(evidence.collection.started).map { "collected \($0) " } ?? ""
          page.element("p", ["class": "meta"]) { page in
            page.text("\(when)by virt-balloon \(TerminalText.shortened(evidence.collection.tool, to: 40)), ")
            page.text("\(evidence.target.kind.words): \(TerminalText.shortened(evidence.target.location, to: 120))")
          }
        }
      }
      page.element("div", ["class": "column"]) { page in
        page.element("main") { page in
          page.section("memory", "Where the memory is") { account.draw(on: &$0, tablesAreOpen: true) }
          differences(on: &page)
          gaps(on: &page)
          answers(on: &page)
        }
        page.footer()
      }
    }
  }

  private func differences(on page: inout HTMLPage) {
    guard !knownDifferences.isEmpty else { return }
    page.section("differences", "From one figure to the next") { page in
      page.table(
        "The figures that people compare, and what lies between them", ["figure", "less", "difference", "what it is"],
        knownDifferences.map { difference, size in
          [difference.from.name, difference.to.name, size, difference.explanation.capitalizedFirst]
        })
      page.paragraph(age)
    }
  }

  private func gaps(on page: inout HTMLPage) {
    let gaps = AccountGap.all(account)
    guard !gaps.isEmpty else { return }
    page.section("open", "Not known") { page in
      for gap in gaps.prefix(12) {
        page.paragraph(
          gap.names.joined(separator: ", ") + ": " + TerminalText.shortened(gap.reason, to: 200)
            + (gap.ask == nil ? "." : ". To get it:"))
        if let ask = gap.ask { page.command(ask) }
      }
    }
  }

  private func answers(on page: inout HTMLPage) {
    guard !questions.isEmpty else { return }
    page.section("questions", "Questions, answered for this guest") { page in
      for answer in questions {
        page.element("h3", text: answer.question)
        page.paragraph(answer.answer)
        if let mark = answer.certainty.mark { page.element("p", ["class": "caution"], text: mark) }
        let sources = [AccountRow.source(answer.sources), answer.reference].filter { !$0.isEmpty }
        page.element("p", ["class": "meta"], text: sources.joined(separator: "; "), limit: 600)
      }
    }
  }
}
