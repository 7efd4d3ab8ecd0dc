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

  /// Adds a page with a cell of that content, and a last cell of eight bytes; gives where both begin.
  mutating func addPage(_ cell: [UInt8], last: [UInt8]) -> (cell: Int, last: Int) {
    let page = content.count
    let size = (cell.count + 4 + 7) / 8 * 8
    let whole = (32 + size + 8 + 8 + 4095) / 4096 * 4096
    content += Array("hbin".utf8) + RegistryText.little(UInt64(page - Self.firstPage), 4)
    content += RegistryText.little(UInt64(whole), 4) + [UInt8](repeating: 0, count: whole - 12)
    set(page + 32, to: UInt32(bitPattern: -Int32(size)))
    content.replaceSubrange((page + 36)..<(page + 36 + cell.count), with: cell)
    set(page + 32 + size, to: UInt32(whole - 32 - size - 8))
    set(content.count - 8, to: UInt32(bitPattern: -8))
    content.replaceSubrange((content.count - 4)..<content.count, with: last)
    set(40, to: UInt32(content.count - Self.firstPage))
    sign()
    return (page + 32, content.count - 8)
  }

  /// A cell's place as the hive writes it.
  static func offset(_ place: Int) -> UInt32 { UInt32(place - firstPage) }

  /// Where the cell of a value of that name begins, the first of them.
  func value(_ name: String) -> Int? { cell("vk", name, lengthAt: 6, nameAt: 24) }

  /// Where the cell of the key of that name begins.
  func key(_ name: String) -> Int? { cell("nk", name, lengthAt: 76, nameAt: 80) }

  private func cell(_ kind: String, _ name: String, lengthAt: Int, nameAt: Int) -> Int? {
    let pattern = Array(name.utf8)
    guard content.count > Self.firstPage + 128 else { return nil }
    return stride(from: Self.firstPage + 32, to: content.count - nameAt - pattern.count, by: 8).first { cell in
      content[(cell + 4)...].starts(with: kind.utf8) && Int(content[cell + lengthAt]) == pattern.count
        && content[(cell + nameAt)...].starts(with: pattern)
    }
  }
  /// Offsets of a key's fields in its cell.
  static let subkeyCount = 24
  static let subkeyList = 32
  static let valueCount = 40
  static let valueList = 44
  /// Offsets of a value's fields in its cell.
  static let dataLength = 8
  static let dataOffset = 12
}
