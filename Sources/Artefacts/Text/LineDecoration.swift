// SPDX-License-Identifier: GPL-3.0-or-later

/// What mail, forums and editors put around the lines of a paste, taken off line by line.
enum LineDecoration {
  /// The lines without it. The work is linear; nothing is taken off that a recognised text has itself.
  static func remove(from lines: inout [Substring]) {
    unquote(&lines)
    for index in lines.indices { lines[index] = plain(lines[index]) }
    unnumber(&lines)
  }

  // MARK: Quoting

  /// `> text`, `>> text`, `> > text`; `>text` and `| text` only where lines around it look the same.
  private static func unquote(_ lines: inout [Substring]) {
    var last: UInt8?
    for index in lines.indices {
      let line = lines[index].utf8
      guard let first = line.first, first == UInt8(ascii: ">") || first == UInt8(ascii: "|") else {
        last = line.first ?? last
        continue
      }
      let next = index + 1 < lines.count ? lines[index + 1].utf8.first : nil
      if first == UInt8(ascii: ">") {
        let isAmongSuch = last == first || next == first
        lines[index] = unquoted(lines[index], isAmongSuch: isAmongSuch)
      } else if last == first || next == first, line.last != first, line.dropFirst().first == UInt8(ascii: " ") {
        lines[index] = Substring(line.dropFirst(2))
      }
      last = first
    }
  }

  private static func unquoted(_ line: Substring, isAmongSuch: Bool) -> Substring {
    var bytes = line.utf8
    while bytes.first == UInt8(ascii: ">") {
      let marks = bytes.prefix(9).prefix { $0 == UInt8(ascii: ">") }.count
      let behind = bytes.dropFirst(marks)
      if marks == 3, isOfSetupLog(behind) { break }
      if behind.isEmpty {
        bytes = behind
      } else if behind.first == UInt8(ascii: " ") {
        bytes = behind.dropFirst()
      } else if isAmongSuch, marks < 3, behind.first != UInt8(ascii: "<") || marks == 1 {
        // An XML line that is broken before its `>` stands alone.
        bytes = behind
        break
      } else {
        break
      }
    }
    return Substring(bytes)
  }

  /// Whether what stands behind `>>>` makes it a setup log's own: two spaces, or, where a forum has eaten one,
  /// `Section start` or `[Device Install … - …]`.
  private static func isOfSetupLog(_ behind: Substring.UTF8View) -> Bool {
    if behind.starts(with: "  ".utf8) { return true }
    let text = Substring(behind.drop { $0 == UInt8(ascii: " ") })
    return text.hasPrefix("Section start") || text.hasPrefix("[") && text.prefix(200).contains(" - ")
  }

  // MARK: Marks of forums

  private static let tags: Set<String> = ["code", "icode", "pre", "quote", "spoiler", "noparse", "mono"]

  /// Without `[CODE]`, `[/QUOTE]`, a pair of backticks and what cannot be seen at the end.
  private static func plain(_ line: Substring) -> Substring {
    var text = trimmedEnd(line)
    while let first = text.utf8.first, first == UInt8(ascii: "["), let end = tag(text) { text = text[end...] }
    while text.utf8.last == UInt8(ascii: "]"), let open = text.utf8.suffix(48).lastIndex(of: UInt8(ascii: "[")),
      let end = tag(text[open...]), end == text.endIndex
    {
      text = trimmedEnd(text[..<open])
    }
    let bytes = text.utf8
    if bytes.count > 2, bytes.first == UInt8(ascii: "`"), bytes.last == UInt8(ascii: "`"),
      !bytes.dropFirst().dropLast().contains(UInt8(ascii: "`"))
    {
      text = Substring(bytes.dropFirst().dropLast())
    }
    return withPlainQuotes(text)
  }

  /// The end of the tag that `text` begins with; `nil` when it begins with none.
  private static func tag(_ text: Substring) -> Substring.Index? {
    let bytes = text.utf8.prefix(48)
    guard let close = bytes.firstIndex(of: UInt8(ascii: "]")) else { return nil }
    var name = bytes[..<close].dropFirst()
    if name.first == UInt8(ascii: "/") { name = name.dropFirst() }
    let word = name.prefix { $0 != UInt8(ascii: "=") && $0 != UInt8(ascii: " ") }
    guard tags.contains(String(Substring(word)).lowercased()) else { return nil }
    return text.utf8.index(after: close)
  }

  static func trimmedEnd(_ line: Substring) -> Substring {
    var bytes = line.utf8
    while let last = bytes.last, last <= UInt8(ascii: " ") { bytes = bytes.dropLast() }
    return Substring(bytes)
  }

  /// Typographic quotes made plain, where a line has no plain ones: a blog changed them all.
  private static func withPlainQuotes(_ line: Substring) -> Substring {
    let bytes = line.utf8
    guard bytes.contains(0xe2), !bytes.contains(UInt8(ascii: "\"")) else { return line }
    let hasPlainSingle = bytes.contains(UInt8(ascii: "'"))
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var rest = bytes
    while let byte = rest.first {
      rest = rest.dropFirst()
      guard byte == 0xe2, rest.first == 0x80, let third = rest.dropFirst().first else {
        out.append(byte)
        continue
      }
      if (0x9c...0x9f).contains(third) {
        out.append(UInt8(ascii: "\""))
      } else if (0x98...0x9b).contains(third), !hasPlainSingle {
        out.append(UInt8(ascii: "'"))
      } else {
        out.append(byte)
        continue
      }
      rest = rest.dropFirst(2)
    }
    return String(decoding: out, as: UTF8.self)[...]
  }

  // MARK: Line numbers

  /// The fewest lines that count as numbered.
  private static let numberedRun = 5

  /// Takes off numbers that count up from 1, one a line, as `cat -n` and forums put them.
  private static func unnumber(_ lines: inout [Substring]) {
    var index = 0
    while index < lines.count {
      guard number(lines[index])?.value == 1, !isTable(lines, before: index) else {
        index += 1
        continue
      }
      var end = index
      var wanted: UInt64 = 1
      while end < lines.count, let (value, _) = number(lines[end]), value == wanted {
        end += 1
        wanted += 1
      }
      if end - index >= numberedRun {
        for place in index..<end { if let (_, rest) = number(lines[place]) { lines[place] = rest } }
      }
      index = max(end, index + 1)
    }
  }

  /// The rows of `virsh list` have numbers of their own.
  private static func isTable(_ lines: [Substring], before index: Int) -> Bool {
    index > 0 && lines[index - 1].hasPrefix("--")
  }

  /// `12: text`, `12 | text`, `  12  text`: the number and the text.
  private static func number(_ line: Substring) -> (value: UInt64, rest: Substring)? {
    let bytes = line.utf8.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    let digits = bytes.prefix(7).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard !digits.isEmpty, digits.count < 7, let value = UInt64(Substring(digits)) else { return nil }
    var rest = bytes[digits.endIndex...]
    guard let next = rest.first else { return (value, Substring(rest)) }
    let marks = Set(":|.)".utf8)
    if marks.contains(next) {
      rest = rest.dropFirst()
    } else {
      guard next == UInt8(ascii: " ") || next == UInt8(ascii: "\t") else { return nil }
      // `12 | text`.
      if rest.dropFirst().first == UInt8(ascii: "|") { rest = rest.dropFirst(2) }
    }
    guard let gap = rest.first else { return (value, Substring(rest)) }
    guard gap == UInt8(ascii: " ") || gap == UInt8(ascii: "\t") else { return nil }
    return (value, Substring(rest.dropFirst()))
  }
}
