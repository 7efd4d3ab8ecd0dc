// SPDX-License-Identifier: BSD-3-Clause

/// What a JSON text may hold before it is refused.
package struct JSONLimits: Hashable, Sendable {
  /// The longest text, in bytes.
  package var bytes: Int
  /// How deep arrays and objects may nest; a lone number has depth 0.
  package var depth: Int
  /// The longest string, key or value, in bytes of UTF-8 after unescaping.
  package var string: Int
  /// Whether numbers must be integers within ±2^53, which every JSON reader holds exactly.
  package var exactIntegers: Bool

  package init(bytes: Int, depth: Int, string: Int, exactIntegers: Bool) {
    self.bytes = bytes
    self.depth = depth
    self.string = string
    self.exactIntegers = exactIntegers
  }

  /// A request to an agent: 64 KiB.
  package static let request = JSONLimits(bytes: 64 << 10, depth: 32, string: 32 << 10, exactIntegers: true)
  /// An agent's reply: 1 MiB.
  package static let reply = JSONLimits(bytes: 1 << 20, depth: 32, string: 32 << 10, exactIntegers: true)
  /// A QEMU monitor's message: 64-bit numbers and fractions occur, and `query-pci` of a large machine is long.
  package static let monitor = JSONLimits(bytes: 16 << 20, depth: 64, string: 1 << 20, exactIntegers: false)
}

/// Why a JSON text was refused, and where.
package struct JSONError: Error, Hashable, Sendable {
  package enum Code: String, Hashable, Sendable {
    case tooLong = "too-long"
    case tooDeep = "too-deep"
    case stringTooLong = "string-too-long"
    case unexpectedEnd = "unexpected-end"
    case unexpectedByte = "unexpected-byte"
    case trailingBytes = "trailing-bytes"
    case badNumber = "bad-number"
    case integerOutOfRange = "integer-out-of-range"
    case badEscape = "bad-escape"
    case badUTF8 = "bad-utf-8"
    case duplicateKey = "duplicate-key"
  }
  package let code: Code
  /// Bytes before the place, from 0.
  package let offset: Int
  package init(_ code: Code, at offset: Int) {
    self.code = code
    self.offset = offset
  }
}

extension JSONError: CustomStringConvertible {
  /// `bad-number at byte 17`.
  package var description: String { code.rawValue + " at byte " + String(offset) }
}
