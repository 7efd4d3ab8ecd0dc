// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Exercise
import Synchronization

/// A guest that is a few lines of arithmetic: it follows as fast as it is told to, and fails as a test wants it.
final class ScriptedGuest: BalloonControl {
  struct State {
    var actual: UInt64 = 1 << 30
    var target: UInt64 = 1 << 30
    /// What the guest's programs use, in bytes.
    var used: UInt64 = 150 << 20
    var lastUpdate: UInt64 = 1_000
    var requests: [UInt64] = []
    /// Those that were accepted.
    var accepted: [UInt64] = []
    var looks = 0
    /// Every call, requests and looks together.
    var calls = 0
    var oomKills: UInt64 = 0
    var swapOut: UInt64 = 0
    var majorFaults: UInt64 = 0
  }
  /// How many bytes the balloon moves between two looks.
  var speed: UInt64 { behaviour.speed }
  struct Behaviour: Sendable {
    var speed: UInt64 = 64 << 20
    /// The size below which the guest does not go.
    var stuckAt: UInt64?
    /// How far it goes beyond what is asked for.
    var overshoot: UInt64 = 0
    /// Whether it delivers statistics after this many looks.
    var statisticsUntil = Int.max
    /// Called before each call, with its number: what it does to the state, and whether the call fails.
    var before: @Sendable (Int, inout State) -> Failure? = { _, _ in nil }
    /// Called for each call, outside of any lock.
    var at: @Sendable (Int) -> Void = { _ in }
  }
  let behaviour: Behaviour
  private let state = Mutex(State())
  private let clock: ManualClock

  init(clock: ManualClock, _ change: (inout Behaviour) -> Void = { _ in }) {
    var behaviour = Behaviour()
    change(&behaviour)
    self.behaviour = behaviour
    self.clock = clock
  }

  var seen: State { state.withLock { $0 } }

  private func call() -> Failure? {
    let number = state.withLock { state in
      state.calls += 1
      return state.calls
    }
    behaviour.at(number)
    return state.withLock { behaviour.before(number, &$0) }
  }

  func request(_ size: UInt64) async throws(Failure) {
    let failure = call()
    state.withLock { state in
      state.requests.append(size)
      guard failure == nil else { return }
      state.accepted.append(size)
      state.target = size
    }
    if let failure { throw failure }
  }

  func look(thorough: Bool) async -> ExerciseReading {
    let failure = call()
    return state.withLock { state in
      state.looks += 1
      let host = Provenance("scripted", trust: .host, time: clock.seconds)
      if let failure {
        let unknown = Unknown(failure: failure, provenance: host)
        return ExerciseReading(
          time: clock.seconds, actual: unknown(), lastUpdate: unknown(), rss: unknown(), statistics: unknown())
      }
      let goal =
        state.target < state.actual
        ? max(state.target - min(state.target, behaviour.overshoot), behaviour.stuckAt ?? 0) : state.target
      if goal < state.actual {
        state.actual -= min(behaviour.speed, state.actual - goal)
      } else if goal > state.actual, state.target > state.actual {
        state.actual += min(behaviour.speed, goal - state.actual)
      }
      if state.looks < behaviour.statisticsUntil { state.lastUpdate += 1 }
      func told(_ value: UInt64) -> Observation<UInt64> { .observed(value, host) }
      let available = state.actual > state.used ? state.actual - state.used : 0
      return ExerciseReading(
        time: clock.seconds, actual: told(state.actual), lastUpdate: told(state.lastUpdate), rss: told(state.actual),
        statistics: .observed(
          [
            "availableMemory": told(available), "totalMemory": told(state.actual), "swapOut": told(state.swapOut),
            "majorFaults": told(state.majorFaults), "oomKills": told(state.oomKills),
          ], host))
    }
  }
}

/// Evidence of the guest above, as a collection would have it.
enum ScriptedEvidence {
  static func make(_ change: (inout Evidence) -> Void = { _ in }) -> Evidence {
    let host = Provenance("scripted", trust: .host, time: 0)
    var evidence = Evidence.unknown(
      Failure(.notAsked, "scripted"), target: Target(kind: .qmp, name: "web1", location: "/run/web1.qmp"),
      collection: Collection(tool: "test", started: 0, finished: 3, sampled: true))
    evidence.domain.state = .observed("running", host)
    evidence.domain.interruptions = .absent(host)
    evidence.device.qomPath = .observed("/machine/peripheral/balloon0", host)
    evidence.configuration.target = .absent(host)
    evidence.guest.osFamily = .observed("linux", host)
    func reading(_ time: Double, _ update: UInt64) -> Reading {
      Reading(
        time: time, actual: .observed(1 << 30, host), lastUpdate: .observed(update, host),
        statistics: .observed(
          ["availableMemory": .observed(874 << 20, host), "totalMemory": .observed(1 << 30, host)], host),
        rss: .observed(1 << 30, host))
    }
    evidence.readings = [reading(0, 999), reading(2, 1_000)]
    change(&evidence)
    return evidence
  }

  static func plan(
    named: UInt64? = nil, recorded: UInt64? = nil, driver: String? = nil, _ change: (inout Evidence) -> Void = { _ in }
  ) throws -> ExercisePlan {
    try ExercisePlan(make(change), recorded: recorded, named: named, driver: driver, statistics: nil)
  }
}

/// A task that somebody else cancels.
final class Cancellation: Sendable {
  private let task = Mutex<Task<ExerciseEvidence, Never>?>(nil)
  func cancel() { task.withLock { $0?.cancel() } }

  /// Runs `body` in a task that ``cancel()`` cancels.
  func run(_ body: @escaping @Sendable () async -> ExerciseEvidence) async -> ExerciseEvidence {
    let gate = AsyncStream<Void>.makeStream()
    let work = Task {
      for await _ in gate.stream { break }
      return await body()
    }
    task.withLock { $0 = work }
    gate.continuation.yield()
    return await work.value
  }
}
