// SPDX-License-Identifier: GPL-3.0-or-later
import Synchronization

/// The time given to an operation has passed.
package struct DeadlineExceeded: Error, Hashable, Sendable {
  package init() {}
}

/// Runs `body`, and stops waiting for it at `deadline`.
///
/// A body that ignores cancellation (a blocking call of libvirt, say) is left behind rather than awaited, which a task
/// group would do: its result is dropped when it comes at last.
/// - Throws: what `body` throws, ``DeadlineExceeded``, or `CancellationError` when the caller is cancelled.
package func withDeadline<Value: Sendable>(
  _ deadline: ContinuousClock.Instant, _ body: @escaping @Sendable () async throws -> Value
) async throws -> Value {
  let race = Race<Value>()
  return try await withTaskCancellationHandler {
    try await withCheckedThrowingContinuation { continuation in
      guard race.begin(continuation) else { return }
      let work = Task {
        do { race.finish(.success(try await body())) } catch { race.finish(.failure(error)) }
      }
      let timer = Task {
        try await Task.sleep(until: deadline, clock: .continuous)
        race.finish(.failure(DeadlineExceeded()))
      }
      race.afterwards {
        work.cancel()
        timer.cancel()
      }
    }
  } onCancel: {
    race.finish(.failure(CancellationError()))
  }
}

/// The first of several results wins; the continuation is resumed once.
private final class Race<Value: Sendable>: Sendable {
  private enum State {
    case waiting
    case running(CheckedContinuation<Value, any Error>, cleanup: (@Sendable () -> Void)?)
    case finished(Result<Value, any Error>)
  }
  private let state = Mutex(State.waiting)

  /// Takes the continuation; false when the race was over before it began, and the continuation has been resumed.
  func begin(_ continuation: CheckedContinuation<Value, any Error>) -> Bool {
    let early: Result<Value, any Error>? = state.withLock { state in
      if case .finished(let result) = state { return result }
      state = .running(continuation, cleanup: nil)
      return nil
    }
    guard let early else { return true }
    continuation.resume(with: early)
    return false
  }

  func finish(_ result: Result<Value, any Error>) {
    let previous: State = state.withLock { state in
      let previous = state
      if case .finished = previous { return previous }
      state = .finished(result)
      return previous
    }
    guard case .running(let continuation, let cleanup) = previous else { return }
    continuation.resume(with: result)
    cleanup?()
  }

  /// Runs `cleanup` when the race ends, at once if it has.
  func afterwards(_ cleanup: @escaping @Sendable () -> Void) {
    let over = state.withLock { state in
      guard case .running(let continuation, _) = state else { return true }
      state = .running(continuation, cleanup: cleanup)
      return false
    }
    if over { cleanup() }
  }
}
