// SPDX-License-Identifier: GPL-3.0-or-later

/// How long an exercise waits for what.
package struct ExercisePace: Hashable, Sendable {
  /// How far apart two looks are. They, and not BALLOON_CHANGE, tell when a size was reached: QEMU announces that event
  /// no more than once a second (monitor/monitor.c, `monitor_qapi_event_conf`), and a rate needs better than that.
  package var look: Duration
  /// How long `actual` may stand still short of a target before the step is given up: longer than a guest waits for the
  /// host (Windows: 1 s) or between two tries (Linux: 200 ms).
  /// Source: virtio-win Balloon/sys/balloon.c; Linux drivers/virtio/virtio_balloon.c.
  package var standstill: Duration
  /// How long one step may take in all.
  package var step: Duration
  /// How long new statistics are waited for once a size was reached.
  package var statistics: Duration
  /// How long it is tried to ask for the original size again while nobody accepts it.
  package var restore: Duration
  /// How far apart two tries are.
  package var retry: Duration
  /// How many looks in a row may fail before the machine is taken to be lost.
  package var failures: Int

  package init(
    look: Duration = .milliseconds(250), standstill: Duration = .seconds(10), step: Duration = .seconds(300),
    statistics: Duration = .seconds(5), restore: Duration = .seconds(120), retry: Duration = .milliseconds(500),
    failures: Int = 4
  ) {
    self.look = look
    self.standstill = standstill
    self.step = step
    self.statistics = statistics
    self.restore = restore
    self.retry = retry
    self.failures = failures
  }

  /// The pace for a guest that delivers statistics every so many seconds.
  ///
  /// - Parameter shared: whether the monitor is others' too, who want their turns.
  package init(period: UInt64?, shared: Bool) {
    let period = min(period ?? 2, 60)
    self.init(
      look: shared ? .seconds(1) : .milliseconds(250), statistics: .seconds(2 * period + 3), failures: shared ? 6 : 4)
  }
}
