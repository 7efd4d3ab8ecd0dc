// SPDX-License-Identifier: GPL-3.0-or-later

/// Keys and values as text for `hivexregedit --merge`: every value in hexadecimal, for types that have no notation of
/// their own and for text that needs no escaping.
struct RegistryText {
  enum Value {
    case text(String)
    /// REG_EXPAND_SZ.
    case expandable(String)
    case list([String])
    case number(UInt32)
    case bytes([UInt8])
    /// A device property as Windows 8 and later write it: DEVPROP_TYPE_* with the high half set.
    case property(type: UInt32, [UInt8])

    static func property(text: String) -> Value { .property(type: 0x12, wide(text)) }
    static func property(list: [String]) -> Value { .property(type: 0x2012, list.flatMap(wide) + [0, 0]) }
    static func property(number: UInt32) -> Value { .property(type: 0x07, little(UInt64(number), 4)) }
    static func property(byte: UInt8) -> Value { .property(type: 0x03, [byte]) }
    static func property(time: UInt64) -> Value { .property(type: 0x10, little(time, 8)) }

    /// REG_* and the bytes.
    var content: (type: UInt32, bytes: [UInt8]) {
      switch self {
      case .text(let text): (1, Self.wide(text))
      case .expandable(let text): (2, Self.wide(text))
      case .list(let texts): (7, texts.flatMap(Self.wide) + [0, 0])
      case .number(let number): (4, Self.little(UInt64(number), 4))
      case .bytes(let bytes): (3, bytes)
      case .property(let type, let bytes): (0xffff_0000 | type, bytes)
      }
    }
  }

  private(set) var text = "Windows Registry Editor Version 5.00\n"
  private var keys: Set<String> = []

  /// Adds a key with its values; the default value's name is "".
  mutating func key(_ path: String, _ values: KeyValuePairs<String, Value> = [:]) {
    // hivexregedit wants each key's parents before it.
    let names = path.split(separator: "\\")
    for count in 1..<max(1, names.count) {
      let parent = names.prefix(count).joined(separator: "\\")
      if keys.insert(parent).inserted { text += "\n[\\\(parent)]\n" }
    }
    keys.insert(path)
    text += "\n[\\\(path)]\n"
    for (name, value) in values {
      let (type, bytes) = value.content
      let digits = bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ",")
      text += (name.isEmpty ? "@" : "\"\(name)\"") + "=hex(\(String(type, radix: 16))):\(digits)\n"
    }
  }

  static func little(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
  }
}

extension RegistryText.Value {
  /// UTF-16 with its NUL.
  fileprivate static func wide(_ text: String) -> [UInt8] {
    (Array(text.utf16) + [0]).flatMap { RegistryText.little(UInt64($0), 2) }
  }
  fileprivate static func little(_ number: UInt64, _ count: Int) -> [UInt8] { RegistryText.little(number, count) }
}
