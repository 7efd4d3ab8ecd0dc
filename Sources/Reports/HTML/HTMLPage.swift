// SPDX-License-Identifier: GPL-3.0-or-later

import BalloonEvidence

/// Writes HTML. Elements and attributes are named by literals, text is escaped here, and an attribute's value keeps no
/// character that could end it, so no part of a report can let foreign text become markup.
struct HTMLPage {
  /// The longest text of an element, in Unicode scalars.
  static let textLimit = 4000

  private(set) var html = ""
  private var identifiers = 0

  /// Markup of ours.
  mutating func raw(_ markup: StaticString) { html += "\(markup)" }

  /// Text of any origin.
  mutating func text(_ text: String, limit: Int = textLimit) { html += Self.escaped(text, limit: limit) }

  /// An element with what `content` writes in it.
  mutating func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:],
    _ content: (inout HTMLPage) -> Void
  ) {
    open(name, attributes)
    content(&self)
    html += "</\(name)>"
  }

  /// An element with text of any origin in it.
  mutating func element(
    _ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:], text: String,
    limit: Int = textLimit
  ) {
    element(name, attributes) { $0.text(text, limit: limit) }
  }

  /// An element without an end: of HTML, or an empty one of SVG's shapes.
  mutating func open(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String> = [:]) {
    html += "<\(name)"
    for (attribute, value) in attributes { html += " \(attribute)=\"\(Self.attribute(value))\"" }
    html += ">"
  }

  /// An empty element of SVG.
  mutating func shape(_ name: StaticString, _ attributes: KeyValuePairs<StaticString, String>) {
    element(name, attributes) { _ in }
  }

  /// An id that no other element of the page has.
  mutating func identifier(_ stem: StaticString) -> String {
    identifiers += 1
    return "\(stem)-\(identifiers)"
  }

  mutating func lineBreak() { html += "\n" }

  /// Everything that is unsafe on a terminal stands as an escape, as `\u{202E}`, and what HTML reads as markup as a
  /// reference.
  static func escaped(_ text: String, limit: Int = textLimit) -> String {
    let clean = TerminalText.escaped(TerminalText.shortened(text, to: limit), unicode: true)
    guard clean.utf8.contains(where: { "&<>\"'".utf8.contains($0) }) else { return clean }
    var escaped = ""
    escaped.reserveCapacity(clean.utf8.count + 16)
    for character in clean.unicodeScalars {
      switch character {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      default: escaped.unicodeScalars.append(character)
      }
    }
    return escaped
  }

  /// What of an attribute's value may stand there: letters, digits and the punctuation of ids, classes, coordinates and
  /// the catalogue's links. All else is dropped.
  static func attribute(_ value: String) -> String {
    var kept = ""
    for scalar in value.unicodeScalars {
      switch scalar {
      case "a"..."z", "A"..."Z", "0"..."9", " ", "-", "_", "#", ".", ",", ":", "/", "?", "=", "%", "+":
        kept.unicodeScalars.append(scalar)
      case "&": kept += "&amp;"
      default: break
      }
    }
    return kept
  }
}

extension HTMLPage {
  /// A part of the page with a heading of ours, by which a screen reader names it.
  mutating func section(_ id: StaticString, _ title: String, _ content: (inout HTMLPage) -> Void) {
    lineBreak()
    element("section", ["id": "\(id)", "aria-labelledby": "\(id)-title"]) { page in
      page.element("h2", ["id": "\(id)-title"], text: title)
      content(&page)
    }
  }

  mutating func paragraph(_ text: String) { element("p", text: text) }

  /// A table; the first cell of a row heads it. `isNumeric` sets all other cells at the right.
  mutating func table(
    _ caption: String, _ header: [String], _ rows: [[String]], isNumeric: Bool = false
  ) {
    guard !rows.isEmpty else { return }
    let name = identifier("table")
    // What is wider than a phone scrolls by itself; the page never does.
    element("div", ["class": "scroll", "role": "region", "aria-labelledby": name, "tabindex": "0"]) { page in
      page.element("table", ["class": isNumeric ? "numbers" : "words"]) { page in
        page.element("caption", ["id": name], text: caption)
        page.element("thead") { page in
          page.element("tr") { page in
            for (index, cell) in header.enumerated() {
              if index == 0, cell.isEmpty {
                page.element("td") { _ in }
              } else {
                page.element("th", ["scope": "col"], text: cell)
              }
            }
          }
        }
        page.element("tbody") { page in
          for row in rows {
            page.element("tr") { page in
              for (index, cell) in row.enumerated() {
                let isShort = cell.unicodeScalars.count <= 14
                switch (index == 0, isShort) {
                case (true, true): page.element("th", ["scope": "row", "class": "short"], text: cell)
                case (true, false): page.element("th", ["scope": "row"], text: cell, limit: 200)
                case (false, true): page.element("td", ["class": "short"], text: cell)
                case (false, false): page.element("td", text: cell, limit: 400)
                }
              }
            }
          }
        }
      }
    }
  }

  /// What a reader opens without any script.
  mutating func details(_ summary: String, isOpen: Bool = false, _ content: (inout HTMLPage) -> Void) {
    if isOpen { open("details", ["open": "open"]) } else { open("details") }
    element("summary", text: summary)
    element("div", ["class": "inside"], content)
    raw("</details>")
  }

  /// A command as it is typed. One that cannot be shown as it is says so.
  mutating func command(_ command: String) {
    let shortened = TerminalText.shortened(command, to: 16_000)
    element("pre") { page in page.element("code", text: shortened, limit: 17_000) }
    if TerminalText.escaped(shortened, unicode: true) != command {
      element(
        "p", ["class": "caution"],
        text: "Not for pasting: characters that cannot be shown safely stand as escapes.")
    }
  }

  /// Whose word something is.
  mutating func trust(_ trust: Trust) {
    element("span", ["class": "trust \(trust == .host ? "host" : "guest")"], text: trust.rawValue)
  }
}
