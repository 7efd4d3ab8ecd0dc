// SPDX-License-Identifier: BSD-3-Clause

/// A part of a list that may not fit one reply. The next part is asked for with `{"cursor": next}`.
package struct Page<Element: Hashable & Sendable>: Hashable, Sendable {
  package var elements: [Element]
  /// The cursor of the next part; `nil` when this is the last.
  package var next: UInt64?
  package init(_ elements: [Element], next: UInt64? = nil) {
    self.elements = elements
    self.next = next
  }
  package func map<Other>(_ transform: (Element) -> Other) -> Page<Other> {
    Page<Other>(elements.map(transform), next: next)
  }
}

extension Page where Element == JSON {
  /// The wire form, with the list under `member`.
  package func json(member: String) -> JSON {
    var object: JSONObject = [member: .array(elements)]
    if let next { object["next"] = .integer(next) }
    return .object(object)
  }
  /// Reads the wire form. A `next` that is neither a cursor nor null is an error: taking it for the last part would
  /// pass a part off as the whole.
  package init(json: JSON, member: String) throws(ProtocolError) {
    guard let elements = json[member]?.array else {
      throw ProtocolError(.invalidRequest, "the result has no list " + member)
    }
    switch json["next"] {
    case nil, .null?: self.init(elements)
    case .number(let number)?:
      guard let next = number.uint else { fallthrough }
      self.init(elements, next: next)
    default: throw ProtocolError(.invalidRequest, "next is no cursor")
    }
  }
}

/// A driver or service of the balloon: an element of `driver.services`.
package struct ServiceFacts: Hashable, Sendable {
  /// The system's own name: `virtio_balloon`, `BALLOON`, `BalloonService`.
  package var name: String
  /// `kernel-driver`, `user-service`, or `driver-package`: a package in Windows' driver store, bound or not.
  package var kind: String
  /// `running`, `stopped`, or the system's own word; absent when there is none of that name.
  package var state: Fact<String>
  /// The version that the driver or service tells of itself.
  package var version: Fact<String>
  /// The driver's own counters, such as `balloon_inflate` (pages).
  package var counters: NamedFacts
  /// What Windows' service manager knows besides; `nil` elsewhere.
  package var windows: WindowsServiceFacts?

  package init(
    name: String, kind: String, state: Fact<String>, version: Fact<String>, counters: NamedFacts,
    windows: WindowsServiceFacts? = nil
  ) {
    self.name = name
    self.kind = kind
    self.state = state
    self.version = version
    self.counters = counters
    self.windows = windows
  }
  package var json: JSON {
    var object: JSONObject = [
      "name": .string(name), "kind": .string(kind), "state": state.json, "version": version.json,
      "counters": counters.json,
    ]
    if let windows { object["windows"] = windows.json }
    return .object(object)
  }
  package init?(json: JSON) {
    guard let name = json["name"]?.string, let kind = json["kind"]?.string else { return nil }
    self.init(
      name: name, kind: kind, state: Fact(json: json["state"], member: "state"),
      version: Fact(json: json["version"], member: "version"), counters: NamedFacts(json: json["counters"] ?? .null),
      windows: json["windows"].map { WindowsServiceFacts(json: $0) })
  }
}

/// A line of the system's log about the balloon: an element of `log.balloon`.
package struct LogLine: Hashable, Sendable {
  /// Microseconds since the guest booted; `nil` when the log does not tell.
  package var microseconds: UInt64?
  package var text: String
  package init(microseconds: UInt64?, text: String) {
    self.microseconds = microseconds
    self.text = text
  }
  package var json: JSON {
    var object: JSONObject = ["text": .string(text)]
    if let microseconds { object["microseconds"] = microseconds.json }
    return .object(object)
  }
  package init?(json: JSON) {
    guard let text = json["text"]?.string else { return nil }
    self.init(microseconds: json["microseconds"].flatMap { UInt64(json: $0) }, text: text)
  }
}
