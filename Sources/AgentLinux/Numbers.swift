// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import PCI

/// A decimal number of at least one digit, whole; `nil` past 64 bits.
func decimalNumber(_ digits: some Sequence<UInt8>) -> UInt64? {
  var value: UInt64 = 0
  var isEmpty = true
  for byte in digits {
    guard 0x30...0x39 ~= byte else { return nil }
    let (tenfold, overflow) = value.multipliedReportingOverflow(by: 10)
    let (sum, carry) = tenfold.addingReportingOverflow(UInt64(byte &- 0x30))
    guard !overflow, !carry else { return nil }
    value = sum
    isEmpty = false
  }
  return isEmpty ? nil : value
}

/// A hexadecimal number with or without `0x`, of at most `digits` digits (8 at most).
func hexadecimalNumber(_ text: String, digits: Int) -> UInt32? {
  let bytes = Array(text.utf8)
  let isPrefixed = bytes.count > 2 && bytes[0] == UInt8(ascii: "0") && bytes[1] | 0x20 == UInt8(ascii: "x")
  let number = bytes[(isPrefixed ? 2 : 0)...]
  guard !number.isEmpty, number.count <= min(digits, 8) else { return nil }
  var value: UInt32 = 0
  for byte in number {
    guard let digit = hexDigit(byte) else { return nil }
    value = value << 4 | UInt32(digit)
  }
  return value
}

/// A hexadecimal number of 1 to 16 digits, whole.
func longHexadecimalNumber(_ digits: some Sequence<UInt8>) -> UInt64? {
  var value: UInt64 = 0
  var count = 0
  for byte in digits {
    guard let digit = hexDigit(byte), count < 16 else { return nil }
    value = value << 4 | UInt64(digit)
    count &+= 1
  }
  return count > 0 ? value : nil
}

/// A file of `name value` lines, as `/proc/meminfo` and `/proc/vmstat` are.
struct NumberTable {
  private let path: String
  private let content: Reading<[UInt8]>

  /// Reads the file once; the facts taken from it belong together.
  init(_ path: String, in files: SystemFiles) {
    self.path = path
    content = files.bytes(path, limit: 256 << 10)
  }

  /// The number of that name times `unit`, with `kB` behind it times 1024.
  subscript(name: String, unit unit: UInt64 = 1) -> Fact<UInt64> {
    content.then { bytes in
      guard let words = Self.words(after: name, in: bytes) else { return .missing }
      guard let digits = words.first, let number = decimalNumber(digits) else {
        return .failed(FactFailure(.malformed, "not a number"))
      }
      let isKilobytes = words.count > 1 && words[1].elementsEqual("kB".utf8)
      let (value, overflow) = number.multipliedReportingOverflow(by: isKilobytes ? 1024 : unit)
      return overflow ? .failed(FactFailure(.malformed, "past 64 bits")) : .value(value)
    }.fact(source: path + " " + name)
  }

  /// The words behind `name` on its line, without cutting up the other lines: these tables are long and asked often.
  private static func words(after name: String, in bytes: [UInt8]) -> [ArraySlice<UInt8>]? {
    let name = Array(name.utf8)
    guard let first = name.first else { return nil }
    let rest: Range<Int>? = bytes.withUnsafeBufferPointer { bytes in
      var start = 0
      while start < bytes.count {
        var at = start
        if bytes[at] == first {
          while at < bytes.count, at &- start < name.count, bytes[at] == name[at &- start] { at &+= 1 }
        }
        let isFound = at &- start == name.count && at < bytes.count && isSpace(bytes[at])
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at &+= 1 }
        if isFound { return (start &+ name.count)..<at }
        start = at &+ 1
      }
      return nil
    }
    return rest.map { bytes[$0].split(maxSplits: 2, whereSeparator: isSpace) }
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: ":") }
}
