// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// Whether a guest feels what is taken from it: what ends an exercise at once.
package struct GuestDistress: Hashable, Sendable {
  /// What was seen before anything was asked for.
  let before: ExerciseReading
  /// What is to stay available, in bytes; `nil` where nothing that the guest says is trusted.
  let margin: UInt64?

  /// Swapping so much out is more than a guest does by the way, in bytes.
  static let swap: UInt64 = 4 << 20
  /// So many page faults that went to a disk, since the beginning.
  static let faults: UInt64 = 1_000

  package init(before: ExerciseReading, margin: UInt64?) {
    self.before = before
    self.margin = margin
  }

  /// What the guest feels, in one sentence; `nil` while it feels nothing.
  package func sign(_ now: ExerciseReading) -> String? {
    if let margin, let available = SafetyFloor.available(now), available < margin {
      return "\(available >> 20) MiB are available in the guest, less than the \(margin >> 20) MiB that it is to keep"
    }
    if let kills = rise("oomKills", now), kills > 0 {
      return "the guest has killed \(kills == 1 ? "a program" : "\(kills) programs") for lack of memory"
    }
    if let swapped = rise("swapOut", now), swapped >= Self.swap {
      return "the guest has swapped out \(swapped >> 20) MiB since the exercise began"
    }
    if let faults = rise("majorFaults", now), faults >= Self.faults {
      return "\(faults) page faults in the guest had to wait for its disk since the exercise began"
    }
    return nil
  }

  /// How far a counter has risen, by the host's statistics or by the agent's; `nil` when neither knows it twice.
  private func rise(_ name: String, _ now: ExerciseReading) -> UInt64? {
    let told = [
      difference(before.values[name], now.values[name]),
      difference(
        before.guest?.statistics.value?[name]?.value, now.guest?.statistics.value?[name]?.value),
    ]
    return told.compactMap { $0 }.max()
  }

  private func difference(_ then: UInt64?, _ now: UInt64?) -> UInt64? {
    guard let then, let now, now >= then else { return nil }
    return now - then
  }
}
