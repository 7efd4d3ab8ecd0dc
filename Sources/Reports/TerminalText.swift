// SPDX-License-Identifier: GPL-3.0-or-later

/// Makes text that others wrote fit to be shown: nothing in it can move a cursor, reorder, hide or flood.
package enum TerminalText {
  /// Whether a character could move a cursor, reorder, hide or break text where it is printed: control characters (C0,
  /// DEL, C1), bidirectional controls, zero-width and other invisible characters, line separators, spaces that are not
  /// U+0020, and what Unicode leaves to private use or has not assigned.
  package static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7f }
    if scalar.properties.isDefaultIgnorableCodePoint { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .privateUse, .unassigned:
      return true
    default:
      return false
    }
  }

  /// How many combining marks in a row are shown; a longer pile covers the lines above and below.
  private static let markLimit = 4

  /// `text` with every unsafe character as `\u{202E}`; without `unicode` every character outside ASCII.
  package static func escaped(_ text: String, unicode: Bool) -> String {
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f }) { return text }
    var shown = String.UnicodeScalarView()
    var marks = 0
    for scalar in text.unicodeScalars {
      marks = isMark(scalar) ? marks + 1 : 0
      if isUnsafe(scalar) || marks > markLimit || (!unicode && !scalar.isASCII) {
        if !unicode, let plain = plainForms[scalar] {
          shown.append(contentsOf: plain.unicodeScalars)
        } else {
          shown.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
        }
      } else {
        shown.append(scalar)
      }
    }
    return String(shown)
  }

  /// What our own punctuation becomes where only ASCII is shown.
  private static let plainForms: [Unicode.Scalar: String] = [
    "…": "...", "–": "-", "—": "-", "’": "'", "“": "\"", "”": "\"", "→": "->", "µ": "u",
  ]

  /// `text`, or its beginning and how much more there is when it is longer than `limit` Unicode scalars.
  package static func shortened(_ text: String, to limit: Int) -> String {
    // Scalars are counted, not characters: a single character may hold any number of combining marks.
    let scalars = text.unicodeScalars
    guard scalars.count > limit else { return text }
    return String(scalars.prefix(limit)) + "… (\(scalars.count - limit) more characters)"
  }

  /// How many columns escaped text takes: two for wide East Asian characters and emoji, none for combining marks.
  package static func width(_ text: String) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    return text.unicodeScalars.reduce(0) { $0 + width($1) }
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    if scalar.isASCII { return 1 }
    if isMark(scalar) { return 0 }
    switch scalar.value {
    case 0x1100...0x115f, 0x2e80...0xa4cf, 0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe30...0xfe6f,
      0xff00...0xff60, 0xffe0...0xffe6, 0x1f000...0x1faff, 0x20000...0x3fffd:
      return 2
    default:
      return scalar.properties.isEmojiPresentation ? 2 : 1
    }
  }

  private static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value < 0x300 { return false }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return true
    default: return false
    }
  }
}
