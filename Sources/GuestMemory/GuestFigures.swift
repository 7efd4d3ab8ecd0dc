// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// What a guest says of its memory, by the one witness that says most.
struct GuestFigures {
  enum Witness: Hashable {
    /// The agent's `guest.memory`: the system's own view of its memory.
    case agent
    /// The balloon's statistics, as QEMU has them or as the agent computed them.
    case statistics
  }

  let witness: Witness
  /// By the names of `guest.memory`; those of the statistics are translated.
  let leaves: [String: Observation<UInt64>]
  /// When it was told, by this machine's clock where that is known.
  let time: Double?

  subscript(name: String) -> Observation<UInt64>? { leaves[name] }

  /// How much newer the statistics must be before they are taken instead of the agent's figures, which say more, in
  /// seconds.
  private static let patience = 10.0

  /// `nil` when nobody told of a total.
  static func best(_ evidence: Evidence) -> GuestFigures? {
    var candidates: [GuestFigures] = []
    let reading = evidence.readings.last
    candidates += ofAgent(evidence.guest.memory, at: evidence.guest.memory.provenance.time)
    if let guest = reading?.guest { candidates += ofAgent(guest.memory, at: reading?.time) }
    if let reading {
      candidates += ofStatistics(reading.statistics, at: reading.lastUpdate.value.map { Double($0) } ?? reading.time)
    }
    candidates += ofStatistics(evidence.guest.statistics, at: evidence.guest.statistics.provenance.time)
    return candidates.reduce(nil) { best, next in
      guard let best else { return next }
      guard let old = best.time, let new = next.time else { return best }
      let patience = best.witness == .agent && next.witness == .statistics ? patience : 0
      // Of equals the first: the agent's long answer, then what the host passed on.
      return new > old + patience ? next : best
    }
  }

  private static func ofAgent(
    _ memory: Observation<[String: Observation<UInt64>]>, at time: Double?
  ) -> [GuestFigures] {
    guard let leaves = memory.value, leaves["total"]?.value != nil else { return [] }
    return [GuestFigures(witness: .agent, leaves: leaves, time: time)]
  }

  /// The names of the statistics and those of `guest.memory`.
  private static let names = [
    "totalMemory": "total", "freeMemory": "free", "availableMemory": "available", "diskCaches": "caches",
  ]

  private static func ofStatistics(
    _ statistics: Observation<[String: Observation<UInt64>]>?, at time: Double?
  ) -> [GuestFigures] {
    guard let leaves = statistics?.value, leaves["totalMemory"]?.value != nil else { return [] }
    let named = leaves.compactMap { name, leaf in names[name].map { ($0, leaf) } }
    return [GuestFigures(witness: .statistics, leaves: Dictionary(named) { first, _ in first }, time: time)]
  }
}
