// SPDX-License-Identifier: GPL-3.0-or-later

/// One line of a view, never wider than the terminal: whatever is put into it is escaped, and cut where it would not
/// fit.
struct LiveRow {
  private let style: TextStyle
  /// Columns.
  private let limit: Int
  private(set) var width = 0
  private(set) var text = ""

  init(_ style: TextStyle, width limit: Int) {
    self.style = style
    self.limit = limit
  }

  /// How many columns are left.
  var left: Int { max(0, limit - width) }

  mutating func add(_ piece: String, _ paint: TextPage.Paint = .plain) {
    let shown = Self.fit(piece, left, unicode: style.unicode)
    width += TerminalText.width(shown)
    guard style.color, paint != .plain, !shown.isEmpty else { return text += shown }
    text += "\u{1B}[\(paint.rawValue)m\(shown)\u{1B}[0m"
  }

  /// Our own marks, which stand outside ASCII only where the terminal shows that.
  mutating func add(marks: String, _ paint: TextPage.Paint = .plain) { add(marks, paint) }

  /// `piece` in so many columns.
  mutating func add(_ piece: String, columns: Int, right: Bool = false, _ paint: TextPage.Paint = .plain) {
    let shown = Self.fit(piece, min(columns, left), unicode: style.unicode)
    let space = String(repeating: " ", count: max(0, min(columns, left) - TerminalText.width(shown)))
    if right { add(space) }
    add(shown, paint)
    if !right { add(space) }
  }

  /// Fills up to the column.
  mutating func pad(to column: Int) {
    guard column > width else { return }
    add(String(repeating: " ", count: column - width))
  }

  /// Escaped and cut to so many columns.
  static func fit(_ text: String, _ columns: Int, unicode: Bool) -> String {
    guard columns > 0 else { return "" }
    let clean = TerminalText.escaped(TerminalText.shortened(text, to: 1_000), unicode: unicode)
    guard TerminalText.width(clean) > columns else { return clean }
    let end = unicode ? "…" : "..."
    let room = columns - TerminalText.width(end)
    guard room > 0 else { return String(end.prefix(columns)) }
    var kept = String.UnicodeScalarView()
    var width = 0
    for scalar in clean.unicodeScalars {
      let more = TerminalText.width(String(scalar))
      guard width + more <= room else { break }
      kept.append(scalar)
      width += more
    }
    return String(kept) + end
  }
}
