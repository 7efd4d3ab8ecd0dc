// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Glibc
import Reports

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
      job(place, transcripts.indices.contains(index) ? transcripts[index] : nil)
    }
    let run = ParallelRun(limit: Self.limit(places), deadline: GuestCollector(options, probe: probe).guestTime)
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

  /// How many are looked at at once. A domain takes connections and threads of libvirt, here and in its daemon; a
  /// socket takes next to nothing, but of too many at once some would seem late that only wait for this machine.
  private static func limit(_ places: [GuestPlace]) -> Int {
    places.contains(where: \.isLibvirt) ? ParallelRun.defaultLimit : 4 * ParallelRun.defaultLimit
  }

  private func job(_ place: GuestPlace, _ transcript: Transcript?) -> TargetJob {
    TargetJob(label: place.target.label) { progress async throws(TargetError) in
      if let known = place.knownBefore(tool: options.tool) { progress.publish(known) }
      return try await place.collect(
        by: GuestCollector(options, probe: probe, transcript: transcript, progress: progress), target)
    }
  }

  /// One line on a terminal for a guest that is done.
  private static func tell(_ step: ParallelRun.Step) {
    let seconds = (step.outcome.seconds * 10).rounded() / 10
    Console.complain(
      "[\(step.done)/\(step.total)] \(step.outcome.label): \(step.outcome.outcome.rawValue), \(seconds) s")
  }
}
