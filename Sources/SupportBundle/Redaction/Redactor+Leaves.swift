// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// Values that tell nothing of whose machine it is, by their type: numbers, flags, places on the PCI bus and PCI ids.
///
/// No text is one.
protocol HarmlessValue: Codable, Hashable, Sendable {}
extension UInt64: HarmlessValue {}
extension UInt16: HarmlessValue {}
extension Int64: HarmlessValue {}
extension Double: HarmlessValue {}
extension Bool: HarmlessValue {}
extension PCIAddress: HarmlessValue {}
extension PCIPath: HarmlessValue {}
extension PCIIdentity: HarmlessValue {}

/// What every leaf of the evidence has besides its value.
extension Redactor {
  /// A leaf whose value stays.
  mutating func kept<Value: HarmlessValue>(_ leaf: Observation<Value>, at place: String) -> Observation<Value> {
    self.leaf(leaf, at: place) { _, value, _ in value }
  }

  /// A leaf whose value is redacted by `value`.
  mutating func leaf<Value>(
    _ leaf: Observation<Value>, at place: String, _ value: (inout Redactor, Value, String) -> Value
  ) -> Observation<Value> {
    switch leaf {
    case .observed(let found, let provenance):
      .observed(value(&self, found, place), self.provenance(provenance, at: place))
    case .absent(let provenance): .absent(self.provenance(provenance, at: place))
    case .failed(let failure, let provenance):
      .failed(self.failure(failure, at: place), self.provenance(provenance, at: place))
    }
  }

  /// A leaf that is one word, or a few, of a closed set.
  mutating func word(_ leaf: Observation<String>, at place: String) -> Observation<String> {
    self.leaf(leaf, at: place) { $0.word($1, at: $2) }
  }

  mutating func words(_ leaf: Observation<[String]>, at place: String) -> Observation<[String]> {
    self.leaf(leaf, at: place) { redactor, words, place in words.map { redactor.word($0, at: place) } }
  }

  mutating func name(_ leaf: Observation<String>, at place: String) -> Observation<String> {
    self.leaf(leaf, at: place) { $0.name($1, at: $2) }
  }

  /// A version of anything but a driver.
  mutating func version(_ leaf: Observation<String>, at place: String) -> Observation<String> {
    self.leaf(leaf, at: place) { $0.release($1, at: $2) }
  }

  mutating func driverVersion(_ leaf: Observation<String>, at place: String) -> Observation<String> {
    self.leaf(leaf, at: place) { $0.driverVersion($1, at: $2) }
  }

  mutating func kernel(_ leaf: Observation<String>, at place: String) -> Observation<String> {
    self.leaf(leaf, at: place) { $0.kernel($1, at: $2) }
  }

  mutating func machine(_ leaf: Observation<String>, at place: String) -> Observation<String> {
    self.leaf(leaf, at: place) { $0.machine($1, at: $2) }
  }

  mutating func prose(_ leaf: Observation<String>, at place: String) -> Observation<String> {
    self.leaf(leaf, at: place) { $0.redact($1, at: $2) }
  }

  /// Numbers by the names of the protocol; a name that is not the protocol's is a token.
  mutating func numbers(
    _ members: [String: Observation<UInt64>], at place: String
  ) -> [String: Observation<UInt64>] {
    var redacted: [String: Observation<UInt64>] = [:]
    for (name, leaf) in members.sorted(by: { $0.key < $1.key }) {
      let name = member(name, besides: redacted, at: place)
      redacted[name] = kept(leaf, at: place + "." + name)
    }
    return redacted
  }

  mutating func numbers(
    _ leaf: Observation<[String: Observation<UInt64>]>, at place: String
  ) -> Observation<[String: Observation<UInt64>]> {
    self.leaf(leaf, at: place) { $0.numbers($1, at: $2 + ".value") }
  }

  /// The name of a member: no two become one.
  mutating func member<Value>(_ name: String, besides others: [String: Value], at place: String) -> String {
    var redacted = word(name, .name, at: place)
    var count = 1
    while others[redacted] != nil {
      count += 1
      redacted = token(.name, for: "\(name) \(count)", at: place)
    }
    return redacted
  }

  mutating func provenance(_ provenance: Provenance, at place: String) -> Provenance {
    Provenance(redact(provenance.source, at: place), trust: provenance.trust, time: provenance.time)
  }

  mutating func failure(_ failure: Failure, at place: String) -> Failure {
    Failure(
      Failure.Reason(rawValue: word(failure.reason.rawValue, at: place)), redact(failure.detail, at: place),
      ask: failure.ask.map { redact($0, at: place) })
  }
}
