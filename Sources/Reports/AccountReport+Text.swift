// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestMemory

extension AccountReport {
  package func text(_ style: TextStyle) -> String {
    var page = TextPage(style)
    page.flow(
      [
        TextPage.Span("\(TerminalText.shortened(evidence.target.label, to: 80)):", .bold),
        TextPage.Span("where its memory is"),
      ], hanging: 2)
    page.blank()
    bar(on: &page)
    for level in account.levels { self.level(level, on: &page) }
    if let bytes = account.retained.bytes, bytes > 0 {
      page.blank()
      page.flow(
        "At least \(ByteCount.text(bytes)) are free in the guest and spent on the host. "
          + account.retained.explanation, indent: 2, hanging: 4)
    }
    differences(on: &page)
    remarks(on: &page)
    gaps(on: &page)
    answers(on: &page)
    page.notices(evidence.collection)
    return page.text
  }

  private func bar(on page: inout TextPage) {
    let bar = AccountBar(account)
    let columns = bar.columns(of: page.style.width - 4)
    guard !columns.isEmpty else { return }
    let isUnicode = page.style.unicode
    page.row(
      [TextPage.Span("[")]
        + zip(bar.segments, columns).map { segment, count in
          TextPage.Span(
            String(repeating: segment.kind.sign(unicode: isUnicode), count: count), segment.kind.paint)
        } + [TextPage.Span("]")], indent: 1)
    for segment in bar.segments {
      page.row(
        [
          TextPage.Span(String(segment.kind.sign(unicode: isUnicode)), segment.kind.paint),
          TextPage.Span(" \(ByteCount.text(segment.bytes).padded(to: 10))  \(segment.name)"),
        ], indent: 2)
    }
  }

  private func level(_ level: MemoryLevel, on page: inout TextPage) {
    page.blank()
    page.heading(level.name.capitalizedFirst)
    table(shown(AccountRow.rows(level), page.style), on: &page)
    let beside = shown(AccountRow.beside(level), page.style)
    guard !beside.isEmpty else { return }
    page.flow("beside these", indent: 2, paint: .dim)
    table(beside, on: &page)
  }

  private func shown(_ rows: [AccountRow], _ style: TextStyle) -> [AccountRow] {
    rows.filter { style.verbose || !$0.isIdle }
  }

  /// Every table of the page has its columns where the others have them. Never so narrow that on a terminal of 60
  /// columns the sources are squeezed in beside: they stand below there.
  private func nameWidth(_ style: TextStyle) -> Int {
    account.levels.flatMap { shown(AccountRow.rows($0) + AccountRow.beside($0), style) }
      .map { TerminalText.width($0.indentedName) }.reduce(33, max)
  }

  /// Name, size, and who says so; what is unexplained has its explanation there.
  private func table(_ rows: [AccountRow], on page: inout TextPage) {
    let isVerbose = page.style.verbose
    let width = nameWidth(page.style)
    page.table(
      rows.map { row in
        let words = row.source.isEmpty ? row.explanation : row.source
        return [
          row.indentedName.filled(to: width), row.size.padded(to: 10),
          isVerbose && !row.source.isEmpty ? "\(words). \(row.explanation)" : words,
        ]
      }, indent: 2, limit: 44)
  }

  private func differences(on page: inout TextPage) {
    guard !knownDifferences.isEmpty else { return }
    page.blank()
    page.heading("From one figure to the next")
    for (difference, size) in knownDifferences {
      page.flow(
        [
          TextPage.Span("\(difference.from.name) less \(difference.to.name):"),
          TextPage.Span(size + ".", .bold),
          TextPage.Span(difference.explanation.capitalizedFirst),
        ], indent: 2, hanging: 4)
    }
    page.flow(age, indent: 2, hanging: 4)
  }

  private func remarks(on page: inout TextPage) {
    guard !account.remarks.isEmpty else { return }
    page.blank()
    page.heading("How the figures fit")
    for remark in account.remarks { page.flow(remark.text, indent: 2, hanging: 4) }
  }

  private func gaps(on page: inout TextPage) {
    let gaps = AccountGap.all(account)
    guard !gaps.isEmpty else { return }
    page.blank()
    page.heading("Not known")
    for gap in gaps.prefix(12) {
      page.flow(
        gap.names.joined(separator: ", ") + ": " + TerminalText.shortened(gap.reason, to: 200)
          + (gap.ask == nil ? "." : ". To get it:"), indent: 2, hanging: 4)
      if let ask = gap.ask { page.command(ask, indent: 6) }
    }
  }

  private func answers(on page: inout TextPage) {
    guard !questions.isEmpty else { return }
    page.blank()
    page.heading("Questions, answered for this guest")
    for answer in questions {
      page.flow(answer.question, indent: 2, hanging: 4, paint: .dim)
      page.flow(
        [TextPage.Span(answer.answer)] + (answer.certainty.mark.map { [TextPage.Span($0, .yellow)] } ?? [])
          + (page.style.verbose
            ? [TextPage.Span("(\(AccountRow.source(answer.sources)); \(answer.reference))", .dim)]
            : [TextPage.Span("(\(answer.reference))", .dim)]),
        indent: 4)
    }
  }
}

extension GuestAnswer.Certainty {
  /// What is said where it is not established.
  var mark: String? {
    switch self {
    case .established: nil
    case .inferred: "(By the driver's code; not seen in a running guest.)"
    }
  }
}

extension String {
  /// At the right of `width` columns; what is wider stays.
  fileprivate func padded(to width: Int) -> String { String(repeating: " ", count: max(width - count, 0)) + self }
  /// At the left of `width` columns; what is wider stays.
  fileprivate func filled(to width: Int) -> String { self + String(repeating: " ", count: max(width - count, 0)) }
}
