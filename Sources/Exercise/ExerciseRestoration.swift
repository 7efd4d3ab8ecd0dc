// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Collectors

/// Asks for a size until somebody accepts it, over as many connections as it takes, and waits until the balloon has it.
package struct ExerciseRestoration<Control: BalloonControl, Time: Clock & Sendable>: Sendable
where Time.Duration == Duration {
  package struct Outcome: Hashable, Sendable {
    package var step: ExerciseStep
    /// Why the balloon has not its size again; `nil` when it has.
    package var failure: Failure?
  }

  let original: UInt64
  let from: UInt64?
  let control: Control
  let pace: ExercisePace
  let clock: Time
  let wall: WallClock
  /// Whether it is asked for once more in the end, because an earlier request may have been late.
  let isRepeated: Bool

  /// - Parameters:
  ///   - original: bytes.
  ///   - from: the size that was seen last, in bytes; `nil` when it is not known.
  package init(
    _ original: UInt64, from: UInt64?, over control: Control, pace: ExercisePace, clock: Time, wall: WallClock,
    isRepeated: Bool = false
  ) {
    (self.original, self.from, self.control, self.pace) = (original, from, control, pace)
    (self.clock, self.wall, self.isRepeated) = (clock, wall, isRepeated)
  }

  /// To be called in a task that nobody cancels.
  package func run() async -> Outcome {
    var outcome = Outcome(
      step: ExerciseStep(target: original, asked: wall.now(), reached: nil, readings: []), failure: nil)
    let begun = clock.now
    var isLate = isRepeated
    while true {
      do throws(Failure) {
        outcome.step.asked = wall.now()
        try await control.request(original)
      } catch {
        outcome.failure = error
        // A machine that has ended has no balloon to be put back.
        guard error.reason != .ended, begun.duration(to: clock.now) < pace.restore else { return outcome }
        isLate = true
        try? await clock.sleep(for: pace.retry)
        continue
      }
      switch await wait(&outcome) {
      case .there:
        outcome.failure = nil
        guard isLate else { return outcome }
        isLate = false
        try? await clock.sleep(for: pace.retry)
      case .still(let failure):
        outcome.failure = failure
        return outcome
      case .lost(let failure):
        outcome.failure = failure
        guard failure.reason != .ended, begun.duration(to: clock.now) < pace.restore else { return outcome }
        isLate = true
      }
    }
  }

  private enum Wait {
    case there
    /// The request was accepted, and the balloon does not move.
    case still(Failure)
    /// Nobody can be asked any more.
    case lost(Failure)
  }

  private func wait(_ outcome: inout Outcome) async -> Wait {
    let begun = clock.now
    var moved = begun
    var size = from
    var failures = 0
    var pause = pace.look / 8
    while true {
      let look = await control.look(thorough: false)
      if outcome.step.readings.count < 1_000 { outcome.step.readings.append(look) }
      if let actual = look.actual.value {
        failures = 0
        if actual != size { (size, moved) = (actual, clock.now) }
        if actual == original {
          outcome.step.reached = outcome.step.reached ?? look.time
          return .there
        }
        let standstill = moved.duration(to: clock.now) >= pace.standstill
        if standstill || begun.duration(to: clock.now) >= pace.step {
          let distance = actual > original ? actual - original : original - actual
          guard distance > ExercisePlan.tolerance else {
            outcome.step.reached = look.time
            return .there
          }
          return .still(
            Failure(
              .timedOut,
              "\(original >> 20) MiB were asked for again, and the balloon stands still at \(actual >> 20) MiB"))
        }
      } else {
        failures += 1
        if failures >= pace.failures {
          return .lost(look.actual.failure ?? Failure(.failed, "the balloon's size was not told any more"))
        }
      }
      try? await clock.sleep(for: pause)
      pause = min(pause * 2, pace.look)
    }
  }
}
