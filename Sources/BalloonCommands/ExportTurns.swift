// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Reports

/// In which order a scrape comes to the guests, and what earlier ones saw of each.
///
/// When there are more than can be looked at in the time of one scrape, those that it does not come to are shown as they
/// were seen last, with the time of that, and are the first of the next. Nobody waits for ever, and a guest that hangs
/// waits a little longer than the others.
package struct ExportTurns: Sendable {
  /// How long a guest is shown as it was seen last, in seconds: as long as Prometheus itself looks back for a sample
  /// (`--query.lookback-delta`).
  package static let longestAge = 300.0
  /// How much later than it was a turn counts in which a guest hung, in seconds: so it is asked after those that answer.
  package static let penalty = 60.0

  private struct Turn: Sendable {
    /// When it counts as last asked, in seconds since 1970.
    var asked: Double
    /// What it was when it was seen last, and the time of that.
    var seen: GuestExposition?
    var time = 0.0
  }
  private var turns: [Target: Turn] = [:]

  package init() {}

  /// How many guests are remembered.
  package var count: Int { turns.count }

  /// Indices of the targets, the one that has waited longest first; those that were never asked are before all others.
  package func order(_ targets: [Target]) -> [Int] {
    let asked = targets.map { turns[$0]?.asked ?? -.infinity }
    return targets.indices.sorted { (asked[$0], $0) < (asked[$1], $1) }
  }

  /// A guest was looked at to the end of its turn.
  ///
  /// - Parameters:
  ///   - seen: what was had; `nil` for nothing.
  ///   - isLate: whether it, or something in it, did not answer in time.
  package mutating func note(_ target: Target, _ seen: GuestExposition?, isLate: Bool, now: Double) {
    turns[target] = Turn(asked: now + (isLate ? Self.penalty : 0), seen: seen, time: now)
  }

  /// How a guest was that is not come to in this scrape; `nil` when that was never or too long ago.
  package func last(_ target: Target, now: Double) -> GuestExposition? {
    guard let turn = turns[target], (0...Self.longestAge).contains(now - turn.time) else { return nil }
    return turn.seen
  }

  /// Forgets the guests that are no more.
  package mutating func keep(only targets: Set<Target>) { turns = turns.filter { targets.contains($0.key) } }
}
