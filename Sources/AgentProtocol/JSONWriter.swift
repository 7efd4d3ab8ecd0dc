// SPDX-License-Identifier: BSD-3-Clause

extension JSON {
  /// Appends this value as compact JSON.
  ///
  /// Every control character, the separators U+2028 and U+2029, and every character that can reorder or hide text on a
  /// terminal (bidirectional controls, C1 controls, U+FEFF) is escaped, so that a line of this output is safe to print.
  package func write(to out: inout [UInt8]) {
    switch self {
    case .null: out += "null".utf8
    case .bool(let value): out += (value ? "true" : "false").utf8
    case .number(let number): out += number.text.utf8
    case .string(let text): JSON.write(text, to: &out)
    case .array(let elements):
      out.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        element.write(to: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .object(let object):
      out.append(UInt8(ascii: "{"))
      for (index, member) in object.members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSON.write(member.key, to: &out)
        out.append(UInt8(ascii: ":"))
        member.value.write(to: &out)
      }
      out.append(UInt8(ascii: "}"))
    }
  }

  /// This value as compact JSON.
  package var bytes: [UInt8] {
    var out: [UInt8] = []
    write(to: &out)
    return out
  }

  private static func write(_ text: String, to out: inout [UInt8]) {
    out.append(UInt8(ascii: "\""))
    let wasPlain: Bool? = text.utf8.withContiguousStorageIfAvailable { bytes in
      guard bytes.allSatisfy(isPlain) else { return false }
      out.append(contentsOf: bytes)
      return true
    }
    if wasPlain != true { writeEscaped(text, to: &out) }
    out.append(UInt8(ascii: "\""))
  }

  /// Whether a byte of UTF-8 stands for itself in a JSON string. Nearly all strings hold no other, and go out whole.
  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private static func writeEscaped(_ text: String, to out: inout [UInt8]) {
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x22, 0x5c:
        out.append(UInt8(ascii: "\\"))
        out.append(UInt8(truncatingIfNeeded: scalar.value))
      case 0x0a: out += "\\n".utf8
      case 0x0d: out += "\\r".utf8
      case 0x09: out += "\\t".utf8
      case 0x20..<0x7f: out.append(UInt8(truncatingIfNeeded: scalar.value))
      default:
        if isUnsafeOnTerminal(scalar) {
          escape(scalar.value, to: &out)
        } else if let encoded = UTF8.encode(scalar) {
          out += encoded
        }
      }
    }
  }

  /// Whether a character could move a cursor, reorder, hide or break text where it is printed.
  package static func isUnsafeOnTerminal(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7f..<0xa0: true  // C0, DEL, C1
    case 0x00ad, 0x034f, 0x061c, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x180b...0x180f: true
    case 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f: true  // zero-width, separators, bidirectional controls
    case 0x3164, 0xfe00...0xfe0f, 0xfeff, 0xffa0, 0xfff0...0xfffb: true
    case 0x1bca0...0x1bca3, 0x1d173...0x1d17a, 0xe0000...0xe0fff: true
    default: false
    }
  }

  private static func escape(_ value: UInt32, to out: inout [UInt8]) {
    if value > 0xffff {
      escape(0xd800 + (value - 0x10000) >> 10, to: &out)
      escape(0xdc00 + (value - 0x10000) & 0x3ff, to: &out)
      return
    }
    out += "\\u".utf8
    for shift in [UInt32(12), 8, 4, 0] {
      let digit = UInt8(truncatingIfNeeded: value >> shift & 0xf)
      out.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}
