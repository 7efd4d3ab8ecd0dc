// SPDX-License-Identifier: GPL-3.0-or-later
package import EvidenceTree

/// Whether two trees are the same but for tokens, each of which stands for a value that it was given to.
package struct Comparison: Sendable {
  /// The folded values of each token, without quotes: a command quotes a name, and no token.
  private let values: [String: [[UInt8]]]

  package init(_ values: [String: [String]]) {
    self.values = values.mapValues { list in
      list.flatMap { value -> [[UInt8]] in
        let whole = Self.plain(value)
        let scalars = value.unicodeScalars
        // What `EvidenceText.name` cuts a name in a sentence to.
        guard scalars.count > 64 else { return [whole] }
        return [whole, Self.plain(String(scalars.prefix(63)) + "…")]
      }
    }
  }

  private static func plain(_ text: String) -> [UInt8] {
    // A quote within quotes.
    text.split(separator: "'\\''", omittingEmptySubsequences: false).joined().utf8.filter { $0 != UInt8(ascii: "'") }
      .map { $0 >= 0x41 && $0 <= 0x5a ? $0 | 0x20 : $0 }
  }

  package func differences(_ original: JSONTree, _ redacted: JSONTree, at path: String) -> [String] {
    switch (original, redacted) {
    case (.string(let one), .string(let other)):
      return isSame(one, other) ? [] : ["\(path): \(one.prefix(400)) became \(other.prefix(400))"]
    case (.array(let one), .array(let other)) where one.count == other.count:
      return zip(one, other).enumerated().flatMap { differences($1.0, $1.1, at: "\(path).\($0)") }
    case (.object(let one), .object(let other)) where one.count == other.count:
      let lost = one.keys.filter { other[$0] == nil }
      let gained = other.keys.filter { one[$0] == nil }
      let unexplained = lost.filter { name in !gained.contains { isSame(name, $0) } }
      return one.keys.sorted().flatMap { name in
        other[name].map { differences(one[name] ?? .null, $0, at: "\(path).\(name)") } ?? []
      } + unexplained.map { "\(path).\($0): lost" }
    default: return original == redacted ? [] : ["\(path): \(original) became \(redacted)"]
    }
  }

  /// Whether `redacted` becomes `original` when each token is replaced by a value of it.
  package func isSame(_ original: String, _ redacted: String) -> Bool {
    guard original != redacted else { return true }
    if isSame(Self.plain(original)[...], Self.plain(redacted)[...], isCut: false) { return true }
    // Where texts were cut, what is left of both is compared.
    guard let one = Self.uncut(original), let other = Self.uncut(redacted), one.isCut || other.isCut else {
      return false
    }
    return isSame(one.text[...], other.text[...], isCut: true)
  }

  private static func uncut(_ text: String) -> (text: [UInt8], isCut: Bool)? {
    guard let end = text.firstIndex(of: "…") else { return (plain(text), false) }
    var bytes = plain(String(text[..<end]))
    // A token that was cut is none.
    let token = Array("redacted-".utf8)
    for start in bytes.indices.suffix(24)
    where bytes[start...].starts(with: token) || token.starts(with: bytes[start...]) {
      bytes.removeSubrange(start...)
      break
    }
    return (bytes, true)
  }

  private func isSame(_ original: ArraySlice<UInt8>, _ redacted: ArraySlice<UInt8>, isCut: Bool) -> Bool {
    var original = original
    var redacted = redacted
    while let next = redacted.first {
      if isCut, original.isEmpty { return true }
      if let (values, length) = token(redacted) {
        var rest = redacted.dropFirst(length)
        // A name that may not stand in a command.
        if rest.first == UInt8(ascii: "~") { rest = rest.dropFirst() }
        return values.contains { value in
          if isCut, original.count < value.count, value.starts(with: original) { return true }
          return original.starts(with: value) && isSame(original.dropFirst(value.count), rest, isCut: isCut)
        } || original.first == next && isSame(original.dropFirst(), redacted.dropFirst(), isCut: isCut)
      }
      guard original.first == next else { return false }
      original = original.dropFirst()
      redacted = redacted.dropFirst()
    }
    return original.isEmpty || isCut
  }

  private func token(_ text: ArraySlice<UInt8>) -> (values: [[UInt8]], length: Int)? {
    guard text.starts(with: "redacted-".utf8) else { return nil }
    let length = text.prefix { $0 == UInt8(ascii: "-") || $0 >= 0x30 && $0 <= 0x39 || $0 >= 0x61 && $0 <= 0x7a }.count
    // Trailing letters or hyphens may belong to what follows.
    for length in stride(from: length, through: 12, by: -1) {
      if let values = values[String(decoding: text.prefix(length), as: UTF8.self)] { return (values, length) }
    }
    return nil
  }
}
