// SPDX-License-Identifier: GPL-3.0-or-later

/// Turns the bytes of a paste into plain lines: what a terminal, a mail or a web page put between the characters goes.
///
/// One pass, whose work for each byte is bounded. Colours and titles of terminals are dropped, and what a line editor
/// moved and erased is carried out: QEMU's monitor writes its prompt anew after every key, with `ESC[D` and `ESC[K`.
/// Source: ECMA-48; QEMU util/readline.c.
struct TextScrubber {
  private var out: [UInt8] = []
  /// Where the line that is written begins, and where its next character goes.
  private var lineStart = 0
  private var cursor = 0

  /// The longest escape sequence that is believed; a title of a window may be long.
  private static let sequenceLimit = 512

  static func scrub(_ bytes: [UInt8]) -> [UInt8] {
    var scrubber = TextScrubber()
    scrubber.out.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count { index = scrubber.take(bytes, at: index) }
    return scrubber.out
  }

  /// Takes what begins at `index`; returns where the next thing begins.
  private mutating func take(_ bytes: [UInt8], at index: Int) -> Int {
    let byte = bytes[index]
    switch byte {
    case UInt8(ascii: "\n"): endLine()
    case UInt8(ascii: "\t"), 0x20..<0x5e, 0x5f..<0x7f: put(byte)
    case UInt8(ascii: "\r"):
      // However many of them stand before a line feed; one alone ends a line of an old Macintosh.
      var next = index + 1
      while next < bytes.count, bytes[next] == UInt8(ascii: "\r") { next += 1 }
      if next == bytes.count || bytes[next] != UInt8(ascii: "\n") { endLine() }
      return next
    case 0x08: cursor = max(lineStart, cursor - 1)
    case 0x1b: return escape(bytes, after: index + 1)
    case UInt8(ascii: "^"):
      // The escape character as `cat -v` and some forums show it.
      if index + 2 < bytes.count, bytes[index + 1] == UInt8(ascii: "["), bytes[index + 2] == UInt8(ascii: "[") {
        return escape(bytes, after: index + 2)
      }
      put(byte)
    case 0x00..<0x20, 0x7f: break
    default: return takeWide(bytes, at: index)
    }
    return index + 1
  }

  /// A character beyond ASCII: spaces become the plain one, what has no width goes.
  private mutating func takeWide(_ bytes: [UInt8], at index: Int) -> Int {
    let second = index + 1 < bytes.count ? bytes[index + 1] : 0
    let third = index + 2 < bytes.count ? bytes[index + 2] : 0
    switch (bytes[index], second, third) {
    case (0xc2, 0xa0, _):
      put(UInt8(ascii: " "))
      return index + 2
    case (0xc2, 0xad, _): return index + 2
    case (0xc2, 0x85, _):
      endLine()
      return index + 2
    // Spaces of every width, and the ideographic one.
    case (0xe2, 0x80, 0x80...0x8a), (0xe2, 0x80, 0xaf), (0xe2, 0x81, 0x9f), (0xe3, 0x80, 0x80):
      put(UInt8(ascii: " "))
      return index + 3
    case (0xe2, 0x80, 0xa8), (0xe2, 0x80, 0xa9):
      endLine()
      return index + 3
    // Characters of no width, marks of direction, byte order marks.
    case (0xe2, 0x80, 0x8b...0x8f), (0xe2, 0x80, 0xaa...0xae), (0xe2, 0x81, 0xa0...0xaf), (0xef, 0xbb, 0xbf):
      return index + 3
    default:
      put(bytes[index])
      return index + 1
    }
  }

  private mutating func put(_ byte: UInt8) {
    if cursor < out.count { out[cursor] = byte } else { out.append(byte) }
    cursor += 1
  }

  private mutating func endLine() {
    out.append(UInt8(ascii: "\n"))
    (lineStart, cursor) = (out.count, out.count)
  }

  /// Carries out the sequence behind an escape character; returns where the text goes on.
  private mutating func escape(_ bytes: [UInt8], after start: Int) -> Int {
    guard start < bytes.count else { return start }
    let end = min(bytes.count, start + Self.sequenceLimit)
    switch bytes[start] {
    case UInt8(ascii: "["):
      var number = 0
      for index in (start + 1)..<max(start + 1, end) {
        switch bytes[index] {
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
          number = min(9_999, number * 10 + Int(bytes[index] - UInt8(ascii: "0")))
        case 0x20..<0x40: number = 0
        case 0x40..<0x7f:
          perform(bytes[index], number)
          return index + 1
        default: return start + 1
        }
      }
      return start + 1
    case UInt8(ascii: "]"):
      // A window's title, up to BEL or ESC \.
      for index in start..<end {
        if bytes[index] == 0x07 { return index + 1 }
        if bytes[index] == 0x1b { return index + 2 }
        if bytes[index] == UInt8(ascii: "\n") { return index }
      }
      return start + 1
    case UInt8(ascii: "("), UInt8(ascii: ")"): return start + 2
    case 0x20..<0x7f: return start + 1
    default: return start
    }
  }

  private mutating func perform(_ command: UInt8, _ number: Int) {
    switch command {
    case UInt8(ascii: "D"): cursor = max(lineStart, cursor - max(1, number))
    case UInt8(ascii: "C"): cursor = min(out.count, cursor + max(1, number))
    case UInt8(ascii: "K") where number == 0 && cursor < out.count: out.removeLast(out.count - cursor)
    default: break
    }
  }
}
