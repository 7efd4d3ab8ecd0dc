// SPDX-License-Identifier: GPL-3.0-or-later

/// One demand of the specification that can be tested from outside.
package struct ConformanceCheck: Sendable {
  /// Stable and unique, such as `json.duplicate-key`.
  package let id: String
  /// The section of `protocol/specification.md` that demands it.
  package let section: String
  /// What is demanded, as a sentence.
  package let demand: String
  /// Whether the check needs a connection of its own.
  let isFresh: Bool
  /// Returns what was seen when the agent does as demanded.
  let run: @Sendable (ConformanceProbe) async throws(ConformanceFailure) -> String

  init(
    _ id: String, _ section: String, _ demand: String, fresh: Bool = false,
    _ run: @escaping @Sendable (ConformanceProbe) async throws(ConformanceFailure) -> String
  ) {
    self.id = id
    self.section = section
    self.demand = demand
    isFresh = fresh
    self.run = run
  }
}

/// Why a check was not passed: what was seen instead, as one line in which the guest's text is escaped.
package struct ConformanceFailure: Error, Hashable, Sendable {
  package let seen: String
  /// Whether the agent sent anything at all meanwhile.
  let heard: Bool
  init(_ seen: String, heard: Bool = true) {
    self.seen = seen
    self.heard = heard
  }
}

/// What became of one check.
package struct ConformanceResult: Hashable, Sendable {
  package enum Verdict: String, Hashable, Sendable {
    case passed
    case failed
    /// Not run, because the agent had stopped answering.
    case skipped
  }
  package let id: String
  package let section: String
  package let demand: String
  package let verdict: Verdict
  /// What was seen, as one line in which the guest's text is escaped.
  package let seen: String
}
