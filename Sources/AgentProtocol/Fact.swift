// SPDX-License-Identifier: BSD-3-Clause

/// One thing an agent was asked for, with how it turned out and where the answer comes from.
///
/// On the wire: `{"status": "observed", "value": …, "source": …}`, `{"status": "absent", "source": …}`, or
/// `{"status": "failed", "reason": …, "detail": …, "source": …}`. Unknown is never 0 and never "".
package enum Fact<Value: FactValue>: Hashable, Sendable {
  /// The source held this value.
  case observed(Value, source: String)
  /// The source was asked and has no such thing.
  case absent(source: String)
  /// The source could not be asked, or its answer could not be read.
  case failed(FactFailure, source: String)

  /// The value, when there is one.
  package var value: Value? {
    guard case .observed(let value, _) = self else { return nil }
    return value
  }
  /// Where the answer comes from, in the words of the guest's system, such as `/proc/meminfo MemTotal`.
  package var source: String {
    switch self {
    case .observed(_, let source), .absent(let source), .failed(_, let source): source
    }
  }
}

/// Why a fact could not be had.
package struct FactFailure: Error, Hashable, Sendable {
  /// A word of the protocol; open, so that a newer agent's reason is kept as it is.
  package struct Reason: Hashable, Sendable {
    package let text: String
    package init(_ text: String) { self.text = text }
    /// This system has no such source.
    package static let unsupported = Reason("unsupported")
    /// The agent may not read it.
    package static let denied = Reason("denied")
    /// It did not answer in time.
    package static let timedOut = Reason("timed-out")
    /// It answered with something unreadable.
    package static let malformed = Reason("malformed")
    /// Anything else; `detail` has the system's words.
    package static let failed = Reason("failed")
  }
  package let reason: Reason
  /// The system's own words, for a person.
  package let detail: String
  package init(_ reason: Reason, _ detail: String) {
    self.reason = reason
    self.detail = detail
  }
}

/// A value that a fact can carry.
package protocol FactValue: Hashable, Sendable {
  /// Reads the wire form; `nil` when it is not this kind of value.
  init?(json: JSON)
  /// The wire form.
  var json: JSON { get }
}

extension Fact {
  package var json: JSON {
    switch self {
    case .observed(let value, let source):
      ["status": "observed", "value": value.json, "source": .string(source)]
    case .absent(let source):
      ["status": "absent", "source": .string(source)]
    case .failed(let failure, let source):
      [
        "status": "failed", "reason": .string(failure.reason.text), "detail": .string(failure.detail),
        "source": .string(source),
      ]
    }
  }

  /// Reads a fact of a reply. A member that is missing or not a fact reads as failed, never as a value: one bad member
  /// costs only itself.
  package init(json: JSON?, member: String) {
    guard let json else {
      self = .failed(FactFailure(.unsupported, "the reply has no member " + member), source: member)
      return
    }
    let source = json["source"]?.string ?? member
    switch json["status"]?.string {
    case "observed":
      if let value = json["value"].flatMap({ Value(json: $0) }) {
        self = .observed(value, source: source)
      } else {
        self = .failed(FactFailure(.malformed, member + " has no value of its kind"), source: source)
      }
    case "absent":
      self = .absent(source: source)
    case "failed":
      self = .failed(
        FactFailure(FactFailure.Reason(json["reason"]?.string ?? "failed"), json["detail"]?.string ?? ""),
        source: source)
    default:
      self = .failed(FactFailure(.malformed, member + " is not a fact"), source: source)
    }
  }
}

extension String: FactValue {
  package init?(json: JSON) {
    guard let text = json.string else { return nil }
    self = text
  }
  package var json: JSON { .string(self) }
}
extension Bool: FactValue {
  package init?(json: JSON) {
    guard let value = json.bool else { return nil }
    self = value
  }
  package var json: JSON { .bool(self) }
}
extension Int64: FactValue {
  /// Reads an integer, or the decimal string that larger ones are written as.
  package init?(json: JSON) {
    if let value = json.int {
      self = value
    } else if let text = json.string, text.utf8.count <= 20,
      text.utf8.dropFirst(text.utf8.first == UInt8(ascii: "-") ? 1 : 0).allSatisfy({ 0x30...0x39 ~= $0 }),
      let value = Int64(text)
    {
      self = value
    } else {
      return nil
    }
  }
  /// An integer within ±2^53, a decimal string outside.
  package var json: JSON { magnitude <= 1 << 53 ? .integer(self) : .string(String(self)) }
}
extension UInt64: FactValue {
  /// Reads an integer, or the decimal string that larger ones are written as.
  package init?(json: JSON) {
    if let value = json.uint {
      self = value
    } else if let text = json.string, text.utf8.count <= 20, text.utf8.allSatisfy({ 0x30...0x39 ~= $0 }),
      let value = UInt64(text)
    {
      self = value
    } else {
      return nil
    }
  }
  /// An integer up to 2^53, a decimal string above.
  package var json: JSON { self <= 1 << 53 ? .integer(self) : .string(String(self)) }
}
extension [String]: FactValue {
  /// Reads a list of at most 64 texts.
  package init?(json: JSON) {
    guard let elements = json.array, elements.count <= 64 else { return nil }
    var texts: [String] = []
    for element in elements {
      guard let text = element.string else { return nil }
      texts.append(text)
    }
    self = texts
  }
  package var json: JSON { .array(map { JSON.string($0) }) }
}
extension UInt16: FactValue {
  package init?(json: JSON) {
    guard let value = json.uint, value <= 0xffff else { return nil }
    self = UInt16(value)
  }
  package var json: JSON { .integer(self) }
}
