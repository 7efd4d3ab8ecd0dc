// SPDX-License-Identifier: GPL-3.0-or-later
import Synchronization

/// A clock that stands still but for those who sleep by it: they wake at once, and it is then.
final class ManualClock: Clock {
  struct Instant: InstantProtocol {
    let offset: Duration
    func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
    func duration(to other: Instant) -> Duration { other.offset - offset }
    static func < (one: Instant, other: Instant) -> Bool { one.offset < other.offset }
  }
  private let time = Mutex(Instant(offset: .zero))
  var now: Instant { time.withLock { $0 } }
  var minimumResolution: Duration { .nanoseconds(1) }
  func sleep(until deadline: Instant, tolerance: Duration?) async throws {
    time.withLock { $0 = max($0, deadline) }
    try Task.checkCancellation()
  }
  /// Seconds since the beginning.
  var seconds: Double {
    let time = now.offset.components
    return Double(time.seconds) + Double(time.attoseconds) / 1e18
  }
}
