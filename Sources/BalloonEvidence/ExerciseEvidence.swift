// SPDX-License-Identifier: GPL-3.0-or-later

/// What became of a balloon that was inflated and deflated on purpose. The host did and measured it; what the guest felt
/// is the guest's word.
package struct ExerciseEvidence: Codable, Hashable, Sendable {
  /// What it was done for.
  package enum Purpose: String, Codable, Hashable, Sendable {
    /// To measure how the guest and the host follow.
    case measure
    /// To prove, by one small step, that nobody in the guest follows.
    case proof
  }

  package var purpose: Purpose
  /// Seconds since 1970 by this machine's clock.
  package var started: Double
  package var finished: Double
  /// The size that was asked for in the end, as before, in bytes.
  package var original: UInt64
  /// How it is known that this was what the balloon had been asked for, in a few words of ours.
  package var originalSource: String
  /// The least that was asked for, in bytes.
  package var lowest: UInt64
  /// Below which it was not to go, in bytes, by the last look that told.
  package var floor: UInt64
  /// How the floor came about, in one sentence of ours.
  package var floorReason: String
  /// What was seen before anything was asked for.
  package var before: ExerciseReading?
  package var steps: [ExerciseStep]
  /// Why it ended before its time; `nil` when it went its whole way.
  package var stopped: Failure?
  /// Whether the original size was asked for again, and the balloon came back to it.
  package var restored: Bool
  /// Why it did not, or why the request was refused.
  package var restoreFailure: Failure?

  package init(
    purpose: Purpose = .measure, started: Double, finished: Double, original: UInt64, originalSource: String = "",
    lowest: UInt64, floor: UInt64, floorReason: String, before: ExerciseReading? = nil, steps: [ExerciseStep],
    stopped: Failure?, restored: Bool, restoreFailure: Failure? = nil
  ) {
    self.purpose = purpose
    self.started = started
    self.finished = finished
    self.original = original
    self.originalSource = originalSource
    self.lowest = lowest
    self.floor = floor
    self.floorReason = floorReason
    self.before = before
    self.steps = steps
    self.stopped = stopped
    self.restored = restored
    self.restoreFailure = restoreFailure
  }
}

/// One size that was asked for, and what followed.
package struct ExerciseStep: Codable, Hashable, Sendable {
  /// The size that was asked for, in bytes.
  package var target: UInt64
  /// When it was asked for, in seconds since 1970 by this machine's clock.
  package var asked: Double
  /// When the balloon was first seen at the target (or within what the driver rounds to); `nil`: never while it was
  /// waited for.
  package var reached: Double?
  /// What was seen while it was waited for, in order, those left out that showed nothing new; the last one is what it
  /// came to.
  package var readings: [ExerciseReading]

  package init(target: UInt64, asked: Double, reached: Double?, readings: [ExerciseReading]) {
    self.target = target
    self.asked = asked
    self.reached = reached
    self.readings = readings
  }
}

/// One look at everybody at once.
package struct ExerciseReading: Codable, Hashable, Sendable {
  /// Seconds since 1970 by this machine's clock.
  package var time: Double
  /// The balloon's size, in bytes.
  package var actual: Observation<UInt64>
  /// When the guest last delivered statistics, in seconds since 1970 by the clock of QEMU's host; absent when never.
  package var lastUpdate: Observation<UInt64>
  /// Resident memory of QEMU's process, huge pages of hugetlbfs not counted, in bytes.
  package var rss: Observation<UInt64>
  /// What of the guest's own RAM is resident, huge pages included, in bytes; `nil` when it was not looked at, because
  /// that takes the kernel a while.
  package var guestRAM: Observation<UInt64>?
  /// The guest's statistics as the host has them, by the names of `balloon.stats`; memory in bytes.
  package var statistics: Observation<[String: Observation<UInt64>]>
  /// What the agent said at that time; `nil` when it was not asked.
  package var guest: GuestReading?

  package init(
    time: Double, actual: Observation<UInt64>, lastUpdate: Observation<UInt64>, rss: Observation<UInt64>,
    guestRAM: Observation<UInt64>? = nil, statistics: Observation<[String: Observation<UInt64>]>,
    guest: GuestReading? = nil
  ) {
    self.time = time
    self.actual = actual
    self.lastUpdate = lastUpdate
    self.rss = rss
    self.guestRAM = guestRAM
    self.statistics = statistics
    self.guest = guest
  }

  /// The statistics that have a value.
  package var values: [String: UInt64] { (statistics.value ?? [:]).compactMapValues(\.value) }
}
