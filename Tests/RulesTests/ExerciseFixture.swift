// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Evidence with an exercise, synthesised after what `virt-balloon exercise` shows of real guests.
enum ExerciseFixture {
  private typealias Make = EvidenceFixture

  static func look(
    at seconds: Double, actual: UInt64, guestRAM: UInt64? = nil, rss: UInt64 = 500 << 20
  ) -> ExerciseReading {
    ExerciseReading(
      time: Make.now + seconds, actual: Make.observed(actual), lastUpdate: Make.observed(UInt64(Make.now + seconds)),
      rss: Make.observed(rss), guestRAM: guestRAM.map { Make.observed($0) },
      statistics: Make.observed(Make.allStatistics))
  }

  /// One step down and back, of a guest that goes from 1 GiB to `seen`.
  static func exercise(
    asked: UInt64 = 512 << 20, seen: UInt64, resident: UInt64? = nil, residentBefore: UInt64? = 1_000 << 20,
    stopped: Failure? = nil
  ) -> ExerciseEvidence {
    let isReached = seen <= asked
    return ExerciseEvidence(
      started: Make.now, finished: Make.now + 30, original: 1 << 30, originalSource: "its size", lowest: asked,
      floor: asked, floorReason: "synthesised", before: look(at: 0, actual: 1 << 30, guestRAM: residentBefore),
      steps: [
        ExerciseStep(
          target: asked, asked: Make.now + 1, reached: isReached ? Make.now + 3 : nil,
          readings: [look(at: 2, actual: 1 << 30), look(at: 12, actual: seen, guestRAM: resident)]),
        ExerciseStep(
          target: 1 << 30, asked: Make.now + 13, reached: Make.now + 14, readings: [look(at: 14, actual: 1 << 30)]),
      ], stopped: stopped, restored: true)
  }

  static let followed = Make.healthy { $0.exercise = exercise(seen: 512 << 20, resident: 500 << 20) }
  static let ignored = Make.healthy { evidence in
    Make.unserved(&evidence)
    evidence.exercise = exercise(
      seen: 1 << 30, stopped: Failure(.timedOut, "the balloon stood still"))
  }
  static let fellShort = Make.healthy { evidence in
    evidence.exercise = exercise(seen: 700 << 20, stopped: Failure(.timedOut, "the balloon stood still"))
  }
  static let notReturned = Make.healthy { $0.exercise = exercise(seen: 512 << 20, resident: 1_000 << 20) }
  static let interrupted = Make.healthy { evidence in
    evidence.exercise = exercise(seen: 1 << 30, stopped: Failure(.init(rawValue: "interrupted"), "interrupted"))
  }

  /// A journal that says that 1 GiB is still to be put back.
  static func journal(isUnderWay: Bool, isOfThisRun: Observation<Bool> = Make.observed(true)) -> JournalEvidence {
    var journal = JournalEvidence(
      Unknown(
        failure: Failure(.notAsked, "synthesised"), provenance: Provenance("synthesised", trust: .host, time: nil)))
    journal.original = Make.observed(1 << 30, "exercise journal /var/lib/virt-balloon/web1.json")
    journal.written = Make.observed(UInt64(Make.now) - 60)
    journal.isOfThisRun = isOfThisRun
    journal.isUnderWay = Make.observed(isUnderWay)
    journal.process = isUnderWay ? Make.observed(708) : Make.absent()
    return journal
  }

  static let all = [followed, ignored, fellShort, notReturned, interrupted]
}
