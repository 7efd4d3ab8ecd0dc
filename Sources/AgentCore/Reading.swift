// SPDX-License-Identifier: BSD-3-Clause
package import AgentProtocol

/// What came of looking at one place of the system, before it becomes a fact of a reply.
package enum Reading<Value> {
  case value(Value)
  /// There is no such place.
  case missing
  case failed(FactFailure)

  /// Goes on with the value, if there is one.
  package func then<Other>(_ next: (Value) -> Reading<Other>) -> Reading<Other> {
    switch self {
    case .value(let value): next(value)
    case .missing: .missing
    case .failed(let failure): .failed(failure)
    }
  }

  /// Goes on with the value, if there is one; a `nil` is unreadable, and `kind` says what was expected.
  package func parsed<Other>(as kind: String, _ parse: (Value) -> Other?) -> Reading<Other> {
    then { value in
      if let parsed = parse(value) { .value(parsed) } else { .failed(FactFailure(.malformed, "not " + kind)) }
    }
  }

  /// Looks elsewhere when there is no such place.
  package func or(_ other: () -> Reading<Value>) -> Reading<Value> {
    if case .missing = self { other() } else { self }
  }

  /// The value, if there is one.
  package var value: Value? {
    if case .value(let value) = self { value } else { nil }
  }
}

extension Reading where Value: FactValue {
  /// This as a fact of a reply.
  package func fact(source: String) -> Fact<Value> {
    switch self {
    case .value(let value): .observed(value, source: source)
    case .missing: .absent(source: source)
    case .failed(let failure): .failed(failure, source: source)
    }
  }
}
