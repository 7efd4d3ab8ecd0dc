// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Takes readings in a steady rhythm for as long as somebody wants to see a guest, and keeps every one.
struct Watch {
  /// What the time is measured by.
  let clock: any Clock<Duration>
  let duration: Duration
  let interval: Duration

  /// The longest watch.
  static let longest = Duration.seconds(3_600)
  /// The quickest rhythm.
  static let quickest = Duration.milliseconds(250)
  /// How many readings are kept, the first included.
  static let limit = 2_000

  /// - Parameters:
  ///   - duration: at most ``longest``.
  ///   - interval: from ``quickest``; stretched where that would be more than ``limit`` readings.
  init(clock: any Clock<Duration>, duration: Duration, interval: Duration) {
    self.clock = clock
    self.duration = max(.zero, min(duration, Self.longest))
    self.interval = min(max(interval, Self.quickest, self.duration / (Self.limit - 2)), Self.longest)
  }

  /// What a report must tell of the rhythm; `nil` when it is what was asked for.
  func notice(asked: Duration) -> String? {
    guard interval > asked else { return nil }
    return "A reading was taken every \(interval.seconds) s, not every \(asked.seconds) s: "
      + "no more than \(Self.limit) are kept, and none within a quarter of a second."
  }

  /// Hands each reading to `keep` as it is taken; ends early when the caller is cancelled.
  /// - Returns: how long it watched.
  func run(_ read: @Sendable () async -> Reading, keep: (Reading) async -> Void) async -> Duration {
    await run(by: clock, read, keep)
  }

  private func run(
    by clock: some Clock<Duration>, _ read: @Sendable () async -> Reading, _ keep: (Reading) async -> Void
  ) async -> Duration {
    let start = clock.now
    var due = min(interval, duration)
    while due > .zero {
      try? await clock.sleep(until: start.advanced(by: due), tolerance: nil)
      guard !Task.isCancelled else { break }
      await keep(await read())
      // Readings that were due while this one was taken are not made up for; the last is taken at the end.
      let passed = start.duration(to: clock.now)
      guard due < duration, passed < duration else { break }
      repeat { due += interval } while due <= passed
      due = min(due, duration)
    }
    return start.duration(to: clock.now)
  }
}
