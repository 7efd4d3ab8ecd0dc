// SPDX-License-Identifier: GPL-3.0-or-later

/// `{"status": "observed", "value": …, "source": …, "trust": …, "time": …}`: written by hand, because the synthesised
/// form of an enum can neither be read by people nor described in a schema.
extension Observation: Codable {
  private enum Key: String, CodingKey { case status, value, source, trust, time, reason, detail, ask }
  private enum Status: String, Codable { case observed, absent, failed }

  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: Key.self)
    let provenance = Provenance(
      try container.decode(String.self, forKey: .source), trust: try container.decode(Trust.self, forKey: .trust),
      time: try container.decodeIfPresent(Double.self, forKey: .time))
    switch try container.decode(Status.self, forKey: .status) {
    case .observed: self = .observed(try container.decode(Value.self, forKey: .value), provenance)
    case .absent: self = .absent(provenance)
    case .failed:
      self = .failed(
        Failure(
          Failure.Reason(rawValue: try container.decode(String.self, forKey: .reason)),
          try container.decode(String.self, forKey: .detail),
          ask: try container.decodeIfPresent(String.self, forKey: .ask)), provenance)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: Key.self)
    switch self {
    case .observed(let value, _):
      try container.encode(Status.observed, forKey: .status)
      try container.encode(value, forKey: .value)
    case .absent:
      try container.encode(Status.absent, forKey: .status)
    case .failed(let failure, _):
      try container.encode(Status.failed, forKey: .status)
      try container.encode(failure.reason.rawValue, forKey: .reason)
      try container.encode(failure.detail, forKey: .detail)
      try container.encodeIfPresent(failure.ask, forKey: .ask)
    }
    try container.encode(provenance.source, forKey: .source)
    try container.encode(provenance.trust, forKey: .trust)
    try container.encodeIfPresent(provenance.time, forKey: .time)
  }
}

extension KeyedDecodingContainer {
  /// A leaf that the document does not have, because an earlier version wrote it, was not asked for.
  ///
  /// The compiler prefers this to the standard library's `decode` in every synthesised `init(from:)` of this module.
  func decode<Value>(_ type: Observation<Value>.Type, forKey key: Key) throws -> Observation<Value> {
    try decodeIfPresent(type, forKey: key)
      ?? .failed(
        Failure(.notAsked, "the evidence was saved without it"), Provenance("saved evidence", trust: .host, time: nil))
  }
}
