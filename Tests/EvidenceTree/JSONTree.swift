// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// Any JSON, so that tests can walk and change encoded evidence and reports without knowing their types.
package enum JSONTree: Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(UInt64)
  case number(Double)
  case string(String)
  case array([JSONTree])
  case object([String: JSONTree])

  package init(_ value: some Encodable) throws {
    self = try JSONTree(text: try JSONEncoder().encode(value))
  }

  package func decoded<Value: Decodable>(_ type: Value.Type) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text))
  }

  /// What stands at `path` (`readings.0.lastUpdate`); `nil` when nothing does.
  package subscript(path: String) -> JSONTree? {
    var place = self
    for step in path.split(separator: ".") {
      switch place {
      case .object(let members):
        guard let member = members[String(step)] else { return nil }
        place = member
      case .array(let elements):
        guard let index = Int(step), elements.indices.contains(index) else { return nil }
        place = elements[index]
      default: return nil
      }
    }
    return place
  }

  var isLeaf: Bool {
    guard case .object(let members) = self else { return false }
    return members["status"] != nil && members["source"] != nil && members["trust"] != nil
  }

  /// Whether this is an observation that failed already.
  package var isFailedLeaf: Bool {
    guard isLeaf, case .object(let members) = self else { return false }
    return members["status"] == .string("failed")
  }

  /// The paths of every observation in it, nested ones too.
  package func leaves(under path: String = "") -> [String] {
    let here = isLeaf ? [path] : []
    switch self {
    case .object(let members):
      return here
        + members.keys.sorted().flatMap { key in
          members[key]?.leaves(under: path.isEmpty ? key : path + "." + key) ?? []
        }
    case .array(let elements):
      return here + elements.indices.flatMap { elements[$0].leaves(under: "\(path).\($0)") }
    default: return []
    }
  }

  /// The same with the observation at `path` failed.
  package func failing(_ path: some StringProtocol) -> JSONTree {
    guard let step = path.split(separator: ".").first else {
      return .object([
        "status": .string("failed"), "reason": .string("failed"), "detail": .string("taken away"),
        "source": .string("test"), "trust": .string("host"),
      ])
    }
    let rest = path.dropFirst(step.count + 1)
    switch self {
    case .object(var members):
      members[String(step)] = members[String(step)]?.failing(rest)
      return .object(members)
    case .array(var elements):
      guard let index = Int(step), elements.indices.contains(index) else { return self }
      elements[index] = elements[index].failing(rest)
      return .array(elements)
    default: return self
    }
  }
}
