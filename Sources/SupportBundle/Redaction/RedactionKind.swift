// SPDX-License-Identifier: GPL-3.0-or-later

/// What a value is that a token stands for; part of the token, `redacted-host-2`.
package enum RedactionKind: String, Codable, CaseIterable, Hashable, Sendable {
  /// The name of a guest.
  case guest
  case uuid
  /// A hardware address of a network interface.
  case mac
  /// An address of the internet protocol, of either version.
  case ip
  /// The name of a host, or of a network.
  case host
  /// Part of the path of a file.
  case path
  case user
  /// A password or another secret.
  case secret
  /// A serial number, a telephone number: a long row of digits, or what identifies one piece of hardware.
  case serial
  case email
  /// The name of a device, a driver, a service or a file that a person or a vendor chose.
  case name
  /// Any other words.
  case text
}

/// `redacted-KIND-N`: what stands in the place of a value. It is one plain word to a shell, in JSON, in HTML and in
/// the name of a file.
struct RedactionToken: Hashable, Sendable {
  let kind: RedactionKind
  /// From 1, by first appearance.
  let number: Int

  var text: String { "\(Self.prefix)\(kind.rawValue)-\(number)" }

  static let prefix = "redacted-"
  /// The most digits that a number has: longer ones are no token's.
  static let digits = 6

  init(_ kind: RedactionKind, _ number: Int) {
    self.kind = kind
    self.number = number
  }

  /// The token at the beginning of `bytes`, and how long it is; `nil` when they begin with none. What follows it in the
  /// same word (`redacted-guest-1.log`) is the caller's to look at.
  static func leading(_ bytes: ArraySlice<UInt8>) -> (token: RedactionToken, length: Int)? {
    guard bytes.count > prefix.utf8.count, bytes.starts(with: prefix.utf8) else { return nil }
    let rest = bytes.dropFirst(prefix.utf8.count)
    guard let hyphen = rest.prefix(12).firstIndex(of: UInt8(ascii: "-")),
      let kind = RedactionKind(rawValue: String(decoding: rest[..<hyphen], as: UTF8.self))
    else { return nil }
    let tail = rest[(hyphen + 1)...].prefix { $0.isDecimalDigit }
    guard (1...digits).contains(tail.count), tail.first != UInt8(ascii: "0"),
      let number = Int(String(decoding: tail, as: UTF8.self))
    else { return nil }
    // `redacted-guest-1a` is a word of its own.
    guard tail.endIndex == bytes.endIndex || !bytes[tail.endIndex].isWordByte else { return nil }
    return (RedactionToken(kind, number), tail.endIndex - bytes.startIndex)
  }

  /// The token that `text` is; `nil` when it is none, or more than one.
  init?(_ text: String) {
    let bytes = Array(text.utf8)
    guard let (token, length) = Self.leading(bytes[...]), length == bytes.count else { return nil }
    self = token
  }
}

extension UInt8 {
  var isDecimalDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }
  var isHexadecimalDigit: Bool {
    isDecimalDigit || (folded >= UInt8(ascii: "a") && folded <= UInt8(ascii: "f"))
  }
  var isLetter: Bool { folded >= UInt8(ascii: "a") && folded <= UInt8(ascii: "z") }
  /// A letter, a digit, an underscore, or part of a character beyond ASCII.
  var isWordByte: Bool { isLetter || isDecimalDigit || self == UInt8(ascii: "_") || self >= 0x80 }
  /// The small letter of a capital one of ASCII.
  var folded: UInt8 { self >= UInt8(ascii: "A") && self <= UInt8(ascii: "Z") ? self | 0x20 : self }
}

extension StringProtocol {
  /// With ASCII's capital letters made small: by this form values are compared.
  var folded: String { String(decoding: utf8.map(\.folded), as: UTF8.self) }
}
