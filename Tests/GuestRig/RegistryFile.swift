// SPDX-License-Identifier: GPL-3.0-or-later

/// A registry file, as regedit exports and imports them: keys with values, in the order in which they were said.
package struct RegistryFile: Sendable {
  package enum Value: Hashable, Sendable {
    case string(String)
    /// With `%SystemRoot%` and the like in it.
    case expandable(String)
    case strings([String])
    case dword(UInt32)
    case binary([UInt8])
    /// A device property: the registry's type is 0xffff0000 and the property's own type (devpropdef.h).
    case property(UInt16, [UInt8])
  }

  private var text = "Windows Registry Editor Version 5.00\r\n"

  package init() {}

  /// The root that all keys of a machine stand under.
  package static let system = "HKEY_LOCAL_MACHINE\\System\\CurrentControlSet\\"

  /// Removes a key and all below it.
  package mutating func remove(_ key: String) { text += "\r\n[-\(key)]\r\n" }

  /// Adds a key with values; the name "" is the key's own value.
  package mutating func add(_ key: String, _ values: KeyValuePairs<String, Value> = [:]) {
    text += "\r\n[\(key)]\r\n"
    for (name, value) in values {
      text += "\(name.isEmpty ? "@" : Self.quoted(name))=\(Self.text(of: value))\r\n"
    }
  }

  /// The file's bytes: UTF-16, little-endian, with a byte order mark.
  package var encoded: [UInt8] { [0xFF, 0xFE] + Self.utf16(text) }

  private static func text(of value: Value) -> String {
    switch value {
    case .string(let string): quoted(string)
    case .expandable(let string): "hex(2):" + hex(utf16(string + "\0"))
    case .strings(let strings): "hex(7):" + hex(utf16(strings.map { $0 + "\0" }.joined() + "\0"))
    case .dword(let number):
      "dword:" + String(repeating: "0", count: number.leadingZeroBitCount / 4 - (number == 0 ? 1 : 0))
        + String(number, radix: 16)
    case .binary(let bytes): "hex:" + hex(bytes)
    case .property(let type, let bytes): "hex(\(String(0xFFFF_0000 | UInt32(type), radix: 16))):" + hex(bytes)
    }
  }
  private static func quoted(_ string: String) -> String {
    "\"" + string.map { $0 == "\\" || $0 == "\"" ? "\\\($0)" : "\($0)" }.joined() + "\""
  }
  private static func hex(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ",")
  }
  /// UTF-16, little-endian.
  static func utf16(_ string: String) -> [UInt8] {
    string.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }
}

extension RegistryFile.Value {
  /// DEVPROP_TYPE_STRING.
  package static func property(_ string: String) -> Self { .property(0x12, RegistryFile.utf16(string + "\0")) }
  /// DEVPROP_TYPE_STRING_LIST.
  package static func property(_ strings: [String]) -> Self {
    .property(0x2012, RegistryFile.utf16(strings.map { $0 + "\0" }.joined() + "\0"))
  }
  /// DEVPROP_TYPE_UINT32.
  package static func property(_ number: UInt32) -> Self { .property(0x07, Self.bytes(UInt64(number), 4)) }
  /// DEVPROP_TYPE_FILETIME, of a time in seconds since 1970.
  package static func property(time seconds: UInt64) -> Self {
    // 100 ns since 1601.
    .property(0x10, Self.bytes((seconds + 11_644_473_600) * 10_000_000, 8))
  }
  private static func bytes(_ number: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: number >> (8 * UInt64($0))) }
  }
}
