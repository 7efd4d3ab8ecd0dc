// SPDX-License-Identifier: GPL-3.0-or-later

/// What is decided about a document before libxml2 sees a byte of it.
///
/// libxml2 compares every attribute of a tag with every other, reads a document type's entities before anybody can
/// decline them, and guesses encodings from the first bytes. This gate, one pass over the bytes, leaves it only UTF-8
/// without declarations and without tags that cost more than they say. It is strict where the two could read a
/// document differently: `<` inside a tag is refused, quoted or not, as XML does.
enum XMLGate {
  /// The most attributes and namespace declarations of one tag; libvirt's longest has about fifteen.
  static let attributeLimit = 64

  /// Throws unless `bytes` may be parsed.
  static func check(_ bytes: [UInt8]) throws(DomainXMLError) {
    guard bytes.count <= DomainConfiguration.byteLimit else {
      throw DomainXMLError(
        .tooLarge,
        "the document has \(bytes.count) bytes, more than the \(DomainConfiguration.byteLimit) that are read;"
          + " give the output of `virsh dumpxml`")
    }
    try checkEncoding(bytes)
    try checkMarkup(bytes)
  }

  private static func checkEncoding(_ bytes: [UInt8]) throws(DomainXMLError) {
    let remedy = "save it as UTF-8, as `virsh dumpxml` writes it"
    if bytes.starts(with: [0xff, 0xfe]) || bytes.starts(with: [0xfe, 0xff]) {
      throw DomainXMLError(.encoding, "the document is UTF-16 (a redirection in PowerShell writes that); \(remedy)")
    }
    // The common case, at the speed of the standard library; the slow walk below only finds the line to blame.
    if String(validating: bytes, as: UTF8.self) != nil, !bytes.contains(0) { return }
    var line = 1
    var decoder = UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let scalar):
        if scalar.count == 1, let byte = scalar.first {
          if byte == 0 { throw DomainXMLError(.encoding, "a zero byte, which no XML has; \(remedy)", line: line) }
          if byte == UInt8(ascii: "\n") { line += 1 }
        }
      case .emptyInput: return
      case .error: throw DomainXMLError(.encoding, "bytes that are not UTF-8; \(remedy)", line: line)
      }
    }
  }

  private static func checkMarkup(_ bytes: [UInt8]) throws(DomainXMLError) {
    var cursor = Cursor(bytes)
    while cursor.skip(past: "<") {
      if cursor.take("!--") {
        guard cursor.skip(past: "-->") else { return }
      } else if cursor.take("![CDATA[") {
        guard cursor.skip(past: "]]>") else { return }
      } else if cursor.take("?") {
        guard cursor.skip(past: "?>") else { return }
      } else if cursor.take("!") {
        guard let byte = cursor.next(), byte >= UInt8(ascii: "A") else {
          throw DomainXMLError(.malformed, "'<!' begins nothing; give the output of `virsh dumpxml`", line: cursor.line)
        }
        throw DomainXMLError(
          .declaration,
          "a document type or entity declaration; libvirt writes none and none is read: remove it, or give the"
            + " output of `virsh dumpxml`", line: cursor.line)
      } else {
        try checkTag(&cursor)
      }
    }
  }

  /// Walks to the end of a tag, counting its quoted values.
  private static func checkTag(_ cursor: inout Cursor) throws(DomainXMLError) {
    var quote: UInt8?
    var values = 0
    while let byte = cursor.next() {
      switch (byte, quote) {
      case (UInt8(ascii: "<"), _):
        throw DomainXMLError(.malformed, "'<' inside a tag: the tag before it does not end", line: cursor.line)
      case (UInt8(ascii: ">"), nil): return
      case (UInt8(ascii: "\""), nil), (UInt8(ascii: "'"), nil):
        quote = byte
        values += 1
        guard values <= attributeLimit else {
          throw DomainXMLError(
            .tooMany, "a tag with more than \(attributeLimit) attributes, which no domain has", line: cursor.line)
        }
      case (let byte, let open) where byte == open: quote = nil
      default: break
      }
    }
  }

  /// A place in the document, and its line.
  private struct Cursor {
    private let bytes: [UInt8]
    private var index = 0
    private(set) var line = 1

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func next() -> UInt8? {
      guard index < bytes.count else { return nil }
      let byte = bytes[index]
      index += 1
      if byte == UInt8(ascii: "\n") { line += 1 }
      return byte
    }

    /// Consumes `text` when it is next; `text` has no line feed.
    mutating func take(_ text: StaticString) -> Bool {
      guard text.withUTF8Buffer({ bytes[index...].starts(with: $0) }) else { return false }
      index += text.utf8CodeUnitCount
      return true
    }

    /// Goes on behind the next `text`; false when there is none.
    mutating func skip(past text: StaticString) -> Bool {
      while index < bytes.count {
        if take(text) { return true }
        _ = next()
      }
      return false
    }
  }
}
