// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Takes readings until the statistics have advanced, at most twice the period plus a second: what is said to be
/// frozen has been watched for longer than a working guest would take.
struct Sampler {
  /// What the window is measured by.
  let clock: any Clock<Duration>
  /// Seconds between two deliveries; `nil` or 0 when none is due, or the period is not known.
  let period: UInt64?
  /// The size that somebody asked for, when it is known.
  let target: UInt64?

  /// The longest window, whatever the period.
  static let longestWindow = Duration.seconds(181)

  /// How long this takes at most.
  var window: Duration {
    guard let period, period > 0 else { return .seconds(2) }
    guard period < 90 else { return Self.longestWindow }
    return .seconds(2 * period + 1)
  }

  /// The readings that follow `first`: each that shows a new last-update or size, and the last.
  func sample(after first: Reading, _ read: @Sendable () async -> Reading) async -> [Reading] {
    await sample(after: first, by: clock, read)
  }

  private func sample(
    after first: Reading, by clock: some Clock<Duration>, _ read: @Sendable () async -> Reading
  ) async -> [Reading] {
    let start = clock.now
    let pause: Duration = (period ?? 0) > 4 ? .seconds(1) : .milliseconds(250)
    var kept: [Reading] = []
    var last = first
    while start.duration(to: clock.now) < window, !Task.isCancelled {
      try? await clock.sleep(until: clock.now.advanced(by: pause), tolerance: nil)
      guard !Task.isCancelled else { break }
      let reading = await read()
      if reading.lastUpdate.value != last.lastUpdate.value || reading.actual.value != last.actual.value {
        kept.append(reading)
      }
      last = reading
      if isEnough(first, reading) { break }
    }
    if kept.last != last, last != first { kept.append(last) }
    return kept
  }

  /// Whether the statistics advance and the size is where it was asked to be, so that more time would show nothing new.
  private func isEnough(_ first: Reading, _ now: Reading) -> Bool {
    guard let then = first.lastUpdate.value, let update = now.lastUpdate.value, update > then else { return false }
    guard let target, let actual = now.actual.value else { return true }
    return actual == target
  }
}
