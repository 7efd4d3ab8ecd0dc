// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestMemory

extension AccountReport {
  package func markdown() -> [UInt8] {
    var page = MarkdownPage()
    var head = MarkdownPart()
    head.heading("Where the memory of \(TerminalText.shortened(evidence.target.label, to: 80)) is")
    page.add("the heading", head)
    page.add("the account", account.markdown())
    page.add("the differences", differencesPart)
    page.add("what is not known", gapsPart)
    page.add("the questions", questionsPart)
    return page.bytes
  }

  private var differencesPart: MarkdownPart {
    var part = MarkdownPart()
    guard !knownDifferences.isEmpty else { return part }
    part.heading("From one figure to the next", level: 3)
    part.table(
      ["figure", "less", "difference", "what it is"],
      knownDifferences.map { difference, size in
        [
          difference.from.name, difference.to.name, size,
          MarkdownText.prose(difference.explanation.capitalizedFirst, limit: 300),
        ]
      })
    part.paragraph(age)
    return part
  }

  private var gapsPart: MarkdownPart {
    var part = MarkdownPart()
    let gaps = AccountGap.all(account)
    guard !gaps.isEmpty else { return part }
    part.heading("Not known", level: 3)
    for gap in gaps.prefix(12) {
      part.paragraph(
        gap.names.joined(separator: ", ") + ": " + TerminalText.shortened(gap.reason, to: 200)
          + (gap.ask == nil ? "." : ". To get it:"))
      if let ask = gap.ask { part.block(MarkdownText.block(ask)) }
    }
    return part
  }

  private var questionsPart: MarkdownPart {
    var part = MarkdownPart()
    guard !questions.isEmpty else { return part }
    part.heading("Questions, answered for this guest", level: 3)
    for answer in questions {
      part.block("**\(answer.question)**")
      let sources = [AccountRow.source(answer.sources), answer.reference].filter { !$0.isEmpty }
      part.paragraph(
        answer.answer + (answer.certainty.mark.map { " " + $0 } ?? "")
          + " Sources: \(sources.joined(separator: "; ")).")
    }
    return part
  }
}

extension MemoryAccount {
  /// Its tables, and how its figures fit.
  func markdown() -> MarkdownPart {
    var part = MarkdownPart()
    for level in levels {
      part.block("**\(level.name.capitalizedFirst)**")
      let rows = AccountRow.rows(level) + AccountRow.beside(level)
      part.table(
        ["part", "size", "source", "what it is"],
        rows.map { row in
          [
            MarkdownText.prose(row.name, limit: 80), row.size,
            row.source.isEmpty ? "" : MarkdownText.prose(row.source, limit: 240),
            MarkdownText.prose(row.explanation, limit: 300),
          ]
        })
    }
    if let bytes = retained.bytes, bytes > 0 {
      part.paragraph(
        "At least \(ByteCount.text(bytes)) are free in the guest and spent on the host. \(retained.explanation)")
    }
    for remark in remarks { part.paragraph(remark.text) }
    return part
  }
}
