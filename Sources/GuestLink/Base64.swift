// SPDX-License-Identifier: GPL-3.0-or-later

/// Base64 as RFC 4648, section 4, has it: qemu-ga carries a program's output in it.
package enum Base64 {
  /// The bytes that `text` stands for; `nil` for anything but whole, padded base64 without line breaks.
  package static func decode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { bytes -> [UInt8]? in
      guard bytes.count % 4 == 0 else { return nil }
      let padding = bytes.suffix(2).count { $0 == UInt8(ascii: "=") }
      var result: [UInt8] = []
      result.reserveCapacity(bytes.count / 4 * 3)
      var group: UInt32 = 0
      for (index, byte) in bytes.dropLast(padding).enumerated() {
        guard let value = value(byte) else { return nil }
        group = group << 6 | UInt32(value)
        if index % 4 == 3 {
          result += [UInt8(group >> 16 & 0xff), UInt8(group >> 8 & 0xff), UInt8(group & 0xff)]
          group = 0
        }
      }
      switch padding {
      case 1: result += [UInt8(group >> 10 & 0xff), UInt8(group >> 2 & 0xff)]
      case 2: result.append(UInt8(group >> 4 & 0xff))
      default: break
      }
      return result
    }
  }

  private static func value(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
    case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
    case UInt8(ascii: "+"): 62
    case UInt8(ascii: "/"): 63
    default: nil
    }
  }

  /// Padded, without line breaks.
  package static func encode(_ bytes: [UInt8]) -> String {
    var result: [UInt8] = []
    result.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let three = bytes[start..<min(start + 3, bytes.count)]
      var group = three.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      group <<= UInt32(8 * (3 - three.count))
      for place in 0..<4 {
        let digit = digits[Int(group >> UInt32(18 - 6 * place) & 63)]
        result.append(place <= three.count ? digit : UInt8(ascii: "="))
      }
    }
    return String(decoding: result, as: UTF8.self)
  }

  private static let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
