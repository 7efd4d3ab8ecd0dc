// SPDX-License-Identifier: GPL-3.0-or-later

/// A web page's source instead of its text: entities for `<` and `"`, and tags around the lines.
///
/// A domain's XML has entities of its own: nothing is decoded unless the text shows that its *structure* was escaped.
struct HTMLSource {
  /// What a text has when its angle brackets or quotes were escaped, and has in no other form.
  private static let marks: [StaticString] = [
    "&lt;domain", "&lt;memballoon", "&lt;devices", "&lt;controller", "&lt;currentMemory", "&quot;return&quot;",
    "&quot;execute&quot;", "&quot;stats&quot;", "&quot;actual&quot;", "&quot;ballooninfo&quot;", "&nbsp;",
    "&amp;DEV_", "&amp;SUBSYS_",
  ]
  /// Raw XML among them: then the entities are its own.
  private static let rawMarks: [StaticString] = ["<domain", "<memballoon", "<devices", "<currentMemory"]

  /// The tags that are dropped; with those that end a line.
  private static let tags: Set<String> = [
    "a", "b", "blockquote", "body", "br", "code", "div", "em", "font", "h1", "h2", "h3", "h4", "head", "hr", "html",
    "i",
    "li", "ol", "p", "pre", "s", "small", "span", "strong", "table", "tbody", "td", "tr", "tt", "u", "ul", "!doctype",
    "meta", "link", "title",
  ]
  private static let breaks: Set<String> = ["br", "p", "div", "li", "tr", "pre", "blockquote", "hr", "h1", "h2", "h3"]

  private static let entities: [String: [UInt8]] = [
    "lt": [UInt8(ascii: "<")], "gt": [UInt8(ascii: ">")], "amp": [UInt8(ascii: "&")], "quot": [UInt8(ascii: "\"")],
    "apos": [UInt8(ascii: "'")], "nbsp": [UInt8(ascii: " ")], "ensp": [UInt8(ascii: " ")], "emsp": [UInt8(ascii: " ")],
    "ldquo": [UInt8(ascii: "\"")], "rdquo": [UInt8(ascii: "\"")], "lsquo": [UInt8(ascii: "'")],
    "rsquo": [UInt8(ascii: "'")], "zwnj": [], "shy": [],
  ]

  /// The text of the page; the same bytes when they are no page's source.
  static func text(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.contains(UInt8(ascii: "&")) else { return bytes }
    let text = String(decoding: bytes, as: UTF8.self)[...]
    guard marks.contains(where: { text.has($0) }), !rawMarks.contains(where: { text.has($0) }) else { return bytes }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      if bytes[index] == UInt8(ascii: "<"), let (end, isBreak, isEnd) = tag(bytes, at: index) {
        // `</p>` and `<br>` end a line; `<p>` begins one.
        if isBreak, isEnd || out.last != UInt8(ascii: "\n") { out.append(UInt8(ascii: "\n")) }
        index = end
      } else if bytes[index] == UInt8(ascii: "&"), let (end, value) = entity(bytes, at: index) {
        out += value
        index = end
      } else {
        out.append(bytes[index])
        index += 1
      }
    }
    return out
  }

  /// A tag of HTML at `index`: where it ends, and whether it ends a line.
  private static func tag(_ bytes: [UInt8], at index: Int) -> (end: Int, isBreak: Bool, isEnd: Bool)? {
    var place = index + 1
    let isEnd = place < bytes.count && bytes[place] == UInt8(ascii: "/")
    if isEnd { place += 1 }
    let limit = min(bytes.count, index + 1_024)
    let name = bytes[min(place, limit)..<limit].prefix { isLetter($0) || $0 == UInt8(ascii: "!") || isDigit($0) }
    guard !name.isEmpty, name.count < 12 else { return nil }
    let word = String(decoding: name, as: UTF8.self).lowercased()
    guard tags.contains(word),
      let close = bytes[name.endIndex..<limit].firstIndex(where: { $0 == UInt8(ascii: ">") || $0 == UInt8(ascii: "<") }
      ),
      bytes[close] == UInt8(ascii: ">")
    else { return nil }
    return (close + 1, breaks.contains(word), isEnd || word == "br" || word == "hr")
  }

  /// An entity at `index`: where it ends, and what it stands for.
  private static func entity(_ bytes: [UInt8], at index: Int) -> (end: Int, value: [UInt8])? {
    let limit = min(bytes.count, index + 12)
    guard let end = bytes[(index + 1)..<limit].firstIndex(of: UInt8(ascii: ";")) else { return nil }
    let name = bytes[(index + 1)..<end]
    guard name.first == UInt8(ascii: "#") else {
      return entities[String(decoding: name, as: UTF8.self)].map { (end + 1, $0) }
    }
    let digits = name.dropFirst()
    let isHex = digits.first == UInt8(ascii: "x") || digits.first == UInt8(ascii: "X")
    let text = String(decoding: isHex ? digits.dropFirst() : digits, as: UTF8.self)
    guard text.utf8.allSatisfy({ isLetter($0) || isDigit($0) }), let number = UInt32(text, radix: isHex ? 16 : 10),
      let scalar = Unicode.Scalar(number)
    else { return nil }
    switch number {
    case 0..<0x20: return (end + 1, number == 10 || number == 13 ? [UInt8(ascii: "\n")] : [UInt8(ascii: " ")])
    case 0xa0: return (end + 1, [UInt8(ascii: " ")])
    case 0x200b...0x200f, 0xfeff: return (end + 1, [])
    default: return (end + 1, Array(String(Character(scalar)).utf8))
    }
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
