// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// What an exercise has shown of a guest, which outweighs what a size that stands in a file can tell.
enum ExerciseProof: Hashable, Sendable {
  /// Every size that was asked for on the way down was reached.
  case followed(String)
  /// Nothing moved.
  case ignored(String)
  /// It moved, and stood still short of what was asked for.
  case fellShort(String)
}

extension EvidenceReader {
  /// Whether the guest followed what an exercise asked for, citing its size before and at the lowest; `nil` without an
  /// exercise, or when it ended before that could be told.
  mutating func exerciseProof() -> ExerciseProof? {
    let tolerance = BalloonDeviceRules.tolerance
    guard let exercise = peek(\.exercise), let before = exercise.before?.actual.value,
      let step = exercise.steps.indices.last(where: { exercise.steps[$0].target < before }),
      before - exercise.steps[step].target > tolerance
    else { return nil }
    let target = exercise.steps[step].target
    let looks = exercise.steps[step].readings
    guard
      let lowest = looks.indices.filter({ looks[$0].actual.value != nil })
        .min(by: { (looks[$0].actual.value ?? .max, $0) < (looks[$1].actual.value ?? .max, $1) }),
      let size = looks[lowest].actual.value
    else { return nil }
    // What was broken off, by whomever, says nothing of the step that was under way.
    let isWaitedFor = exercise.stopped.map { $0.reason == .timedOut } ?? true
    let isReached = exercise.steps[step].reached != nil
    guard isReached || isWaitedFor else { return nil }
    _ = read(exerciseStep: nil, look: 0, \.actual)
    _ = read(exerciseStep: step, look: lowest, \.actual)
    let asked = "An exercise asked for \(EvidenceText.size(target)) instead of \(EvidenceText.size(before))"
    if isReached { return .followed("\(asked), and the guest followed.") }
    let waited = EvidenceText.duration((looks.last?.time ?? 0) - exercise.steps[step].asked)
    guard before > size, before - size > tolerance else {
      return .ignored("\(asked), and its size did not move in \(waited).")
    }
    return .fellShort("\(asked), and its size stood still at \(EvidenceText.size(size)).")
  }

  /// How much of the guest's RAM was resident when an exercise had the balloon at its largest, cited with the size
  /// then; `nil` when that was not looked at.
  mutating func exerciseResident() -> (before: UInt64, actualBefore: UInt64, resident: UInt64, actual: UInt64)? {
    guard let exercise = peek(\.exercise), let before = exercise.before, let first = before.actual.value,
      let residentBefore = before.guestRAM?.value
    else { return nil }
    for step in exercise.steps.indices.reversed() {
      let looks = exercise.steps[step].readings
      for look in looks.indices.reversed() {
        guard let resident = looks[look].guestRAM?.value, let actual = looks[look].actual.value, actual < first,
          first - actual > BalloonDeviceRules.tolerance
        else { continue }
        _ = read(exerciseStep: nil, look: 0, \.actual)
        _ = read(exerciseStep: step, look: look, \.actual)
        cite(exercisePart: looks[look].guestRAM, at: "exercise.steps.\(step).readings.\(look).guestRAM")
        return (residentBefore, first, resident, actual)
      }
    }
    return nil
  }
}
