// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Glibc
import Synchronization

/// Looks at several guests at once, and ends early, with what it has, when it is interrupted.
struct GuestsRun {
  let options: CollectionOptions
  let target: TargetOptions
  let probe: GuestProbe?

  private let tally = Tally()

  init(options: CollectionOptions, target: TargetOptions, probe: GuestProbe?) {
    self.options = options
    self.target = target
    self.probe = probe
  }

  /// Does the work, and ends it early when it is interrupted: see ``look(at:hosts:transcripts:keeping:)``. To be called
  /// while there is an ``Interruption``.
  func untilInterrupted<Value: Sendable>(
    _ body: @escaping @Sendable () async -> Value
  ) async -> (value: Value, isInterrupted: Bool) {
    let work = Task { await body() }
    let watch = Task {
      while !Task.isCancelled {
        if Interruption.hasCome {
          Interruption.letNextTakeEffect()
          Console.complain("interrupted: what was had is kept; once more ends it at once")
          work.cancel()
          return true
        }
        try? await Task.sleep(for: .milliseconds(100))
      }
      return false
    }
    let value = await work.value
    watch.cancel()
    return (value, await watch.value)
  }

  /// Looks at the guests of one host, or those that were named; cancelled, it keeps what was had.
  ///
  /// - Parameters:
  ///   - hosts: of how many hosts guests are looked at at the same time.
  ///   - transcripts: where what each guest's sources say is taken down; empty for nowhere.
  ///   - digest: makes of what a guest gave what is kept of it.
  /// - Returns: what was kept, in the order of the guests.
  func look<Kept: Sendable>(
    at places: [GuestPlace], hosts: Int = 1, transcripts: [Transcript] = [],
    keeping digest: @escaping @Sendable (GuestPlace, ParallelRun.Result) -> Kept
  ) async -> [Kept] {
    if places.contains(where: \.isLibvirt) { await LibvirtSession.prepareForSeveral(within: options.deadline) }
    let pool = LibvirtPool()
    let jobs = places.enumerated().map { index, place in
      let transcript = transcripts.indices.contains(index) ? transcripts[index] : nil
      return place.job(target, pool) { GuestCollector(options, probe: probe, transcript: transcript, progress: $0) }
    }
    let run = ParallelRun(
      limit: places.parallelLimit(ofHosts: hosts), deadline: GuestCollector(options, probe: probe).guestTime)
    tally.add(places.count)
    let isTerminal = isatty(STDERR_FILENO) == 1
    return await run.run(
      jobs, progress: { if isTerminal { tally.tell($0) } }, keeping: { digest(places[$0], $1) })
  }

  /// How far a run has come on all hosts.
  private final class Tally: Sendable {
    private let state = Mutex((done: 0, total: 0))

    func add(_ count: Int) { state.withLock { $0.total += count } }

    /// One line on a terminal for a guest of several that is done.
    func tell(_ outcome: TargetOutcome) {
      let (done, total) = state.withLock { state in
        state.done += 1
        return state
      }
      guard total > 1 else { return }
      let seconds = (outcome.seconds * 10).rounded() / 10
      Console.complain("[\(done)/\(total)] \(outcome.label): \(outcome.outcome.rawValue), \(seconds) s")
    }
  }
}
