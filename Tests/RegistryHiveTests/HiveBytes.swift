// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// The bytes of a hive, for tests that damage it. Offsets are the file's; a hive's own count from the first page.
struct HiveBytes {
  static let firstPage = 4096
  var content: [UInt8]

  init(of path: String) throws { content = Array(try Data(contentsOf: URL(filePath: path))) }

  subscript(_ offset: Int) -> UInt32 { content[offset..<(offset + 4)].reversed().reduce(0) { $0 << 8 | UInt32($1) } }

  mutating func set(_ offset: Int, to number: UInt32) {
    content.replaceSubrange(offset..<(offset + 4), with: RegistryText.little(UInt64(number), 4))
  }

  /// Makes the header's checksum right.
  mutating func sign() {
    set(508, to: stride(from: 0, to: 508, by: 4).reduce(UInt32(0)) { $0 ^ self[$1] })
  }

  /// Adds pages of one free cell each, until the pages have so many bytes.
  mutating func grow(to size: Int) {
    let first = content.count - Self.firstPage
    content.reserveCapacity(Self.firstPage + size)
    for page in stride(from: first, to: size, by: 4096) {
      content += Array("hbin".utf8) + RegistryText.little(UInt64(page), 4) + RegistryText.little(4096, 4)
      content += [UInt8](repeating: 0, count: 20) + RegistryText.little(4096 - 32, 4)
      content += [UInt8](repeating: 0, count: 4096 - 36)
    }
    set(40, to: UInt32(content.count - Self.firstPage))
    sign()
  }

  /// Where the cell of the key of that name begins.
  func key(_ name: String) -> Int? {
    let pattern = Array(name.utf8)
    guard content.count > 4096 + 128 else { return nil }
    return stride(from: Self.firstPage + 32, to: content.count - 80 - pattern.count, by: 8).first { cell in
      content[cell + 4] == UInt8(ascii: "n") && content[cell + 5] == UInt8(ascii: "k")
        && Int(content[cell + 76]) == pattern.count && content[(cell + 80)...].starts(with: pattern)
    }
  }
  /// Offsets of a key's fields in its cell.
  static let subkeyCount = 24
  static let subkeyList = 32
  static let valueCount = 40
  static let valueList = 44
}
