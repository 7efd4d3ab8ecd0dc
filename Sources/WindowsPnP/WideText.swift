// SPDX-License-Identifier: BSD-3-Clause

/// Reads Windows' strings: UTF-16, little-endian, that nobody has checked.
package enum WideText {
  /// The most code units that are read where no other limit is given.
  package static let defaultLimit = 32_768
  /// The most strings of a list that are read where no other limit is given.
  package static let defaultListLimit = 256

  /// The text up to the first NUL, the end, or `limit` code units; an unpaired surrogate becomes U+FFFD.
  package static func string(_ units: some Sequence<UInt16>, limit: Int = defaultLimit) -> String {
    var text = TextBuilder()
    var count = 0
    for unit in units {
      guard unit != 0, count < limit else { break }
      text.append(unit)
      count &+= 1
    }
    return text.finish()
  }

  /// The same of bytes, as of a value of type REG_SZ, with or without its NUL; an odd last byte is dropped.
  package static func string(bytes: some Sequence<UInt8>, limit: Int = defaultLimit) -> String {
    string(CodeUnits(bytes.makeIterator()), limit: limit)
  }

  /// The strings of a list that an empty one ends (REG_MULTI_SZ), at most `count` of them, from at most `limit` code
  /// units. A list without its end, or whose last string has none, gives what is there.
  package static func strings(
    _ units: some Sequence<UInt16>, count: Int = defaultListLimit, limit: Int = defaultLimit
  ) -> [String] {
    var found: [String] = []
    var text = TextBuilder()
    var read = 0
    for unit in units {
      guard found.count < count, read < limit else { break }
      read &+= 1
      guard unit == 0 else {
        text.append(unit)
        continue
      }
      if text.isEmpty { return found }
      found.append(text.finish())
      text = TextBuilder()
    }
    if !text.isEmpty, found.count < count { found.append(text.finish()) }
    return found
  }

  /// The same of bytes, as of a value of type REG_MULTI_SZ.
  package static func strings(
    bytes: some Sequence<UInt8>, count: Int = defaultListLimit, limit: Int = defaultLimit
  ) -> [String] {
    strings(CodeUnits(bytes.makeIterator()), count: count, limit: limit)
  }

  /// Pairs of bytes as little-endian code units.
  private struct CodeUnits<Bytes: IteratorProtocol<UInt8>>: Sequence, IteratorProtocol {
    private var bytes: Bytes
    init(_ bytes: Bytes) { self.bytes = bytes }
    mutating func next() -> UInt16? {
      guard let low = bytes.next(), let high = bytes.next() else { return nil }
      return UInt16(low) | UInt16(high) << 8
    }
  }

  /// Code units to UTF-8.
  private struct TextBuilder {
    private var bytes: [UInt8] = []
    private var lead: UInt16?

    var isEmpty: Bool { bytes.isEmpty && lead == nil }

    mutating func append(_ unit: UInt16) {
      if let first = lead {
        lead = nil
        if unit >= 0xdc00, unit <= 0xdfff {
          put(0x1_0000 &+ (UInt32(first & 0x3ff) << 10 | UInt32(unit & 0x3ff)))
          return
        }
        put(0xfffd)
      }
      switch unit {
      case 0xd800...0xdbff: lead = unit
      case 0xdc00...0xdfff: put(0xfffd)
      default: put(UInt32(unit))
      }
    }

    mutating func finish() -> String {
      if lead != nil { put(0xfffd) }
      lead = nil
      return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func put(_ scalar: UInt32) {
      switch scalar {
      case ..<0x80:
        bytes.append(UInt8(truncatingIfNeeded: scalar))
        return
      case ..<0x800:
        bytes.append(UInt8(truncatingIfNeeded: 0xc0 | scalar >> 6))
      case ..<0x1_0000:
        bytes.append(UInt8(truncatingIfNeeded: 0xe0 | scalar >> 12))
        bytes.append(UInt8(truncatingIfNeeded: 0x80 | (scalar >> 6 & 0x3f)))
      default:
        bytes.append(UInt8(truncatingIfNeeded: 0xf0 | scalar >> 18))
        bytes.append(UInt8(truncatingIfNeeded: 0x80 | (scalar >> 12 & 0x3f)))
        bytes.append(UInt8(truncatingIfNeeded: 0x80 | (scalar >> 6 & 0x3f)))
      }
      bytes.append(UInt8(truncatingIfNeeded: 0x80 | (scalar & 0x3f)))
    }
  }
}
