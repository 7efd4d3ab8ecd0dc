// SPDX-License-Identifier: GPL-3.0-or-later

/// Lays out a Markdown report in parts, of which the last ones give way when a comment on GitHub could not hold them.
struct MarkdownPage {
  /// The most that is written, in bytes: a comment on GitHub holds 65 536 characters.
  static let limit = 60_000

  private(set) var text = ""
  private var leftOut: [String] = []

  /// Adds a part whole, or notes that it was left out. `name` is a word of ours.
  mutating func add(_ name: String, _ part: MarkdownPart) {
    guard !part.text.isEmpty else { return }
    guard text.utf8.count + part.text.utf8.count <= Self.limit - 1000 else {
      if !leftOut.contains(name) { leftOut.append(name) }
      return
    }
    text += (text.isEmpty ? "" : "\n") + part.text
  }

  var bytes: [UInt8] {
    guard !leftOut.isEmpty else { return Array(text.utf8) }
    let names = leftOut.joined(separator: ", ")
    return Array((text + "\n_Left out, because an issue could not hold it: \(names)._\n").utf8)
  }
}

/// A part of a Markdown report: blocks with an empty line between them.
struct MarkdownPart {
  private(set) var text = ""

  /// A block that is Markdown already.
  mutating func block(_ markdown: String) {
    text += (text.isEmpty ? "" : "\n") + markdown + "\n"
  }

  /// Another part behind this one.
  mutating func append(_ other: MarkdownPart) { text += (text.isEmpty || other.text.isEmpty ? "" : "\n") + other.text }

  mutating func heading(_ title: String, level: Int = 2) {
    block(String(repeating: "#", count: level) + " " + MarkdownText.prose(title, limit: 300))
  }

  mutating func paragraph(_ text: String) { block(MarkdownText.prose(text)) }

  /// A list whose items are Markdown already.
  mutating func list(_ items: [String], ordered: Bool = false) {
    guard !items.isEmpty else { return }
    block(items.enumerated().map { (ordered ? "\($0 + 1). " : "- ") + $1 }.joined(separator: "\n"))
  }

  /// A table whose cells are Markdown already; heads are words of ours.
  mutating func table(_ header: [String], _ rows: [[String]]) {
    guard !rows.isEmpty else { return }
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    block(([line(header), line(header.map { _ in "---" })] + rows.map(line)).joined(separator: "\n"))
  }

  /// What a reader opens; `summary` is words of ours.
  mutating func details(_ summary: String, _ part: MarkdownPart) {
    guard !part.text.isEmpty else { return }
    block("<details><summary>\(summary)</summary>\n\n\(part.text)\n</details>")
  }
}
