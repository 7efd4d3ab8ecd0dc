// SPDX-License-Identifier: BSD-3-Clause

/// A strict reader of JSON (RFC 8259) for bytes that a hostile peer may have chosen.
///
/// Stricter than the RFC demands: duplicate keys, invalid UTF-8, lone surrogates and anything past the limits are
/// refused. Its work is proportional to the input (n log n for keys), and its stack to ``JSONLimits/depth``.
package struct JSONParser: ~Copyable {
  private let bytes: [UInt8]
  private let limits: JSONLimits
  private var at = 0

  private init(_ bytes: [UInt8], _ limits: JSONLimits) {
    self.bytes = bytes
    self.limits = limits
  }

  /// Reads one JSON text that fills `bytes`, white space around it allowed.
  package static func parse(_ bytes: [UInt8], limits: JSONLimits) throws(JSONError) -> JSON {
    guard bytes.count <= limits.bytes else { throw JSONError(.tooLong, at: limits.bytes) }
    var parser = JSONParser(bytes, limits)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.at == bytes.count else { throw JSONError(.trailingBytes, at: parser.at) }
    return value
  }

  private mutating func skipSpace() {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x09, 0x0a, 0x0d: at += 1
      default: return
      }
    }
  }

  private func peek() throws(JSONError) -> UInt8 {
    guard at < bytes.count else { throw JSONError(.unexpectedEnd, at: at) }
    return bytes[at]
  }

  private mutating func value(depth: Int) throws(JSONError) -> JSON {
    skipSpace()
    switch try peek() {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return .number(try number())
    default: throw JSONError(.unexpectedByte, at: at)
    }
  }

  private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
    for index in 0..<word.utf8CodeUnitCount {
      guard try peek() == word.utf8Start[index] else { throw JSONError(.unexpectedByte, at: at) }
      at += 1
    }
    return value
  }

  private mutating func object(depth: Int) throws(JSONError) -> JSON {
    guard depth <= limits.depth else { throw JSONError(.tooDeep, at: at) }
    let start = at
    at += 1
    var members: [JSONObject.Member] = []
    skipSpace()
    if try peek() == UInt8(ascii: "}") {
      at += 1
      return .object(JSONObject())
    }
    members.reserveCapacity(4)
    while true {
      skipSpace()
      guard try peek() == UInt8(ascii: "\"") else { throw JSONError(.unexpectedByte, at: at) }
      let key = try string()
      skipSpace()
      guard try peek() == UInt8(ascii: ":") else { throw JSONError(.unexpectedByte, at: at) }
      at += 1
      members.append(JSONObject.Member(key: key, value: try value(depth: depth)))
      guard try another(before: UInt8(ascii: "}")) else { break }
    }
    guard JSONObject.duplicate(in: members) == nil else { throw JSONError(.duplicateKey, at: start) }
    return .object(JSONObject(unique: members))
  }

  private mutating func array(depth: Int) throws(JSONError) -> JSON {
    guard depth <= limits.depth else { throw JSONError(.tooDeep, at: at) }
    at += 1
    var elements: [JSON] = []
    skipSpace()
    if try peek() == UInt8(ascii: "]") {
      at += 1
      return .array([])
    }
    while true {
      elements.append(try value(depth: depth))
      guard try another(before: UInt8(ascii: "]")) else { return .array(elements) }
    }
  }

  /// Consumes a comma (true) or the closing bracket (false).
  private mutating func another(before close: UInt8) throws(JSONError) -> Bool {
    skipSpace()
    let byte = try peek()
    guard byte == close || byte == UInt8(ascii: ",") else { throw JSONError(.unexpectedByte, at: at) }
    at += 1
    return byte != close
  }

  private mutating func string() throws(JSONError) -> String {
    let start = at
    at += 1
    var text: [UInt8] = []
    while true {
      // A run without escapes is taken whole.
      let run = at
      while at < bytes.count, bytes[at] != UInt8(ascii: "\""), bytes[at] != UInt8(ascii: "\\"), bytes[at] >= 0x20 {
        at += 1
      }
      guard text.count + (at - run) <= limits.string else { throw JSONError(.stringTooLong, at: start) }
      let byte = try peek()
      // Most strings are one such run, and are read where they lie.
      if text.isEmpty, byte == UInt8(ascii: "\"") {
        let whole = bytes[run..<at]
        at += 1
        guard let string = String(validating: whole, as: UTF8.self) else { throw JSONError(.badUTF8, at: start) }
        return string
      }
      text += bytes[run..<at]
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw JSONError(.badUTF8, at: start) }
        return string
      case UInt8(ascii: "\\"): try escape(into: &text)
      default: throw JSONError(.unexpectedByte, at: at)
      }
    }
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONError) {
    let start = at
    at += 1
    let byte = try peek()
    at += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0c)
    case UInt8(ascii: "n"): text.append(0x0a)
    case UInt8(ascii: "r"): text.append(0x0d)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try fourDigits()
      if 0xd800..<0xdc00 ~= code {
        guard try peek() == UInt8(ascii: "\\") else { throw JSONError(.badEscape, at: start) }
        at += 1
        guard try peek() == UInt8(ascii: "u") else { throw JSONError(.badEscape, at: start) }
        at += 1
        let low = try fourDigits()
        guard 0xdc00..<0xe000 ~= low else { throw JSONError(.badEscape, at: start) }
        code = 0x10000 + (code - 0xd800) << 10 + (low - 0xdc00)
      }
      guard let scalar = Unicode.Scalar(code), let encoded = UTF8.encode(scalar) else {
        throw JSONError(.badEscape, at: start)
      }
      text += encoded
    default: throw JSONError(.badEscape, at: start)
    }
  }

  private mutating func fourDigits() throws(JSONError) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      let byte = try peek()
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw JSONError(.badEscape, at: at)
      }
      code = code << 4 | UInt32(digit)
      at += 1
    }
    return code
  }

  private mutating func number() throws(JSONError) -> JSONNumber {
    let start = at
    if bytes[at] == UInt8(ascii: "-") { at += 1 }
    if at < bytes.count, bytes[at] == UInt8(ascii: "0") {
      at += 1
    } else {
      try digits(of: start)
    }
    let integerEnd = at
    if at < bytes.count, bytes[at] == UInt8(ascii: ".") {
      at += 1
      try digits(of: start)
    }
    if at < bytes.count, bytes[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      if at < bytes.count, bytes[at] == UInt8(ascii: "+") || bytes[at] == UInt8(ascii: "-") { at += 1 }
      try digits(of: start)
    }
    // A digit here follows a leading zero ("01"), which JSON has not.
    if at < bytes.count, 0x30...0x39 ~= bytes[at] { throw JSONError(.badNumber, at: start) }
    guard at - start <= JSONNumber.limit else { throw JSONError(.badNumber, at: start) }
    let number = JSONNumber(validated: String(decoding: bytes[start..<at], as: UTF8.self))
    if limits.exactIntegers {
      guard at == integerEnd else { throw JSONError(.badNumber, at: start) }
      guard let value = number.int, value.magnitude <= 1 << 53 else { throw JSONError(.integerOutOfRange, at: start) }
    }
    return number
  }

  private mutating func digits(of number: Int) throws(JSONError) {
    let start = at
    while at < bytes.count, 0x30...0x39 ~= bytes[at] { at += 1 }
    guard at > start else {
      throw at < bytes.count ? JSONError(.badNumber, at: number) : JSONError(.unexpectedEnd, at: at)
    }
  }
}

extension JSON {
  /// Reads one JSON text, strictly and within `limits`.
  package init(parsing bytes: [UInt8], limits: JSONLimits) throws(JSONError) {
    self = try JSONParser.parse(bytes, limits: limits)
  }
}
