// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Glibc
import Reports
import SupportBundle
import Synchronization

/// Collects from several guests for a bundle, and ends early, with what it has, when it is interrupted.
struct CollectionRun {
  let options: CollectionOptions
  let target: TargetOptions
  let probe: GuestProbe?

  /// To be called while there is an ``Interruption``.
  func collect(_ places: [CollectionTargets.Place]) async -> BundleContent {
    if places.contains(where: \.isLibvirt) { await LibvirtSession.prepareForSeveral(within: options.deadline) }
    let transcripts = places.map { _ in Transcript() }
    let jobs = zip(places, transcripts).map { job($0, $1) }
    let run = ParallelRun(deadline: GuestCollector(options, probe: probe).guestTime)
    let isTerminal = isatty(STDERR_FILENO) == 1
    let work = Task {
      await run.run(jobs) { step in if isTerminal { Self.tell(step) } }
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
    let results = await work.value
    watch.cancel()
    let isInterrupted = await watch.value
    var content = BundleContent(
      guests: [], form: .shareable, tool: VirtBalloon.version,
      interruption: isInterrupted ? "The collection was interrupted." : nil)
    for (index, result) in results.enumerated() {
      let outcome = result.outcome
      guard var evidence = result.evidence else {
        let failure = outcome.failure ?? Failure(.failed, "nothing was had")
        let lost = LostTarget(places[index].target, failure, seconds: outcome.seconds)
        Console.complain(lost.line)
        content.lost.append(lost)
        continue
      }
      evidence.collection.notices += transcripts[index].omissions
      let shortfall = outcome.failure ?? evidence.breakingOff
      if let shortfall, !isInterrupted { Console.complain(shortfall.line(of: evidence.target)) }
      content.guests.append(
        GuestRecord(evidence, raw: transcripts[index].answers, seconds: outcome.seconds, shortfall: shortfall))
    }
    return content
  }

  private func job(_ place: CollectionTargets.Place, _ transcript: Transcript) -> TargetJob {
    let known = place.target
    return TargetJob(label: known.label, location: known.location) { progress async throws(TargetError) in
      let collector = GuestCollector(options, probe: probe, transcript: transcript, progress: progress)
      switch place {
      case .named(let name, _): return try await collector.collect(name, target)
      case .libvirt(let guest):
        return try await collector.collect(
          try await LibvirtSession.find(guest, readOnly: target.readOnly, deadline: target.deadline))
      }
    }
  }

  /// One line on a terminal for a guest that is done.
  private static func tell(_ step: ParallelRun.Step) {
    let seconds = (step.outcome.seconds * 10).rounded() / 10
    Console.complain(
      "[\(step.done)/\(step.total)] \(step.outcome.label): \(step.outcome.outcome.rawValue), \(seconds) s")
  }
}

extension Evidence {
  /// Why the watching ended before its time: a machine that was there and then answered no more, as one that is shut
  /// down meanwhile, or whose monitor or libvirtd is gone. `nil` when it was watched to the end.
  fileprivate var breakingOff: Failure? {
    guard readings.contains(where: { $0.actual.value != nil }), let failure = readings.last?.actual.failure else {
      return nil
    }
    return Failure(
      failure.reason, "it answered no more while it was watched (\(failure.detail)); what was had by then is kept",
      ask: "collect again")
  }
}

extension LostTarget {
  /// What failed, and where: for a line of its own.
  var line: String { failure.line(of: target) }
}

extension Failure {
  /// The failure with its target, where it does not begin with that already.
  func line(of target: Target) -> String {
    let label = target.label
    return detail.hasPrefix(label + ": ") || detail.hasPrefix("\(target.kind.rawValue):\(label): ")
      ? detail : "\(label): \(detail)"
  }
}
