// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol

/// The system's name and version, as os-release(5) describes them.
struct OSRelease {
  private let path: String
  private let content: Reading<[UInt8]>

  init(in files: SystemFiles) {
    let first = files.bytes("/etc/os-release", limit: 64 << 10)
    if case .missing = first {
      path = "/usr/lib/os-release"
      content = files.bytes(path, limit: 64 << 10)
    } else {
      path = "/etc/os-release"
      content = first
    }
  }

  /// The value of `name`, or of `other` when that is not set.
  func fact(_ name: String, or other: String? = nil) -> Fact<String> {
    let reading = content.then { bytes in OSRelease.value(name, in: bytes) }
    if case .missing = reading, let other { return fact(other) }
    return reading.fact(source: path + " " + name)
  }

  /// The last assignment of `name`, without its shell quotes.
  private static func value(_ name: String, in bytes: [UInt8]) -> Reading<String> {
    var found: ArraySlice<UInt8>?
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      guard line.starts(with: name.utf8), line.dropFirst(name.utf8.count).first == UInt8(ascii: "=") else { continue }
      found = line.dropFirst(name.utf8.count + 1)
    }
    guard let found else { return .missing }
    let value = unquoted(found)
    // An empty value is how os-release says that there is none.
    guard !value.isEmpty else { return .missing }
    guard value.count <= 1024 else { return .failed(FactFailure(.malformed, "longer than 1024 bytes")) }
    guard let text = String(validating: value, as: UTF8.self) else {
      return .failed(FactFailure(.malformed, "not UTF-8"))
    }
    return .value(text)
  }

  private static func unquoted(_ written: ArraySlice<UInt8>) -> [UInt8] {
    var rest = written
    while let last = rest.last, last <= 0x20 { rest.removeLast() }
    guard let quote = rest.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return Array(rest) }
    rest.removeFirst()
    var value: [UInt8] = []
    while let byte = rest.popFirst(), byte != quote {
      // Within double quotes a backslash keeps the next character from the shell.
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\""), let escaped = rest.popFirst() {
        value.append(escaped)
      } else {
        value.append(byte)
      }
    }
    return value
  }
}
