// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Runs one source after the other or beside each other, and keeps what became of each: one that fails hides no other.
actor SourceRunner {
  private(set) var outcomes: [SourceOutcome] = []

  /// Runs `body`; its failure is recorded under `name`, and returned.
  /// - Parameter shortfall: what a value that was had all the same lacks.
  nonisolated func run<Value: Sendable>(
    _ name: String, shortfall: (Value) -> Failure? = { _ in nil }, _ body: @Sendable () async throws(Failure) -> Value
  ) async -> Result<Value, Failure> {
    let start = ContinuousClock.now
    let result: Result<Value, Failure>
    do throws(Failure) { result = .success(try await body()) } catch { result = .failure(error) }
    let failure: Failure? =
      switch result {
      case .success(let value): shortfall(value)
      case .failure(let failure): failure
      }
    await record(name, failure, took: ContinuousClock.now - start)
    return result
  }

  func record(_ name: String, _ failure: Failure?, took time: Duration) {
    outcomes.append(SourceOutcome(name: name, failure: failure, seconds: time.seconds))
  }
}

extension Duration {
  /// The duration in seconds, to the millisecond.
  var seconds: Double {
    let milliseconds = components.seconds * 1_000 + components.attoseconds / 1_000_000_000_000_000
    return Double(milliseconds) / 1_000
  }
}
