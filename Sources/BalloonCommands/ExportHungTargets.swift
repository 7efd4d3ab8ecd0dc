// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// Hosts, or guests of libvirt, that did not answer in time. A call of libvirt that hangs keeps a thread and a connection
/// until it returns, which may be never, and one of the few workers of its daemon; so whoever hangs is asked less and
/// less often: after a minute, two, four, at last once in a longest time.
package struct HungTargets: Sendable {
  package static let shortestRest = Duration.seconds(60)
  package let longestRest: Duration

  private var resting: [Target: (rest: Duration, until: ContinuousClock.Instant)] = [:]

  package init(longestRest: Duration = .seconds(3_600)) { self.longestRest = longestRest }

  /// Whether it is not to be asked yet.
  package func isResting(_ target: Target, _ now: ContinuousClock.Instant) -> Bool {
    resting[target].map { now < $0.until } ?? false
  }

  /// It has hung once more.
  package mutating func note(_ target: Target, _ now: ContinuousClock.Instant) {
    let rest = resting[target].map { min($0.rest * 2, longestRest) } ?? Self.shortestRest
    resting[target] = (rest, now + rest)
  }

  /// It has answered.
  package mutating func forgive(_ target: Target) { resting[target] = nil }

  /// Forgets all others.
  package mutating func keep(only targets: Set<Target>) { resting = resting.filter { targets.contains($0.key) } }
}
