// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Exercise
import Testing

@Suite("An exercise")
struct ExerciseRunTests {
  private static let gibibyte: UInt64 = 1 << 30

  /// Runs one over a scripted guest.
  private func run(
    _ plan: ExercisePlan? = nil, _ change: (inout ScriptedGuest.Behaviour) -> Void = { _ in }
  ) async throws -> (ExerciseEvidence, ScriptedGuest.State) {
    let clock = ManualClock()
    let guest = ScriptedGuest(clock: clock, change)
    let plan = try plan ?? ScriptedEvidence.plan()
    let run = ExerciseRun(
      plan, over: guest, pace: ExercisePace(), clock: clock, wall: WallClock { clock.seconds })
    return (await run.run(), guest.seen)
  }

  @Test("A guest that follows goes down to its floor, comes back, and keeps its margin throughout")
  func follows() async throws {
    let (evidence, guest) = try await run()
    #expect(evidence.stopped == nil)
    #expect(evidence.restored)
    #expect(guest.actual == Self.gibibyte)
    #expect(guest.requests.last == Self.gibibyte)
    #expect(guest.requests.min() == evidence.lowest)
    // 150 MiB used, 256 MiB and an eighth to stay.
    #expect(evidence.lowest == (150 + 288) << 20)
    #expect(evidence.steps.allSatisfy { $0.reached != nil })
    for look in evidence.steps.flatMap(\.readings) {
      #expect(try #require(SafetyFloor.available(look)) >= 256 << 20)
    }
  }

  @Test("A guest that stands still is asked for no more, and gets back what it had")
  func stuck() async throws {
    let (evidence, guest) = try await run { $0.stuckAt = 900 << 20 }
    #expect(evidence.stopped?.reason == .timedOut)
    #expect(evidence.stopped?.detail.contains("900 MiB") == true)
    // The step in which it stood still was the last one down.
    #expect(guest.requests.filter { $0 < 900 << 20 }.count == 1)
    #expect(guest.actual == Self.gibibyte)
    #expect(evidence.restored)
  }

  @Test("A size below what was asked for is seen, and put right")
  func overshoot() async throws {
    let (evidence, guest) = try await run { $0.overshoot = 8 << 20 }
    #expect(evidence.steps.contains { step in step.readings.contains { ($0.actual.value ?? .max) < step.target } })
    #expect(guest.requests.last == Self.gibibyte)
    #expect(evidence.restored)
  }

  @Test(
    "A guest that feels it ends the exercise at once",
    arguments: ["available", "swapOut", "majorFaults", "oomKills"])
  func distress(_ sign: String) async throws {
    let (evidence, guest) = try await run { behaviour in
      behaviour.before = { call, state in
        guard call > 8 else { return nil }
        switch sign {
        case "available": state.used = 800 << 20
        case "swapOut": state.swapOut = 64 << 20
        case "majorFaults": state.majorFaults = 5_000
        default: state.oomKills = 1
        }
        return nil
      }
    }
    #expect(evidence.stopped != nil)
    let down = evidence.steps.filter { $0.target < Self.gibibyte }
    #expect(down.count <= 3, "no step followed the one in which it showed")
    #expect(guest.requests.last == Self.gibibyte)
    #expect(evidence.restored)
  }

  @Test("Statistics that stop in mid-run end it: nobody knows any more what the guest feels")
  func statisticsStop() async throws {
    let (evidence, guest) = try await run { $0.statisticsUntil = 12 }
    #expect(evidence.stopped?.detail.contains("no statistics any more") == true)
    #expect(guest.requests.last == Self.gibibyte)
    #expect(evidence.restored)
  }

  @Test("The floor is computed anew before every step: a guest that takes memory meanwhile is asked for less")
  func floorRises() async throws {
    let (evidence, guest) = try await run { behaviour in
      behaviour.before = { call, state in
        if call > 12 { state.used = 400 << 20 }
        return nil
      }
    }
    #expect(evidence.restored)
    #expect(evidence.lowest >= (400 + 256) << 20)
    #expect(guest.requests.min() == evidence.lowest)
  }

  @Test("A request that fails, whichever it is, is followed by the original size", arguments: 1...60)
  func failingCall(_ number: Int) async throws {
    let (evidence, guest) = try await run { behaviour in
      behaviour.before = { call, _ in call == number ? Failure(.timedOut, "no answer") : nil }
    }
    #expect(guest.accepted.last ?? Self.gibibyte == Self.gibibyte)
    #expect(guest.actual == Self.gibibyte)
    #expect(evidence.restored)
  }

  @Test("A connection that is lost for a minute does not keep the guest from its memory", arguments: [3, 9, 20, 35])
  func lostForAWhile(_ number: Int) async throws {
    let (evidence, guest) = try await run { behaviour in
      behaviour.before = { call, _ in
        (number..<number + 60).contains(call) ? Failure(.disconnected, "connection reset") : nil
      }
    }
    #expect(guest.accepted.last == Self.gibibyte)
    #expect(guest.actual == Self.gibibyte)
    #expect(evidence.restored)
  }

  @Test("A machine that ends meanwhile is asked nothing more, and the report says so", arguments: [2, 7, 30])
  func vanishes(_ number: Int) async throws {
    let (evidence, guest) = try await run { behaviour in
      behaviour.before = { call, _ in call >= number ? Failure(.ended, "the machine has ended") : nil }
    }
    #expect(!evidence.restored)
    #expect(evidence.restoreFailure?.reason == .ended)
    #expect(guest.requests.last == Self.gibibyte)
  }

  @Test("A connection that never comes back leaves it to the journal, and the report says so")
  func lostForGood() async throws {
    let (evidence, guest) = try await run { behaviour in
      behaviour.before = { call, _ in call >= 9 ? Failure(.disconnected, "connection refused") : nil }
    }
    #expect(!evidence.restored)
    #expect(evidence.restoreFailure?.reason == .disconnected)
    #expect(guest.requests.last == Self.gibibyte)
    #expect(guest.requests.count > 10, "it was tried again and again")
  }

  @Test("Interrupted at any await, the last request is the original size and the guest has it")
  func interruptedAnywhere() async throws {
    let (_, whole) = try await run()
    for number in 1...whole.calls {
      let cancellation = Cancellation()
      let clock = ManualClock()
      let guest = ScriptedGuest(clock: clock) { behaviour in
        behaviour.at = { call in if call == number { cancellation.cancel() } }
      }
      let run = ExerciseRun(
        try ScriptedEvidence.plan(), over: guest, pace: ExercisePace(), clock: clock,
        wall: WallClock { clock.seconds })
      let evidence = await cancellation.run { await run.run() }
      let seen = guest.seen
      #expect(seen.requests.last ?? Self.gibibyte == Self.gibibyte, "interrupted at call \(number)")
      #expect(seen.actual == Self.gibibyte, "interrupted at call \(number)")
      #expect(evidence.restored, "interrupted at call \(number)")
    }
  }

  @Test("Interrupted, with a connection that fails besides, the guest gets its memory", arguments: 2...40)
  func interruptedAndFailing(_ number: Int) async throws {
    let cancellation = Cancellation()
    let clock = ManualClock()
    let guest = ScriptedGuest(clock: clock) { behaviour in
      behaviour.at = { call in if call == number { cancellation.cancel() } }
      behaviour.before = { call, _ in
        (number..<number + 5).contains(call) ? Failure(.disconnected, "connection reset") : nil
      }
    }
    let run = ExerciseRun(
      try ScriptedEvidence.plan(), over: guest, pace: ExercisePace(), clock: clock, wall: WallClock { clock.seconds })
    let evidence = await cancellation.run { await run.run() }
    #expect(guest.seen.actual == Self.gibibyte)
    #expect(guest.seen.accepted.last ?? Self.gibibyte == Self.gibibyte)
    #expect(evidence.restored)
  }

  @Test("Where nobody serves the balloon one step of 16 MiB is all that is asked for")
  func proof() async throws {
    let (evidence, guest) = try await run(try ScriptedEvidence.plan(driver: "driver.none")) { $0.stuckAt = 1 << 30 }
    #expect(evidence.purpose == .proof)
    #expect(guest.requests == [(1 << 30) - (16 << 20), 1 << 30])
    #expect(evidence.stopped == nil)
    #expect(evidence.restored)
  }

  @Test("A size that somebody named is not gone below, whatever the floor would allow")
  func named() async throws {
    let (evidence, _) = try await run(try ScriptedEvidence.plan(named: 700 << 20))
    #expect(evidence.lowest == 700 << 20)
  }
}
