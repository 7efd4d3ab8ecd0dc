// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Synchronization

/// What of a guest is known so far, for whoever may not wait for the rest.
package final class CollectionProgress: Sendable {
  private let state = Mutex<Evidence?>(nil)

  package init() {}

  /// The evidence as far as it has come; `nil` before the guest was reached.
  package var evidence: Evidence? { state.withLock { $0 } }

  package func publish(_ evidence: Evidence) { state.withLock { $0 = evidence } }
}

extension GuestCollector {
  /// Tells whoever looks on how far the evidence has come.
  func publish(_ evidence: Evidence, _ runner: SourceRunner) async {
    guard let progress else { return }
    var known = evidence
    known.collection.finished = clock.now()
    known.collection.sources = await runner.outcomes
    progress.publish(known)
  }
}

/// Runs `body` to its end whether or not the caller is cancelled meanwhile. For questions that end by a deadline of
/// their own, and whose half would be of no use.
package func uncancelled<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) async -> Value {
  await Task(operation: body).value
}
