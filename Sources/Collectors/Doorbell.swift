// SPDX-License-Identifier: GPL-3.0-or-later

/// Wakes whoever waits for a moment, before that moment, because something has happened.
actor Doorbell {
  private var isRung = false
  private var waiter: CheckedContinuation<Void, Never>?

  /// May be called from any thread; it does not wait. Rings that nobody waits for count as one.
  nonisolated func ring() { Task { await self.sound() } }

  private func sound() {
    isRung = true
    release()
  }

  private func release() {
    waiter?.resume()
    waiter = nil
  }

  /// Returns when it is rung, when `instant` has come, or when the caller is cancelled. For one caller.
  func wait(until instant: ContinuousClock.Instant) async {
    defer { isRung = false }
    guard !isRung, !Task.isCancelled, ContinuousClock.now < instant else { return }
    let timer = Task {
      try? await Task.sleep(until: instant, clock: .continuous)
      if !Task.isCancelled { self.release() }
    }
    defer { timer.cancel() }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // A ring may have come while the timer was set.
        if isRung { continuation.resume() } else { waiter = continuation }
      }
    } onCancel: {
      ring()
    }
  }
}
