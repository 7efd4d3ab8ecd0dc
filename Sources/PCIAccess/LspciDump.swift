// SPDX-License-Identifier: GPL-3.0-or-later
import PCI

/// A text as `lspci -x`, `-xxx` or `-xxxx` writes it, reduced to what libpci's reader can be trusted with.
///
/// That reader (pciutils lib/dump.c) puts bytes wherever a line's offset points, gives up on one long line, and
/// believes impossible device numbers. So only lines of the two forms are handed on, each checked and written anew:
/// `00:05.0 x` and `10: 00 01 …`.
struct LspciDump {
  /// The most functions of one dump.
  static let functionLimit = 16_384

  /// Checked lines, each ended by a line feed.
  private(set) var text: [UInt8] = []
  /// How many functions are written, with at least sixteen bytes each.
  private(set) var functions = 0

  init(_ bytes: [UInt8]) throws(PCIAccessError) {
    var seen: Set<PCIAddress> = []
    // The function whose bytes may follow, until its first line of them.
    var pending: PCIAddress?
    // The offset that the open function's next line must have; a gap would read as ones that nobody read.
    var next: Int?
    for line in bytes.split(omittingEmptySubsequences: false, whereSeparator: { $0 == UInt8(ascii: "\n") }) {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if let address = Self.address(line) {
        // A function that stands in the text twice: the first one counts.
        (pending, next) = (seen.contains(address) ? nil : address, nil)
      } else if let (offset, values) = Self.row(line) {
        if let address = pending, offset == 0, values.count == 16 {
          guard seen.count < Self.functionLimit else {
            throw PCIAccessError(.tooLarge, "more than \(Self.functionLimit) functions in the dump")
          }
          seen.insert(address)
          text += Array("\(address) function\n".utf8)
          functions += 1
          (pending, next) = (nil, 0)
        }
        guard next == offset else { continue }
        next = offset + values.count
        text += Array(hexadecimal(offset, width: 2).utf8) + [UInt8(ascii: ":")]
        for value in values { text += [UInt8(ascii: " ")] + Array(hexadecimal(value, width: 2).utf8) }
        text.append(UInt8(ascii: "\n"))
      } else if line.allSatisfy({ $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }) {
        (pending, next) = (nil, nil)
      }
    }
    guard functions > 0 else {
      throw PCIAccessError(
        .malformed, "no function with its configuration space in the text; give the output of `lspci -xxx`")
    }
  }

  /// The address that begins a function's first line, `00:05.0 Name…` or `0000:00:05.0 Name…`.
  private static func address(_ line: ArraySlice<UInt8>) -> PCIAddress? {
    let word = line.prefix(14).prefix { $0 != UInt8(ascii: " ") }
    guard word.count >= 7, word.count < line.count, word.count < 14 else { return nil }
    // libpci writes and reads a segment of at most five digits.
    guard let address = PCIAddress(parsing: String(decoding: word, as: UTF8.self)), address.segment <= 0xf_ffff
    else { return nil }
    return address
  }

  /// An offset and the bytes there, `10: 00 01 …`: at most sixteen, none beyond 4096.
  private static func row(_ line: ArraySlice<UInt8>) -> (offset: Int, values: [UInt8])? {
    guard line.count <= 64 else { return nil }
    var scanner = HexScanner(String(decoding: line, as: UTF8.self))
    guard let start = scanner.number(atMost: 3), scanner.skip(UInt8(ascii: ":")) else { return nil }
    let offset = Int(start)
    var values: [UInt8] = []
    while scanner.skip(UInt8(ascii: " ")) {
      if scanner.isAtEnd { break }
      guard values.count < 16, let value = scanner.number(atMost: 2) else { return nil }
      values.append(UInt8(truncatingIfNeeded: value))
    }
    guard scanner.isAtEnd, !values.isEmpty, offset + values.count <= 4096 else { return nil }
    return (offset, values)
  }
}
