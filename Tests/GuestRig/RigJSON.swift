// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// A JSON value as QEMU and the program under test print them.
package enum RigJSON: Hashable, Sendable {
  case null
  case bool(Bool)
  /// An integer from -2^63 to 2^63-1.
  case integer(Int64)
  /// One beyond: 2^64-1 is how QEMU prints a statistic that it has not got.
  case unsigned(UInt64)
  case number(Double)
  case string(String)
  case array([RigJSON])
  case object([String: RigJSON])

  /// The member `name` of an object; nil when there is none, or this is no object.
  package subscript(name: String) -> RigJSON? {
    guard case .object(let members) = self else { return nil }
    return members[name]
  }
  package var string: String? {
    guard case .string(let value) = self else { return nil }
    return value
  }
  package var integer: Int64? {
    guard case .integer(let value) = self else { return nil }
    return value
  }
  package var bool: Bool? {
    guard case .bool(let value) = self else { return nil }
    return value
  }
  /// The elements of an array; empty when this is none.
  package var elements: [RigJSON] {
    guard case .array(let elements) = self else { return [] }
    return elements
  }
}

extension RigJSON {
  /// Reads what a program printed.
  package init(parsing text: String) throws { self = try JSONDecoder().decode(RigJSON.self, from: Data(text.utf8)) }
}

extension RigJSON: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(UInt64.self) {
      self = .unsigned(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([RigJSON].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: RigJSON].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .unsigned(let value): try container.encode(value)
    case .number(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .array(let value): try container.encode(value)
    case .object(let value): try container.encode(value)
    }
  }
}

extension RigJSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByDictionaryLiteral
{
  package init(stringLiteral value: String) { self = .string(value) }
  package init(integerLiteral value: Int64) { self = .integer(value) }
  package init(booleanLiteral value: Bool) { self = .bool(value) }
  package init(dictionaryLiteral members: (String, RigJSON)...) {
    self = .object(Dictionary(members, uniquingKeysWith: { _, last in last }))
  }
}
