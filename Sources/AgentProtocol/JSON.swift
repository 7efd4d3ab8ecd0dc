// SPDX-License-Identifier: BSD-3-Clause

/// A JSON value (RFC 8259) that keeps what it was told: members in order, numbers to the digit.
package enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSON])
  case object(JSONObject)
}

extension JSON {
  /// The member of that name, when this is an object that has it.
  package subscript(key: String) -> JSON? {
    guard case .object(let object) = self else { return nil }
    return object[key]
  }
  /// The text, when this is a string.
  package var string: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }
  /// The truth value, when this is one.
  package var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }
  /// The integer, when this is a number without fraction or exponent within 64 signed bits.
  package var int: Int64? {
    guard case .number(let number) = self else { return nil }
    return number.int
  }
  /// The integer, when this is a number without sign, fraction or exponent within 64 bits.
  package var uint: UInt64? {
    guard case .number(let number) = self else { return nil }
    return number.uint
  }
  /// The elements, when this is an array.
  package var array: [JSON]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }
  /// The members, when this is an object.
  package var object: JSONObject? {
    guard case .object(let object) = self else { return nil }
    return object
  }
  /// A number.
  package static func integer(_ value: some BinaryInteger) -> JSON { .number(JSONNumber(value)) }
}

/// A JSON number as it was written: no digit is lost, and nothing is computed before somebody asks.
package struct JSONNumber: Hashable, Sendable {
  /// The number's text, valid by RFC 8259's grammar and at most ``limit`` bytes long.
  package let text: String
  /// The longest number that is read.
  package static let limit = 40

  package init(_ value: some BinaryInteger) { text = String(value) }
  init(validated text: String) { self.text = text }

  /// The value as a signed integer; `nil` with a fraction or exponent, or outside 64 bits.
  package var int: Int64? { Int64(text) }
  /// The value as an unsigned integer; `nil` with a sign, fraction or exponent, or outside 64 bits.
  package var uint: UInt64? { text.utf8.first == UInt8(ascii: "-") ? nil : UInt64(text) }
  #if !hasFeature(Embedded)
    /// The nearest floating-point value; infinite when the exponent is out of range.
    package var double: Double? { Double(text) }
  #endif
}

/// The members of a JSON object, in the order in which they were written; no key stands twice.
///
/// Keys are compared byte by byte, not by Unicode's canonical equivalence: two spellings of one letter are two keys,
/// as they are for every other reader of JSON.
package struct JSONObject: Hashable, Sendable {
  package struct Member: Hashable, Sendable {
    package let key: String
    package var value: JSON
  }
  /// The members in order.
  package private(set) var members: [Member] = []

  package init() {}
  /// Creates an object; a later member of the same key replaces an earlier one.
  package init(_ members: [(String, JSON)]) {
    self.members.reserveCapacity(members.count)
    for (key, value) in members { self[key] = value }
  }
  /// Takes members that are known to be free of duplicates.
  init(unique members: [Member]) { self.members = members }

  /// The value under `key`; setting `nil` removes the member.
  package subscript(key: String) -> JSON? {
    get { index(of: key).map { members[$0].value } }
    set {
      switch (index(of: key), newValue) {
      case (let index?, let value?): members[index].value = value
      case (let index?, nil): members.remove(at: index)
      case (nil, let value?): members.append(Member(key: key, value: value))
      case (nil, nil): break
      }
    }
  }

  private func index(of key: String) -> Int? {
    // The length, which is at hand, tells most keys apart.
    members.firstIndex { $0.key.utf8.count == key.utf8.count && $0.key.hasSameBytes(as: key) }
  }

  /// The first key that stands twice among `members`, in O(n log n).
  static func duplicate(in members: [Member]) -> String? {
    if members.count < 9 {
      for (index, member) in members.enumerated() {
        for earlier in members[..<index]
        where earlier.key.utf8.count == member.key.utf8.count && earlier.key.hasSameBytes(as: member.key) {
          return member.key
        }
      }
      return nil
    }
    let keys = members.map { $0.key }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for index in keys.indices.dropFirst() where keys[index].hasSameBytes(as: keys[index - 1]) {
      return keys[index]
    }
    return nil
  }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
  /// The keys of a literal are the author's, who writes none twice.
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self.init(unique: elements.map { Member(key: $0.0, value: $0.1) })
  }
}
extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral, ExpressibleByStringLiteral {
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(JSONObject(unique: elements.map { JSONObject.Member(key: $0.0, value: $0.1) }))
  }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(stringLiteral value: String) { self = .string(value) }
}
