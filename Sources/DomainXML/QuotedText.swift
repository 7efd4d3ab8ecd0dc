// SPDX-License-Identifier: GPL-3.0-or-later

/// Text of a document, made fit for a message: in quotes, at most 80 characters, one line, printable.
///
/// Control characters, line and paragraph separators and the marks that change the direction of writing are written
/// as `\u{…}`: a domain's name must not be able to draw on the terminal of whoever reads the error.
func quoted(_ text: String) -> String {
  var result = "'"
  for scalar in text.unicodeScalars.prefix(80) {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
      result += "\\u{" + String(scalar.value, radix: 16) + "}"
    default:
      result.unicodeScalars.append(scalar)
    }
  }
  return result + (text.unicodeScalars.dropFirst(80).isEmpty ? "'" : "…'")
}
