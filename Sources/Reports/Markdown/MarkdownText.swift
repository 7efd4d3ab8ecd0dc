// SPDX-License-Identifier: GPL-3.0-or-later

/// Text of any origin in GitHub-flavoured Markdown: nothing in it can become markup, a mention, a reference or a link.
///
/// A backslash does not keep GitHub from seeing `@name`, `#1` or a commit in running text, and a code span does. So a
/// word that is more than letters stands in a code span, which reads well besides: such words are names and values.
enum MarkdownText {
  /// The longest running text and the longest command, in Unicode scalars.
  static let textLimit = 1500
  static let commandLimit = 4000

  /// Running text on one line. A sentence of our own stays as it is, but for its names and values.
  static func prose(_ text: String, limit: Int = textLimit) -> String {
    let clean = TerminalText.escaped(TerminalText.shortened(text, to: limit), unicode: true)
    var words: [Word] = []
    for text in clean.split(separator: " ") {
      let word = Word(text, isFirst: words.isEmpty)
      // Names and values in a row stand in one span.
      if let last = words.last, last.isCode, word.isCode, last.closing.isEmpty, word.opening.isEmpty {
        words[words.count - 1].core += " " + word.core
        words[words.count - 1].closing = word.closing
      } else {
        words.append(word)
      }
    }
    return words.map { $0.opening + ($0.isCode ? code($0.core) : $0.core) + $0.closing }.joined(separator: " ")
  }

  /// A value as a code span; a longer run of backticks than any in it stands on both sides.
  static func code(_ text: String, limit: Int = textLimit) -> String {
    let clean = TerminalText.escaped(TerminalText.shortened(text, to: limit), unicode: true)
    guard clean.utf8.contains(where: { $0 != UInt8(ascii: " ") }) else { return "(empty)" }
    // GitHub splits a table's rows before it looks for code spans, so no bar may stand in one.
    let shown = clean.split(separator: "|", omittingEmptySubsequences: false).joined(separator: "\\u{7C}")
    let fence = String(repeating: "`", count: longestRun(of: "`", in: shown) + 1)
    let needsSpace = shown.hasPrefix("`") || shown.hasSuffix("`")
    return needsSpace ? "\(fence) \(shown) \(fence)" : fence + shown + fence
  }

  /// A command as a block of its own, to be copied whole. One that cannot be shown as it is says so.
  static func block(_ command: String) -> String {
    let shown = TerminalText.escaped(TerminalText.shortened(command, to: commandLimit), unicode: true)
    let fence = String(repeating: "`", count: max(longestRun(of: "`", in: shown) + 1, 3))
    let warning =
      shown == command
      ? "" : "\n\n(not for pasting: characters that cannot be shown safely stand as escapes)"
    return "\(fence)sh\n\(shown)\n\(fence)" + warning
  }

  /// A word and the punctuation around it.
  private struct Word {
    var opening = ""
    var core: String
    var closing = ""
    let isCode: Bool

    init(_ text: Substring, isFirst: Bool) {
      var core = text
      while let first = core.first, "(\"“".contains(first) { opening.append(core.removeFirst()) }
      while let last = core.last, ".,;:?)\"”…".contains(last) {
        closing.insert(core.removeLast(), at: closing.startIndex)
      }
      self.core = String(core)
      // `1.` or `1)` at the beginning of a line would begin a list.
      let isMarker = isFirst && core.utf8.allSatisfy(Self.isDigit) && [".", ")"].contains(closing.first)
      isCode = !core.isEmpty && (isMarker || !Self.isPlain(core))
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }

    /// Letters with hyphens and apostrophes between them, or a short number. Hexadecimal words of seven digits and more
    /// could name a commit, and `GH-1` names an issue.
    private static func isPlain(_ core: Substring) -> Bool {
      if core.utf8.first.map(isDigit) == true {
        let halves = core.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return halves.count <= 2 && halves.allSatisfy { !$0.isEmpty && $0.count < 7 && $0.allSatisfy(isDigit) }
      }
      var isBetweenLetters = false
      for scalar in core.unicodeScalars {
        if scalar.properties.isAlphabetic, scalar.isASCII ? !isDigit(UInt8(scalar.value)) : true {
          isBetweenLetters = true
        } else if isBetweenLetters, scalar == "-" || scalar == "'" || scalar == "’" {
          isBetweenLetters = false
        } else {
          return false
        }
      }
      let isHexadecimal = core.utf8.count >= 7 && core.utf8.allSatisfy { (0x61...0x66).contains($0 | 0x20) }
      return isBetweenLetters && !isHexadecimal
    }
  }

  private static func longestRun(of character: Character, in text: String) -> Int {
    var longest = 0
    var run = 0
    for other in text {
      run = other == character ? run + 1 : 0
      longest = max(longest, run)
    }
    return longest
  }
}
