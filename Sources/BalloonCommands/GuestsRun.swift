// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Glibc

/// Looks at several guests at once, and ends early, with what it has, when it is interrupted.
struct GuestsRun {
  let options: CollectionOptions
  let target: TargetOptions
  let probe: GuestProbe?

  /// To be called while there is an ``Interruption``.
  ///
  /// - Parameters:
  ///   - transcripts: where what each guest's sources say is taken down; empty for nowhere.
  ///   - digest: makes of what a guest gave what is kept of it.
  func run<Kept: Sendable>(
    _ places: [GuestPlace], transcripts: [Transcript] = [],
    keeping digest: @escaping @Sendable (Int, ParallelRun.Result) -> Kept
  ) async -> (kept: [Kept], isInterrupted: Bool) {
    if places.contains(where: \.isLibvirt) { await LibvirtSession.prepareForSeveral(within: options.deadline) }
    let jobs = places.enumerated().map { index, place in
      let transcript = transcripts.indices.contains(index) ? transcripts[index] : nil
      return place.job(target) { GuestCollector(options, probe: probe, transcript: transcript, progress: $0) }
    }
    let run = ParallelRun(limit: places.parallelLimit, deadline: GuestCollector(options, probe: probe).guestTime)
    let isTerminal = isatty(STDERR_FILENO) == 1 && places.count > 1
    let work = Task {
      await run.run(jobs, progress: { step in if isTerminal { Self.tell(step) } }, keeping: digest)
    }
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
    let kept = await work.value
    watch.cancel()
    return (kept, await watch.value)
  }

  /// One line on a terminal for a guest that is done.
  private static func tell(_ step: ParallelRun.Step) {
    let seconds = (step.outcome.seconds * 10).rounded() / 10
    Console.complain(
      "[\(step.done)/\(step.total)] \(step.outcome.label): \(step.outcome.outcome.rawValue), \(seconds) s")
  }
}
