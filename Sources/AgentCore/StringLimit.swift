// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol

extension JSON {
  /// This value with every longer string cut to `limit` bytes, the cut shown by ``String/cutMark``.
  func withStrings(atMost limit: Int) -> JSON {
    guard hasString(longerThan: limit) else { return self }
    switch self {
    case .string(let text): return .string(text.cut(toBytes: limit))
    case .array(let elements): return .array(elements.map { $0.withStrings(atMost: limit) })
    case .object(let object):
      return .object(
        JSONObject(object.members.map { ($0.key.cut(toBytes: limit), $0.value.withStrings(atMost: limit)) }))
    case .null, .bool, .number: return self
    }
  }

  private func hasString(longerThan limit: Int) -> Bool {
    switch self {
    case .string(let text): text.utf8.count > limit
    case .array(let elements): elements.contains { $0.hasString(longerThan: limit) }
    case .object(let object):
      object.members.contains { $0.key.utf8.count > limit || $0.value.hasString(longerThan: limit) }
    case .null, .bool, .number: false
    }
  }
}

extension String {
  /// Ends a text that was cut (specification, 6.1).
  package static let cutMark = "\u{2026}"

  /// This text in at most `limit` bytes; one that is longer ends with ``cutMark``.
  package func cut(toBytes limit: Int) -> String {
    guard utf8.count > limit else { return self }
    let room = Swift.max(0, limit &- String.cutMark.utf8.count)
    var kept = String.UnicodeScalarView()
    var bytes = 0
    for scalar in unicodeScalars {
      bytes &+= UTF8.width(scalar)
      guard bytes <= room else { break }
      kept.append(scalar)
    }
    return String(kept) + String.cutMark
  }
}
