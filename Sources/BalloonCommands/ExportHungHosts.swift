// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// Hosts that did not answer in time. A call of libvirt that hangs keeps a thread and a connection until it returns,
/// which may be never, so such a host is asked less and less often: after a minute, two, four, at last once an hour.
package struct HungHosts: Sendable {
  package static let shortestRest = Duration.seconds(60)
  package static let longestRest = Duration.seconds(3_600)

  private var resting: [Target: (rest: Duration, until: ContinuousClock.Instant)] = [:]

  package init() {}

  /// Whether the host is not to be asked yet.
  package func isResting(_ host: Target, _ now: ContinuousClock.Instant) -> Bool {
    resting[host].map { now < $0.until } ?? false
  }

  /// It has hung once more.
  package mutating func note(_ host: Target, _ now: ContinuousClock.Instant) {
    let rest = resting[host].map { min($0.rest * 2, Self.longestRest) } ?? Self.shortestRest
    resting[host] = (rest, now + rest)
  }

  /// It has answered.
  package mutating func forgive(_ host: Target) { resting[host] = nil }
}
