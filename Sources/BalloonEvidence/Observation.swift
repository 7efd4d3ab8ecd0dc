// SPDX-License-Identifier: GPL-3.0-or-later

/// One leaf of the evidence: what became of one question put to one source.
///
/// Unknown is never 0 and never "": a value stands here only when a source gave it.
package enum Observation<Value: Codable & Hashable & Sendable>: Hashable, Sendable {
  /// The source gave this value.
  case observed(Value, Provenance)
  /// The source was asked and answered that there is none: a statistic of 2^64-1, an XML without the element.
  case absent(Provenance)
  /// The source could not be asked, or its answer could not be read.
  case failed(Failure, Provenance)

  /// The value, when one was observed.
  package var value: Value? {
    guard case .observed(let value, _) = self else { return nil }
    return value
  }
  /// Where the answer, or its lack, comes from.
  package var provenance: Provenance {
    switch self {
    case .observed(_, let provenance), .absent(let provenance), .failed(_, let provenance): provenance
    }
  }
  /// Why there is no answer; `nil` when there is one.
  package var failure: Failure? {
    guard case .failed(let failure, _) = self else { return nil }
    return failure
  }
  /// Whether the source answered that there is none.
  package var isAbsent: Bool {
    guard case .absent = self else { return false }
    return true
  }

  /// The same outcome about another value; a value that `transform` refuses becomes a malformed answer.
  package func map<Other>(_ transform: (Value) -> Other?) -> Observation<Other> {
    switch self {
    case .observed(let value, let provenance):
      if let other = transform(value) { return .observed(other, provenance) }
      return .failed(Failure(.malformed, "not understood: \(String(describing: value).prefix(80))"), provenance)
    case .absent(let provenance): return .absent(provenance)
    case .failed(let failure, let provenance): return .failed(failure, provenance)
    }
  }
}

/// Where an observation comes from.
package struct Provenance: Codable, Hashable, Sendable {
  /// The source in the field's own words: `virDomainGetXMLDesc`, `query-pci`, `agent pci.functions: sysfs driver`.
  package var source: String
  /// Who said so. A guest can say anything.
  package var trust: Trust
  /// When the source answered: seconds since 1970 by this machine's clock; `nil` when an artefact does not tell.
  package var time: Double?

  package init(_ source: String, trust: Trust, time: Double?) {
    self.source = source
    self.trust = trust
    self.time = time
  }
}

/// Whose word an observation is.
package enum Trust: String, Codable, Hashable, Sendable {
  /// libvirt, QEMU, or this machine.
  case host
  /// Software inside the guest.
  case guest
}

/// Why a question has no answer.
package struct Failure: Codable, Hashable, Sendable, Error {
  package var reason: Reason
  /// One line for a person: what was tried and what the system said.
  package var detail: String
  /// The command or step that would give the answer, when one is known.
  package var ask: String?

  package init(_ reason: Reason, _ detail: String, ask: String? = nil) {
    self.reason = reason
    self.detail = detail
    self.ask = ask
  }

  /// An open set of words.
  package struct Reason: RawRepresentable, Codable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// Not asked for, because it needs a flag or a source that was not given.
    package static let notAsked = Reason(rawValue: "not-asked")
    /// The source has no such question (an older QEMU, another system).
    package static let unsupported = Reason(rawValue: "unsupported")
    /// The caller may not ask.
    package static let denied = Reason(rawValue: "denied")
    /// No answer by the deadline.
    package static let timedOut = Reason(rawValue: "timed-out")
    /// An answer that cannot be read.
    package static let malformed = Reason(rawValue: "malformed")
    /// The socket, channel or monitor serves somebody else now.
    package static let busy = Reason(rawValue: "busy")
    /// Nothing stands at that place.
    package static let notFound = Reason(rawValue: "not-found")
    /// The guest has not opened its end of the channel.
    package static let disconnected = Reason(rawValue: "disconnected")
    /// The peer answers, but does not speak this protocol or version.
    package static let incompatible = Reason(rawValue: "incompatible")
    /// Anything else.
    package static let failed = Reason(rawValue: "failed")
  }
}
