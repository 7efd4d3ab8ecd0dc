// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Reports

/// Makes names that others chose fit for one line on a terminal.
enum QuotedName {
  /// A file as the user named it, in quotation marks.
  static func file(_ name: String) -> String {
    "\"\(TerminalText.escaped(TerminalText.shortened(name, to: 512), unicode: true))\""
  }

  /// A name from within an archive, in quotation marks, in ASCII alone.
  static func entry(_ name: String) -> String {
    "\"\(TerminalText.escaped(TerminalText.shortened(name, to: 100), unicode: false))\""
  }

  /// The beginning of a C string, on one line.
  static func bounded(_ text: UnsafePointer<CChar>, to limit: Int) -> String {
    let bytes = UnsafeRawBufferPointer(start: text, count: strnlen(text, limit))
    return TerminalText.escaped(String(decoding: bytes, as: UTF8.self), unicode: false)
  }
}
