// SPDX-License-Identifier: GPL-3.0-or-later
import PCI
import WindowsPnP

/// A line `label: value` of a Windows command, whose label is in the guest's language and is never matched alone.
struct LabelledLine {
  /// How far the label is indented, in bytes.
  let indentation: Int
  let label: Substring
  /// Empty where the values follow in lines of their own.
  let value: Substring

  /// Whatever the language, its own colon or ASCII's ends a label; `nil` for a line without one, for one that is too
  /// long, and for one that begins with a value (`C:\…`, `PCI\…`).
  init?(_ line: Substring) {
    guard line.utf8.count < 4_096 else { return nil }
    let indentation = line.utf8.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.count
    guard
      let end = line.unicodeScalars.firstIndex(where: { $0 == ":" || $0 == "：" }), end != line.startIndex
    else { return nil }
    let label = line[..<end].trimmed
    guard !label.isEmpty, label.utf8.count <= 80, !label.has("\\"), !label.has("{") else { return nil }
    let value = Substring(line.unicodeScalars[line.unicodeScalars.index(after: end)...])
    // `C:\Windows` has no label, and `12:30` none either.
    guard !value.hasPrefix("\\"), label.utf8.count > 1 || !label.allSatisfy(\.isASCII) else { return nil }
    self.indentation = indentation
    self.label = label
    self.value = value.trimmed
  }
}

/// What a value is by its own form, whatever its label says.
enum LabelledValue {
  /// A device instance id of three parts.
  static func instance(_ value: Substring) -> InstanceID? {
    guard value.utf8.count <= 1_024, !value.has(" "), !value.has(":"), !value.hasPrefix("\\"), !value.hasPrefix("%")
    else { return nil }
    let id = InstanceID(String(value))
    guard let bus = id.enumerator, bus.utf8.allSatisfy({ isWordByte($0) }), bus.utf8.count <= 40 else { return nil }
    return id
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    case UInt8(ascii: "_"), UInt8(ascii: "{"), UInt8(ascii: "}"), UInt8(ascii: "-"), UInt8(ascii: "."): true
    default: false
    }
  }

  /// `{4d36e97d-e325-11ce-bfc1-08002be10318}`
  static func isGUID(_ value: Substring) -> Bool {
    let bytes = Array(value.utf8.prefix(39))
    guard bytes.count == 38, bytes[0] == UInt8(ascii: "{"), bytes[37] == UInt8(ascii: "}") else { return false }
    return bytes[1..<37].enumerated().allSatisfy { index, byte in
      [8, 13, 18, 23].contains(index) ? byte == UInt8(ascii: "-") : hexDigit(byte) != nil
    }
  }

  /// One word that ends in `.inf`, without a folder.
  static func inf(_ value: Substring) -> String? {
    guard value.utf8.count > 4, value.utf8.count <= 260, value.suffix(4).lowercased() == ".inf",
      !value.has(" "), !value.has("\\"), !value.has("/")
    else { return nil }
    return String(value)
  }

  /// Whether it is a name that Windows publishes a package under: `oem12.inf`.
  static func isPublished(_ inf: String) -> Bool {
    guard inf.hasWindowsPrefix("oem"), inf.suffix(4).lowercased() == ".inf" else { return false }
    let digits = inf.utf8.dropFirst(3).dropLast(4)
    return !digits.isEmpty && digits.count <= 6 && digits.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// The name at the end of a path.
  static func file(_ path: Substring) -> Substring {
    guard let end = path.utf8.lastIndex(where: { $0 == UInt8(ascii: "\\") || $0 == UInt8(ascii: "/") }) else {
      return path
    }
    return Substring(path.utf8[end...].dropFirst())
  }

  /// Date and version of a driver: `05/10/2021 100.85.104.19900`, in whichever order of day and month.
  static func version(_ value: Substring) -> (version: String, date: String?)? {
    guard value.utf8.count < 128, let last = value.words.last, let version = DriverVersion(String(last)) else {
      return nil
    }
    let rest = value[..<last.startIndex].trimmed
    return (version.description, rest.isEmpty ? nil : PastedDate.iso(rest))
  }

  /// `0xC0000490`: eight digits, as Windows prints a status.
  static func status(_ word: Substring) -> UInt32? {
    guard let digits = word.dropping("0x") ?? word.dropping("0X"), digits.utf8.count == 8 else { return nil }
    return UInt32(digits, radix: 16)
  }
}
