// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

extension JSONTree {
  /// Why a text is no JSON.
  package struct Malformed: Error { package let offset: Int }

  /// Reads JSON that this project's own encoders wrote: Codable's way through every possible type of a value takes tens
  /// of milliseconds for one tree, and tests read thousands.
  package init(text: some Collection<UInt8>) throws {
    var reader = JSONReader(bytes: Array(text))
    self = try reader.value()
    guard reader.isAtEnd else { throw Malformed(offset: reader.place) }
  }

  /// The JSON of it, members sorted.
  package var text: [UInt8] {
    var bytes: [UInt8] = []
    write(to: &bytes)
    return bytes
  }

  /// The same with places by which observations can be taken away from the text, for who does so to each in turn.
  package var dissected: DissectedJSON {
    var bytes: [UInt8] = []
    var leaves: [String: Range<Int>] = [:]
    write(to: &bytes) { leaves[$0] = $1 }
    return DissectedJSON(text: bytes, leaves: leaves)
  }

  private func write(
    to bytes: inout [UInt8], at path: String = "", noting: ((_ leaf: String, Range<Int>) -> Void)? = nil
  ) {
    let start = bytes.count
    defer { if let noting, isLeaf { noting(path, start..<bytes.count) } }
    func below(_ step: String) -> String { noting == nil || path.isEmpty ? step : path + "." + step }
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += String(value).utf8
    case .number(let value): bytes += "\(value)".utf8
    case .string(let value): Self.write(value, to: &bytes)
    case .array(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        value.write(to: &bytes, at: below(String(index)), noting: noting)
      }
      bytes.append(UInt8(ascii: "]"))
    case .object(let members):
      bytes.append(UInt8(ascii: "{"))
      for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.write(member.key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.write(to: &bytes, at: below(member.key), noting: noting)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  private static func write(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        bytes.append(UInt8(ascii: "\\"))
        bytes.append(byte)
      case ..<0x20:
        let digits = String(byte, radix: 16)
        bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

/// JSON whose observations can be taken away one by one, without writing the rest anew.
package struct DissectedJSON: Sendable {
  let text: [UInt8]
  let leaves: [String: Range<Int>]

  /// As ``JSONTree/failing(_:)`` and ``JSONTree/decoded(_:)``.
  package func decoded<Value: Decodable>(_ type: Value.Type, failing leaf: String) throws -> Value {
    guard let place = leaves[leaf] else { throw JSONTree.Malformed(offset: 0) }
    var data = Data(text[..<place.lowerBound])
    data.append(contentsOf: JSONTree.null.failing("").text)
    data.append(contentsOf: text[place.upperBound...])
    return try JSONDecoder().decode(type, from: data)
  }
}

/// A cursor over the bytes of JSON.
private struct JSONReader {
  let bytes: [UInt8]
  private(set) var place = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool {
    mutating get {
      skipSpaces()
      return place == bytes.count
    }
  }

  private mutating func skipSpaces() {
    while place < bytes.count, [0x20, 0x0a, 0x0d, 0x09].contains(bytes[place]) { place += 1 }
  }

  private mutating func take(_ byte: Character) -> Bool {
    skipSpaces()
    guard place < bytes.count, bytes[place] == byte.asciiValue else { return false }
    place += 1
    return true
  }

  private mutating func take(word: StaticString) -> Bool {
    let end = place + word.utf8CodeUnitCount
    guard end <= bytes.count, word.withUTF8Buffer({ bytes[place..<end].elementsEqual($0) }) else { return false }
    place = end
    return true
  }

  mutating func value() throws -> JSONTree {
    if take("{") { return try object() }
    if take("[") { return try array() }
    if take("\"") { return .string(try string()) }
    if take(word: "null") { return .null }
    if take(word: "true") { return .bool(true) }
    if take(word: "false") { return .bool(false) }
    return try number()
  }

  private mutating func object() throws -> JSONTree {
    var members: [String: JSONTree] = [:]
    if take("}") { return .object(members) }
    repeat {
      guard take("\"") else { throw JSONTree.Malformed(offset: place) }
      let name = try string()
      guard take(":"), members.updateValue(try value(), forKey: name) == nil else {
        throw JSONTree.Malformed(offset: place)
      }
    } while take(",")
    guard take("}") else { throw JSONTree.Malformed(offset: place) }
    return .object(members)
  }

  private mutating func array() throws -> JSONTree {
    var values: [JSONTree] = []
    if take("]") { return .array(values) }
    repeat { values.append(try value()) } while take(",")
    guard take("]") else { throw JSONTree.Malformed(offset: place) }
    return .array(values)
  }

  private mutating func string() throws -> String {
    let start = place
    while place < bytes.count, bytes[place] != UInt8(ascii: "\""), bytes[place] != UInt8(ascii: "\\") { place += 1 }
    guard place < bytes.count else { throw JSONTree.Malformed(offset: place) }
    if bytes[place] == UInt8(ascii: "\"") {
      place += 1
      return String(decoding: bytes[start..<(place - 1)], as: UTF8.self)
    }
    // Escapes are left to Foundation.
    while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
      place += bytes[place] == UInt8(ascii: "\\") ? 2 : 1
    }
    guard place < bytes.count else { throw JSONTree.Malformed(offset: place) }
    place += 1
    return try JSONDecoder().decode(String.self, from: Data(bytes[(start - 1)..<place]))
  }

  private mutating func number() throws -> JSONTree {
    let start = place
    while place < bytes.count, "+-.0123456789eE".utf8.contains(bytes[place]) { place += 1 }
    let text = String(decoding: bytes[start..<place], as: UTF8.self)
    if let whole = UInt64(text) { return .integer(whole) }
    guard let number = Double(text) else { throw JSONTree.Malformed(offset: start) }
    return .number(number)
  }
}
