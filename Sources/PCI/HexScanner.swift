// SPDX-License-Identifier: BSD-3-Clause

/// Reads bounded hexadecimal numbers and separators from untrusted text.
package struct HexScanner {
  private var rest: Substring.UTF8View

  package init(_ text: String) { rest = text[...].utf8 }

  package var isAtEnd: Bool { rest.isEmpty }

  /// One to `digits` hexadecimal digits, eight at most; `nil`, and nothing consumed, when there is none.
  package mutating func number(atMost digits: Int) -> UInt32? {
    var value: UInt32 = 0
    var count = 0
    while count < digits, count < 8, let byte = rest.first, let digit = hexDigit(byte) {
      value = value << 4 | UInt32(digit)
      rest.removeFirst()
      count += 1
    }
    return count > 0 ? value : nil
  }

  /// Consumes `byte` when it is next.
  package mutating func skip(_ byte: UInt8) -> Bool {
    guard rest.first == byte else { return false }
    rest.removeFirst()
    return true
  }
}

/// The value of one ASCII hexadecimal digit, either case.
package func hexDigit(_ byte: UInt8) -> UInt8? {
  switch byte {
  case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
  case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
  case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
  default: nil
  }
}

/// `number` in lower-case hexadecimal, padded with zeros to `width`.
package func hexadecimal(_ number: some BinaryInteger, width: Int) -> String {
  let digits = String(number, radix: 16)
  return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}

#if !hasFeature(Embedded)
  extension Decoder {
    /// Decodes a value that is written as one string.
    func singleValue<Value>(named kind: String, _ parse: (String) -> Value?) throws -> Value {
      let container = try singleValueContainer()
      let text = try container.decode(String.self)
      guard let value = parse(text) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "not \(kind): \(text.debugDescription)")
      }
      return value
    }
  }
#endif
