// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol

extension JSON {
  /// This value with every longer string cut to `limit` bytes, the cut shown by ``String/cutMark``.
  func withStrings(atMost limit: Int) -> JSON { measure(limit).hasLongString ? cut(limit) : self }

  /// What of a value matters for its place in a reply.
  struct Measure {
    /// Bytes of text and punctuation, before anything is escaped: no more than six times as many go out.
    var bytes = 0
    var hasLongString = false
  }

  /// Measures this value in one walk, writing nothing; `limit` is the longest string's.
  func measure(_ limit: Int) -> Measure {
    var measure = Measure()
    add(to: &measure, limit)
    return measure
  }

  private func add(to measure: inout Measure, _ limit: Int) {
    switch self {
    case .null, .bool: measure.bytes &+= 5
    case .number(let number): measure.bytes &+= number.text.utf8.count
    case .string(let text): measure.add(text, limit)
    case .array(let elements):
      measure.bytes &+= 2 &+ elements.count
      for element in elements { element.add(to: &measure, limit) }
    case .object(let object):
      measure.bytes &+= 2
      for member in object.members {
        measure.add(member.key, limit)
        measure.bytes &+= 2
        member.value.add(to: &measure, limit)
      }
    }
  }

  private func cut(_ limit: Int) -> JSON {
    switch self {
    case .string(let text): .string(text.cut(toBytes: limit))
    case .array(let elements): .array(elements.map { $0.cut(limit) })
    case .object(let object):
      .object(JSONObject(object.members.map { ($0.key.cut(toBytes: limit), $0.value.cut(limit)) }))
    case .null, .bool, .number: self
    }
  }
}

extension JSON.Measure {
  fileprivate mutating func add(_ text: String, _ limit: Int) {
    let count = text.utf8.count
    bytes &+= count &+ 2
    if count > limit { hasLongString = true }
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
