// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension Redactor {
  /// The memory of QEMU's process: sizes alone.
  mutating func process(_ from: ProcessEvidence, at place: String) -> ProcessEvidence {
    var to = ProcessEvidence(Self.unclassified)
    to.resident = kept(from.resident, at: place + ".resident")
    to.proportional = kept(from.proportional, at: place + ".proportional")
    to.anonymous = kept(from.anonymous, at: place + ".anonymous")
    to.file = kept(from.file, at: place + ".file")
    to.shared = kept(from.shared, at: place + ".shared")
    to.swapped = kept(from.swapped, at: place + ".swapped")
    to.hugetlb = kept(from.hugetlb, at: place + ".hugetlb")
    to.transparentHuge = kept(from.transparentHuge, at: place + ".transparentHuge")
    to.locked = kept(from.locked, at: place + ".locked")
    to.pinned = kept(from.pinned, at: place + ".pinned")
    to.merged = kept(from.merged, at: place + ".merged")
    to.guestRAM = kept(from.guestRAM, at: place + ".guestRAM")
    return to
  }

  /// What an exercise did and saw: sizes, times, and sentences.
  mutating func exercise(_ from: ExerciseEvidence, at place: String) -> ExerciseEvidence {
    ExerciseEvidence(
      purpose: from.purpose, started: from.started, finished: from.finished, original: from.original,
      originalSource: redact(from.originalSource, at: place + ".originalSource"), lowest: from.lowest,
      floor: from.floor, floorReason: redact(from.floorReason, at: place + ".floorReason"),
      before: from.before.map { look($0, at: place + ".before") },
      steps: from.steps.enumerated().map { step($1, at: place + ".steps.\($0)") },
      stopped: from.stopped.map { failure($0, at: place + ".stopped") }, restored: from.restored,
      restoreFailure: from.restoreFailure.map { failure($0, at: place + ".restoreFailure") })
  }

  private mutating func step(_ from: ExerciseStep, at place: String) -> ExerciseStep {
    ExerciseStep(
      target: from.target, asked: from.asked, reached: from.reached,
      readings: from.readings.enumerated().map { look($1, at: place + ".readings.\($0)") })
  }

  private mutating func look(_ from: ExerciseReading, at place: String) -> ExerciseReading {
    ExerciseReading(
      time: from.time, actual: kept(from.actual, at: place + ".actual"),
      lastUpdate: kept(from.lastUpdate, at: place + ".lastUpdate"), rss: kept(from.rss, at: place + ".rss"),
      guestRAM: from.guestRAM.map { kept($0, at: place + ".guestRAM") },
      statistics: numbers(from.statistics, at: place + ".statistics"),
      guest: from.guest.map { guestReading($0, at: place + ".guest") })
  }
}
