// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Reports
import SupportBundle

/// Collects from several guests for a bundle.
struct CollectionRun {
  let guests: GuestsRun

  /// To be called while there is an ``Interruption``.
  func collect(_ places: [GuestPlace]) async -> BundleContent {
    let transcripts = places.map { _ in Transcript() }
    let (results, isInterrupted) = await guests.untilInterrupted {
      await guests.look(at: places, transcripts: transcripts) { $1 }
    }
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
