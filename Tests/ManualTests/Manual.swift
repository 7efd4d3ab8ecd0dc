// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig

/// The manual, and what this program says of itself.
enum Manual {
  static let directory = "\(GuestImage.checkout)/docs"

  /// The names of its pages, in order.
  static let names: [String] = ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? [])
    .filter { $0.hasSuffix(".md") }.sorted()

  static func page(_ name: String) throws -> Page {
    Page(name: name, text: try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8))
  }
}

/// One page of the manual.
struct Page {
  let name: String
  let text: String

  /// A fenced block.
  struct Block {
    /// The line of the fence, counted from 1.
    let line: Int
    /// What stands behind the fence: "console", "console live", "sh", "text".
    let kind: String
    let lines: [String]
  }

  /// What a reader sees as prose, line by line; fenced blocks are left out.
  var prose: [String] { parts.prose }
  var blocks: [Block] { parts.blocks }

  private var parts: (prose: [String], blocks: [Block]) {
    var prose: [String] = []
    var blocks: [Block] = []
    var open: (line: Int, kind: String, indent: Int, lines: [String])?
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let indent = line.prefix { $0 == " " }.count
      let bare = line.dropFirst(indent)
      if let block = open {
        if bare.hasPrefix("```") {
          blocks.append(Block(line: block.line, kind: block.kind, lines: block.lines))
          open = nil
        } else {
          open?.lines.append(String(line.dropFirst(min(indent, block.indent))))
        }
      } else if bare.hasPrefix("```") {
        open = (number + 1, bare.dropFirst(3).split(separator: " ").joined(separator: " "), indent, [])
      } else {
        prose.append(String(line))
      }
    }
    return (prose, blocks)
  }

  /// The targets of its links, and the line of each.
  var links: [String] {
    prose.flatMap { line in line.split(separator: "](", omittingEmptySubsequences: false).dropFirst() }
      .compactMap { rest in rest.firstIndex(of: ")").map { String(rest[..<$0]) } }
  }

  /// What stands between single backquotes in its prose.
  var codeSpans: [String] {
    prose.flatMap { line in
      line.split(separator: "`", omittingEmptySubsequences: false).enumerated()
        .filter { $0.offset % 2 == 1 }.map { String($0.element) }
    }
  }

  /// The anchors that its headings have on the usual web views of Markdown.
  var anchors: Set<String> {
    Set(
      prose.filter { $0.hasPrefix("#") }.map { heading in
        String(
          heading.drop { $0 == "#" || $0 == " " }.lowercased()
            .compactMap { $0 == " " ? "-" : $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" ? $0 : nil })
      })
  }
}
