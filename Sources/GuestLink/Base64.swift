// SPDX-License-Identifier: GPL-3.0-or-later

/// Base64 as RFC 4648, section 4, has it: qemu-ga carries a program's output in it.
enum Base64 {
  /// The bytes that `text` stands for; `nil` for anything but whole, padded base64 without line breaks.
  static func decode(_ text: String) -> [UInt8]? {
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
}
