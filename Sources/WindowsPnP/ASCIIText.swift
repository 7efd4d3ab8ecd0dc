// SPDX-License-Identifier: BSD-3-Clause

/// A cursor over the ASCII of untrusted text. Every method either consumes what it names, or nothing and says so.
struct ASCIIScanner {
  private(set) var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }
  init(_ text: String) { rest = Array(text.utf8)[...] }

  var isAtEnd: Bool { rest.isEmpty }
  var next: UInt8? { rest.first }

  mutating func skip(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest = rest.dropFirst()
    return true
  }

  /// Consumes one byte, whichever it is.
  mutating func advance() { rest = rest.dropFirst() }

  mutating func skipSpaces() {
    while rest.first == UInt8(ascii: " ") || rest.first == UInt8(ascii: "\t") { rest = rest.dropFirst() }
  }

  /// Consumes `word`, in either case.
  mutating func skip(_ word: StaticString) -> Bool {
    guard rest.hasASCIIPrefix(word) else { return false }
    rest = rest.dropFirst(word.utf8CodeUnitCount)
    return true
  }

  /// All the decimal digits that stand next, as a number of at most `limit`.
  mutating func decimal(atMost limit: UInt64 = UInt64(UInt32.max)) -> UInt64? {
    var value: UInt64 = 0
    var taken = 0
    for byte in rest {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { break }
      // 19 digits do not overflow.
      guard taken < 19 else { return nil }
      value = value &* 10 &+ UInt64(byte &- UInt8(ascii: "0"))
      taken &+= 1
    }
    guard taken > 0, value <= limit else { return nil }
    rest = rest.dropFirst(taken)
    return value
  }

  /// All the hexadecimal digits that stand next, between `least` and `most` (16 at most) of them.
  mutating func hexadecimal(least: Int, most: Int) -> UInt64? {
    var value: UInt64 = 0
    var taken = 0
    for byte in rest {
      guard let digit = hexadecimalDigit(byte) else { break }
      guard taken < most, taken < 16 else { return nil }
      value = value << 4 | UInt64(digit)
      taken &+= 1
    }
    guard taken >= least, taken > 0 else { return nil }
    rest = rest.dropFirst(taken)
    return value
  }
  /// Exactly `digits` hexadecimal digits and no further one.
  mutating func hexadecimal(_ digits: Int) -> UInt64? { hexadecimal(least: digits, most: digits) }

  private func hexadecimalDigit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte &- UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte &- UInt8(ascii: "a") &+ 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte &- UInt8(ascii: "A") &+ 10
    default: nil
    }
  }
}

/// `byte`, an upper-case ASCII letter as its lower-case one.
func lowerCase(_ byte: UInt8) -> UInt8 {
  byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
}

extension Collection where Element == UInt8 {
  /// Whether these bytes begin with `word`, whatever the case of ASCII letters.
  func hasASCIIPrefix(_ word: StaticString) -> Bool {
    word.withUTF8Buffer { wanted in
      var index = startIndex
      for byte in wanted {
        guard index != endIndex, lowerCase(self[index]) == lowerCase(byte) else { return false }
        formIndex(after: &index)
      }
      return true
    }
  }
}

extension ArraySlice where Element == UInt8 {
  /// Where `word` first stands, whatever the case of ASCII letters.
  func firstIndex(ofASCII word: StaticString) -> Int? {
    let length = word.utf8CodeUnitCount
    guard length > 0, length <= count else { return nil }
    let first = word.withUTF8Buffer { lowerCase($0[0]) }
    for index in startIndex..<(endIndex &- length &+ 1) where lowerCase(self[index]) == first {
      if self[index...].hasASCIIPrefix(word) { return index }
    }
    return nil
  }

  /// These bytes as text; what is no UTF-8 becomes U+FFFD.
  var text: String { String(decoding: self, as: UTF8.self) }
}
