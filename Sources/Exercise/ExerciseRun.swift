// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Collectors

/// Inflates a balloon in steps, deflates it in steps, and asks for the original size again whatever happens: an error,
/// a guest that stops or feels it, a cancelled task.
///
/// Pure over its control and its clock. Whatever was asked for, the last request that anybody accepted, or was offered
/// when nobody accepted any more, is the original size.
package struct ExerciseRun<Control: BalloonControl, Time: Clock & Sendable>: Sendable where Time.Duration == Duration {
  let control: Control
  let plan: ExercisePlan
  let pace: ExercisePace
  let clock: Time
  let wall: WallClock
  /// Who is told, in a line, what is being done.
  let tell: @Sendable (String) -> Void

  package init(
    _ plan: ExercisePlan, over control: Control, pace: ExercisePace, clock: Time, wall: WallClock,
    tell: @escaping @Sendable (String) -> Void = { _ in }
  ) {
    (self.control, self.plan, self.pace, self.clock, self.wall, self.tell) = (control, plan, pace, clock, wall, tell)
  }

  /// How many readings are kept of one step.
  static var readingLimit: Int { 120 }

  /// What is known while it runs.
  private struct State {
    var evidence: ExerciseEvidence
    /// Whether anything was asked for, or tried to be.
    var isTouched = false
    /// Whether a request may still be on its way.
    var isUncertain = false
    /// The latest look that showed the size, and the latest in which statistics had just come.
    var last: ExerciseReading
    var fresh: ExerciseReading
    let distress: GuestDistress
  }

  /// Does it. Cancelling the task ends it early, and the original size is asked for all the same.
  package func run() async -> ExerciseEvidence {
    let before = await control.look(thorough: true)
    var state = State(
      evidence: ExerciseEvidence(
        purpose: plan.purpose, started: wall.now(), finished: wall.now(), original: plan.original,
        originalSource: plan.originalSource, lowest: plan.actual, floor: plan.lowest,
        floorReason: Self.reason(plan, before), before: before, steps: [], stopped: nil, restored: false),
      last: before, fresh: before, distress: GuestDistress(before: before, margin: plan.floor?.margin))
    if let failure = before.actual.failure {
      state.evidence.stopped = failure
    } else {
      await inflate(&state)
      if state.evidence.stopped == nil, plan.purpose == .measure { await deflate(&state) }
    }
    let reached = state
    state = await Task { await restored(reached) }.value
    state.evidence.finished = wall.now()
    return state.evidence
  }

  private static func reason(_ plan: ExercisePlan, _ before: ExerciseReading) -> String {
    if plan.purpose == .proof { return "one step of 16 MiB, since nobody is expected to follow" }
    guard let floor = plan.floor else { return "somebody said how far it may go (--down-to)" }
    let named = plan.named.map { "; and somebody will not have it go below \($0 >> 20) MiB (--down-to)" } ?? ""
    return floor.reason(before) + named
  }

  // MARK: Down and up

  private func inflate(_ state: inout State) async {
    for wanted in plan.downward {
      var target = wanted
      if let floor = plan.floor {
        guard let least = floor.floor(state.fresh) else {
          return stop(&state, .failed, "the guest no longer says how much memory is available")
        }
        state.evidence.floor = max(least, plan.named ?? 0)
        target = max(wanted, state.evidence.floor)
      }
      let size = state.last.actual.value ?? plan.actual
      // What is left to take is less than what counts as reached: this is as far as it goes.
      guard target < size, size - target >= ExercisePlan.tolerance else { break }
      tell("asking for \(target >> 20) MiB")
      guard await step(to: target, &state) else { return }
      if plan.floor != nil { guard await untilFresh(&state) else { return } }
    }
    // What the host has at the lowest point.
    if plan.purpose == .measure, let index = state.evidence.steps.indices.last {
      let look = await control.look(thorough: true)
      if look.actual.value != nil { keep(look, of: index, &state, always: true) }
    }
  }

  /// Two steps up are enough for a rate; the last one to the original size is the restoration.
  private func deflate(_ state: inout State) async {
    guard let size = state.last.actual.value, plan.original > size else { return }
    let middle = size + (plan.original - size) / 2
    guard plan.original - middle >= ExercisePlan.tolerance * 2 else { return }
    tell("asking for \(middle >> 20) MiB")
    _ = await step(to: (middle >> 20) << 20, &state)
  }

  /// Asks for one size and waits for it.
  /// - Returns: whether to go on.
  private func step(to target: UInt64, _ state: inout State) async -> Bool {
    guard !Task.isCancelled else { return interrupted(&state) }
    let from = state.last.actual.value ?? plan.actual
    state.isTouched = true
    state.evidence.lowest = min(state.evidence.lowest, target)
    state.evidence.steps.append(ExerciseStep(target: target, asked: wall.now(), reached: nil, readings: []))
    let index = state.evidence.steps.count - 1
    do throws(Failure) { try await control.request(target) } catch {
      state.isUncertain = true
      state.evidence.stopped = error
      return false
    }
    let begun = clock.now
    var moved = begun
    var size = from
    var failures = 0
    // The first looks come soon after each other: a size that is reached in an instant has a rate, too.
    var pause = pace.look / 8
    while true {
      try? await clock.sleep(for: pause)
      pause = min(pause * 2, pace.look)
      guard !Task.isCancelled else { return interrupted(&state) }
      let look = await control.look(thorough: false)
      keep(look, of: index, &state)
      guard let actual = look.actual.value else {
        failures += 1
        guard failures < pace.failures else {
          state.evidence.stopped =
            look.actual.failure ?? Failure(.failed, "the balloon's size was not told any more")
          return false
        }
        continue
      }
      failures = 0
      state.last = look
      if target < from, plan.purpose == .measure, let sign = state.distress.sign(look) {
        return stop(&state, .failed, sign)
      }
      if actual != size { (size, moved) = (actual, clock.now) }
      if Self.has(actual, reached: target, from: from) {
        state.evidence.steps[index].reached = look.time
        return true
      }
      let standstill = plan.purpose == .proof ? pace.standstill / 2 : pace.standstill
      if moved.duration(to: clock.now) >= standstill || begun.duration(to: clock.now) >= pace.step {
        guard plan.purpose == .measure else { return true }
        return stop(
          &state, .timedOut,
          target < from
            ? "the balloon stood still at \(actual >> 20) MiB, short of \(target >> 20) MiB: it was asked for no more"
            : "the balloon stood still at \(actual >> 20) MiB while \(target >> 20) MiB were given back")
      }
    }
  }

  private static func has(_ actual: UInt64, reached target: UInt64, from: UInt64) -> Bool {
    target < from
      ? actual <= target || actual - target <= ExercisePlan.tolerance / 2
      : actual >= target || target - actual <= ExercisePlan.tolerance / 2
  }

  /// Waits for statistics that the guest delivered after it had reached the size.
  private func untilFresh(_ state: inout State) async -> Bool {
    guard let index = state.evidence.steps.indices.last else { return true }
    let seen = state.last.lastUpdate.value
    let begun = clock.now
    while begun.duration(to: clock.now) < pace.statistics {
      try? await clock.sleep(for: pace.look)
      guard !Task.isCancelled else { return interrupted(&state) }
      let look = await control.look(thorough: false)
      keep(look, of: index, &state)
      guard look.actual.value != nil else { continue }
      state.last = look
      if let sign = state.distress.sign(look) { return stop(&state, .failed, sign) }
      if let update = look.lastUpdate.value, update > seen ?? 0 {
        state.fresh = look
        return true
      }
    }
    return stop(&state, .failed, "the guest delivered no statistics any more: what it feels is not known")
  }

  private func stop(_ state: inout State, _ reason: Failure.Reason, _ detail: String) -> Bool {
    state.evidence.stopped = Failure(reason, detail)
    return false
  }

  private func stop(_ state: inout State, _ reason: Failure.Reason, _ detail: String) {
    state.evidence.stopped = Failure(reason, detail)
  }

  private func interrupted(_ state: inout State) -> Bool { stop(&state, .interrupted, "somebody interrupted it") }

  /// Keeps a look that shows something new. The latest one always stands last.
  private func keep(_ look: ExerciseReading, of step: Int, _ state: inout State, always: Bool = false) {
    func isNews(_ then: ExerciseReading) -> Bool {
      then.actual.value != look.actual.value || then.lastUpdate.value != look.lastUpdate.value
        || (then.actual.failure == nil) != (look.actual.failure == nil)
    }
    var readings = state.evidence.steps[step].readings
    if readings.count > 1, !always, let last = readings.last, readings.dropLast().last.map({ !isNews($0) }) ?? false,
      !isNews(last)
    {
      readings.removeLast()
    } else if readings.count >= Self.readingLimit {
      // Every second one goes, the first and the last stay.
      readings = readings.enumerated().filter { $0.offset % 2 == 0 || $0.offset == readings.count - 1 }.map(\.element)
    }
    readings.append(look)
    state.evidence.steps[step].readings = readings
  }

  // MARK: Back

  /// Asks for the original size until somebody accepts it, and waits for the balloon.
  private func restored(_ given: State) async -> State {
    var state = given
    guard state.isTouched else {
      state.evidence.restored = true
      return state
    }
    tell("asking for \(plan.original >> 20) MiB again")
    let outcome = await ExerciseRestoration(
      plan.original, from: state.last.actual.value, over: control, pace: pace, clock: clock, wall: wall,
      isRepeated: state.isUncertain
    ).run()
    state.evidence.steps.append(outcome.step)
    state.evidence.restored = outcome.failure == nil
    state.evidence.restoreFailure = outcome.failure
    return state
  }
}

extension Failure.Reason {
  /// Somebody wanted it to end.
  package static let interrupted = Failure.Reason(rawValue: "interrupted")
}
