// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// Writes every JSON document, reports and the files of a bundle alike, in one manner.
package enum JSONDocument {
  /// `document` with sorted keys, indented, every character that is unsafe on a terminal escaped, and a line feed.
  /// - Throws: ``ReportError/Code/unencodable`` for a number that is infinite or none.
  package static func encode(_ document: some Encodable) throws(ReportError) -> [UInt8] {
    try encode(document, isLine: false)
  }

  /// The same in one line, for a stream of documents.
  package static func encodeLine(_ document: some Encodable) throws(ReportError) -> [UInt8] {
    try encode(document, isLine: true)
  }

  private static func encode(_ document: some Encodable, isLine: Bool) throws(ReportError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      isLine ? [.sortedKeys, .withoutEscapingSlashes] : [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    let data: Data
    do {
      data = try encoder.encode(document)
    } catch {
      throw ReportError(.unencodable, "a value has no JSON form: \(error)")
    }
    return escape(String(decoding: data, as: UTF8.self))
  }

  /// Escapes what the encoder leaves as it is. Outside its strings a document has ASCII only, so that whatever is
  /// escaped stands in a string; the encoder itself has escaped control characters below U+0020.
  private static func escape(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count + 1)
    for scalar in text.unicodeScalars {
      if scalar != "\n", TerminalText.isUnsafe(scalar) {
        for unit in UTF16.encode(scalar) ?? UTF16.encodedReplacementCharacter {
          let digits = String(unit, radix: 16)
          bytes += "\\u".utf8
          bytes += String(repeating: "0", count: max(0, 4 - digits.utf8.count)).utf8
          bytes += digits.utf8
        }
      } else {
        bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
      }
    }
    bytes.append(UInt8(ascii: "\n"))
    return bytes
  }
}
