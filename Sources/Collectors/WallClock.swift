// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// The clock that the evidence's times are read from; a parameter, so that tests have their own.
package struct WallClock: Sendable {
  /// Seconds since 1970.
  package let now: @Sendable () -> Double
  package init(now: @escaping @Sendable () -> Double) { self.now = now }

  /// This machine's clock (CLOCK_REALTIME).
  package static let system = WallClock {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec / 1_000_000) / 1_000
  }
}
