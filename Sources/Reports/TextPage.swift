// SPDX-License-Identifier: GPL-3.0-or-later

/// Lays out a text report. Every text that comes in is escaped here, so that no part of a report can forget it.
struct TextPage {
  /// How a piece of text is marked where colours are used.
  enum Paint: String {
    case plain = ""
    case bold = "1"
    case dim = "2"
    case red = "1;31"
    case yellow = "1;33"
    case green = "1;32"
    case cyan = "36"
  }

  /// A piece of running text; a space stands between two pieces.
  struct Span {
    let text: String
    let paint: Paint
    init(_ text: String, _ paint: Paint = .plain) {
      self.text = text
      self.paint = paint
    }
  }

  /// Where the values of ``field(_:_:indent:)`` begin.
  static let column = 18
  /// The longest text that is shown in running text, and the longest command, in Unicode scalars.
  private static let textLimit = 4000
  private static let commandLimit = 16_000

  let style: TextStyle
  /// What has been laid out so far, every line with its line feed.
  private(set) var text = ""
  private var endsBlank = true

  init(_ style: TextStyle) { self.style = style }

  /// An empty line, unless there is one already.
  mutating func blank() {
    guard !endsBlank else { return }
    text += "\n"
    endsBlank = true
  }

  /// A line that begins a part.
  mutating func heading(_ title: String, indent: Int = 0) {
    flow([Span(title, .bold)], indent: indent)
  }

  /// Running text in lines no wider than the terminal, broken between words only. `label` opens the first line; the
  /// others begin at `hanging`.
  mutating func flow(_ spans: [Span], label: Span? = nil, indent: Int = 0, hanging: Int? = nil) {
    let hanging = hanging ?? indent
    var opening = String(repeating: " ", count: indent)
    var width = indent
    if let label {
      let shown = clean(label.text)
      let padding = max(hanging - indent - TerminalText.width(shown), 1)
      opening += painted(shown, label.paint) + String(repeating: " ", count: padding)
      width += TerminalText.width(shown) + padding
    }
    lay(spans, after: opening, of: width, hanging: hanging)
  }

  /// Fills lines with words; the first one begins with `opening`, which is laid out already and `width` columns wide.
  private mutating func lay(_ spans: [Span], after opening: String, of width: Int, hanging: Int) {
    var line = opening
    var width = width
    var isEmpty = true
    for span in spans {
      // Words of one paint on one line are painted together: fewer escapes, and a copied line stays clean.
      var run = ""
      for word in clean(span.text).split(separator: " ") {
        let wordWidth = TerminalText.width(String(word))
        if !isEmpty, width + 1 + wordWidth > style.width {
          end(line + painted(run, span.paint))
          run = ""
          line = String(repeating: " ", count: hanging)
          width = hanging
          isEmpty = true
        }
        if !isEmpty {
          if run.isEmpty { line += " " } else { run += " " }
          width += 1
        }
        run += word
        width += wordWidth
        isEmpty = false
      }
      line += painted(run, span.paint)
    }
    end(line)
  }

  mutating func flow(_ text: String, indent: Int = 0, hanging: Int? = nil, paint: Paint = .plain) {
    flow([Span(text, paint)], indent: indent, hanging: hanging)
  }

  /// Spans on one line, however long, so that each line of a list is one thing to a program too.
  ///
  /// - Parameter columns: as wide as the first span is made.
  mutating func line(_ spans: [Span], columns: Int) {
    var line = ""
    for (index, span) in spans.enumerated() {
      let shown = clean(span.text)
      line += painted(shown, span.paint)
      line += index == 0 ? String(repeating: " ", count: max(1, columns - TerminalText.width(shown))) : " "
    }
    end(line)
  }

  /// A name and its value, which begins at ``column``.
  mutating func field(_ name: String, _ spans: [Span], indent: Int = 2) {
    flow(spans, label: Span(name, .dim), indent: indent, hanging: Self.column)
  }

  mutating func field(_ name: String, _ value: String, indent: Int = 2) {
    field(name, [Span(value)], indent: indent)
  }

  /// Pieces on one line with nothing between them, however long: a bar, and what belongs below one of its cells.
  mutating func row(_ spans: [Span], indent: Int = 0) {
    end(String(repeating: " ", count: indent) + spans.map { painted(clean($0.text), $0.paint) }.joined())
  }

  /// A command on one line of its own, however long, so that it can be copied whole. One that holds unsafe characters
  /// is followed by a warning: what is shown is not what would have to be typed.
  mutating func command(_ command: String, indent: Int) {
    let shortened = TerminalText.shortened(command, to: Self.commandLimit)
    let shown = TerminalText.escaped(shortened, unicode: style.unicode)
    end(String(repeating: " ", count: indent) + painted(shown, .cyan))
    if shown != command {
      flow("(not for pasting: characters that cannot be shown safely stand as escapes)", indent: indent, paint: .dim)
    }
  }

  /// A row of a picture that is laid out already, as it stands.
  mutating func picture(_ row: String, indent: Int) {
    end(String(repeating: " ", count: indent) + TerminalText.escaped(row, unicode: style.unicode))
  }

  /// Rows in columns; the last column is running text. `paint` colours a row's cells; a cell that is wider than `limit`
  /// columns is cut.
  mutating func table(
    _ rows: [[String]], header: [String]? = nil, indent: Int = 2, limit: Int = 60,
    paint: ([String], Int) -> Paint = { _, _ in .plain }
  ) {
    let all = (header.map { [$0] } ?? []) + rows
    let cells = all.map { row in row.map { cut(clean($0), to: limit) } }
    let count = cells.map(\.count).max() ?? 0
    guard count > 0 else { return }
    let widths = (0..<count - 1).map { column in
      cells.map { column < $0.count ? TerminalText.width($0[column]) : 0 }.max() ?? 0
    }
    for (index, row) in all.enumerated() {
      let isHeader = header != nil && index == 0
      var line = ""
      var hanging = indent
      for column in 0..<count - 1 {
        let cell = column < row.count ? cells[index][column] : ""
        line += painted(cell, isHeader ? .dim : paint(row, column))
        line += String(repeating: " ", count: max(0, widths[column] - TerminalText.width(cell)) + 2)
        hanging += widths[column] + 2
      }
      let last = Span(count <= row.count ? row[count - 1] : "", isHeader ? .dim : paint(row, count - 1))
      let opening = String(repeating: " ", count: indent) + line
      if hanging <= style.width - 16 {
        lay([last], after: opening, of: hanging, hanging: hanging)
      } else {
        // Too narrow for both: the last cell stands below the others.
        end(opening)
        if !last.text.isEmpty { flow([last], indent: indent + 4) }
      }
    }
  }

  /// Escaped text cut to `limit` columns.
  private func cut(_ text: String, to limit: Int) -> String {
    guard TerminalText.width(text) > limit else { return text }
    var cut = ""
    for scalar in text.unicodeScalars.prefix(limit) where TerminalText.width(cut) < limit - 3 {
      cut.unicodeScalars.append(scalar)
    }
    return cut + "..."
  }

  private func clean(_ text: String) -> String {
    TerminalText.escaped(TerminalText.shortened(text, to: Self.textLimit), unicode: style.unicode)
  }

  private func painted(_ text: String, _ paint: Paint) -> String {
    guard style.color, paint != .plain, !text.isEmpty else { return text }
    return "\u{1B}[\(paint.rawValue)m\(text)\u{1B}[0m"
  }

  private mutating func end(_ line: String) {
    var line = line[...]
    while line.last == " " { line.removeLast() }
    text += line + "\n"
    endsBlank = line.isEmpty
  }
}
