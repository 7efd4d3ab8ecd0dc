// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Transports

/// One target among several.
package struct TargetJob: Sendable {
  /// What a person calls it: the argument of the command line, or the domain's name.
  package let label: String
  /// Gathers its evidence; what is known before the end is published to the progress, which the collector is given.
  package let collect: @Sendable (CollectionProgress) async throws(TargetError) -> Evidence

  package init(
    label: String,
    collect: @escaping @Sendable (CollectionProgress) async throws(TargetError) -> Evidence
  ) {
    self.label = label
    self.collect = collect
  }
}

/// What became of one target.
package struct TargetOutcome: Hashable, Sendable {
  package enum Outcome: String, Hashable, Sendable {
    /// It was looked at to the end; a source of it may have failed all the same.
    case collected
    /// Its time was up, or somebody interrupted it: what was had by then is kept.
    case partial
    /// Nothing was had.
    case failed
  }

  /// As ``TargetJob/label``.
  package var label: String
  package var outcome: Outcome
  /// How long it took.
  package var seconds: Double
  /// Why it is not all, and what would have been needed; `nil` when it is.
  package var failure: Failure?

  package init(label: String, outcome: Outcome, seconds: Double, failure: Failure?) {
    self.label = label
    self.outcome = outcome
    self.seconds = seconds
    self.failure = failure
  }
}

/// Collects from many targets at once. Each has its own time, and one that hangs or fails costs the others nothing.
package struct ParallelRun: Sendable {
  /// How many are looked at at the same time.
  package static let defaultLimit = 64
  /// What one may have open at a time: libvirt's connections with what they wake each other by, or a few sockets.
  private static let filesOfOne = 4
  /// What the process has open besides.
  private static let otherFiles = 64

  /// What one target gave.
  package struct Result: Sendable {
    package let outcome: TargetOutcome
    fileprivate let held: Held?
    /// `nil` when nothing was had.
    package var evidence: Evidence? { held?.evidence }
  }

  /// Evidence is large, and each step that hands it on would have a copy in its frame, for as many guests as are looked
  /// at.
  fileprivate final class Held: Sendable {
    let evidence: Evidence
    init(_ evidence: Evidence) { self.evidence = evidence }
  }

  let limit: Int
  let deadline: Duration
  let grace: Duration
  let clock: WallClock

  /// - Parameters:
  ///   - limit: how many targets are looked at at the same time, at least one.
  ///   - deadline: how long one target may take from its own beginning; see ``GuestCollector/guestTime``.
  ///   - grace: how long a target whose time is up, or that is interrupted, may take to hand over what it has; then it
  ///     is left behind, and what it has published counts.
  package init(
    limit: Int = ParallelRun.defaultLimit, deadline: Duration, grace: Duration = .seconds(1),
    clock: WallClock = .system
  ) {
    self.limit = max(1, limit)
    self.deadline = deadline
    self.grace = grace
    self.clock = clock
  }

  /// Runs the jobs; cancelled, it keeps what was done.
  ///
  /// - Parameters:
  ///   - progress: called once for each target that has ended, never by two tasks at once.
  ///   - digest: makes of a result, and the number of its job, what is kept of it, as soon as it is there.
  /// - Returns: what was kept, in the order of the jobs.
  package func run<Kept: Sendable>(
    _ jobs: [TargetJob], progress: (@Sendable (TargetOutcome) -> Void)? = nil,
    keeping digest: @escaping @Sendable (Int, Result) -> Kept
  ) async -> [Kept] {
    var results = [Kept?](repeating: nil, count: jobs.count)
    // With fewer files a guest would be told as one that cannot be reached.
    let room = jobs.count > 1 ? max(1, (OpenFiles.raised() - Self.otherFiles) / Self.filesOfOne) : 1
    await withTaskGroup(of: (Int, TargetOutcome, Kept).self) { group in
      var next = 0
      func start() {
        guard next < jobs.count else { return }
        let index = next
        next += 1
        group.addTask {
          let result = await run(jobs[index])
          return (index, result.outcome, digest(index, result))
        }
      }
      for _ in 0..<min(limit, room, jobs.count) { start() }
      while let (index, outcome, kept) = await group.next() {
        results[index] = kept
        progress?(outcome)
        start()
      }
    }
    return results.compactMap { $0 }
  }

  /// Runs the jobs and keeps all that they gave, in their order.
  package func run(_ jobs: [TargetJob]) async -> [Result] { await run(jobs) { $1 } }

  private func run(_ job: TargetJob) async -> Result {
    let begun = ContinuousClock.now
    let interrupted = Failure(.failed, "interrupted before it was asked", ask: "collect again")
    guard !Task.isCancelled else { return result(job, begun, .failed, nil, interrupted) }
    let progress = CollectionProgress()
    let work = Task { () async -> Swift.Result<Held, TargetError> in
      do throws(TargetError) { return .success(Held(try await job.collect(progress))) } catch { return .failure(error) }
    }
    let shortfall: Failure
    do {
      // Only the waiting ends with the time: a call that ignores cancellation is left behind.
      switch try await withDeadline(begun + deadline, { await work.value }) {
      case .success(let evidence): return result(job, begun, .collected, evidence, nil)
      case .failure(let error): return result(job, begun, .failed, nil, error.outcome)
      }
    } catch {
      shortfall =
        error is DeadlineExceeded
        ? Failure(
          .timedOut, "the guest's time of \(deadline.seconds) s was up; what was had by then is kept",
          ask: "collect it alone, with a longer --deadline")
        : Failure(.failed, "interrupted; what was had by then is kept", ask: "collect again")
    }
    work.cancel()
    let grace = grace
    let late = await uncancelled { try? await withDeadline(.now + grace) { await work.value } }
    if case .success(let evidence)? = late { return result(job, begun, .partial, evidence, shortfall) }
    guard let known = knownSoFar(progress, shortfall) else {
      var failure = shortfall
      failure.detail =
        failure.reason == .timedOut ? "no answer within \(deadline.seconds) s" : "interrupted before anything was had"
      return result(job, begun, .failed, nil, failure)
    }
    return result(job, begun, .partial, known, shortfall)
  }

  private func knownSoFar(_ progress: CollectionProgress, _ shortfall: Failure) -> Held? {
    guard var evidence = progress.evidence else { return nil }
    evidence.collection.finished = clock.now()
    evidence.collection.notices.append("Not all was asked: \(shortfall.detail).")
    return Held(evidence)
  }

  private func result(
    _ job: TargetJob, _ begun: ContinuousClock.Instant, _ outcome: TargetOutcome.Outcome, _ held: Held?,
    _ failure: Failure?
  ) -> Result {
    Result(
      outcome: TargetOutcome(
        label: job.label, outcome: outcome, seconds: (ContinuousClock.now - begun).seconds, failure: failure),
      held: held)
  }
}

extension TargetError {
  /// The failure with the whole line: what, where, what to do.
  fileprivate var outcome: Failure { Failure(failure.reason, message, ask: failure.ask) }
}
