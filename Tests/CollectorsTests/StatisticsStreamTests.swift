// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Synchronization
import Testing

@testable import Collectors

@Suite("A stream of statistics", .timeLimit(.minutes(5)))
struct StatisticsStreamTests {
  static let collector = GuestCollector(
    CollectionOptions(quick: true, monitor: false, deadline: .seconds(5), tool: "test"))

  /// What a stream told until `body` had enough.
  private static func updates(
    _ stream: StatisticsStream, until isEnough: @escaping @Sendable ([StatisticsUpdate]) -> Bool
  ) async -> [StatisticsUpdate] {
    let told = Mutex<[StatisticsUpdate]>([])
    let following = Task {
      await stream.run { update in
        let enough = told.withLock { told in
          if !isEnough(told) { told.append(update) }
          return isEnough(told)
        }
        if enough { withUnsafeCurrentTask { $0?.cancel() } }
      }
    }
    await following.value
    return told.withLock { $0 }
  }

  @Test("A guest that is lost is told, tried again with a growing pause, and found again")
  func lost() async throws {
    let script = ScriptedGuest(looks: [1, 2], failuresToOpen: 3)
    let stream = try await StatisticsStream(firstPause: .milliseconds(4)) { () async throws(TargetError) in
      try script.open()
    }
    let told = await Self.updates(stream) { $0.count { if case .found = $0 { true } else { false } } == 2 }
    let retries = told.compactMap { update -> Double? in
      guard case .lost(_, let retry) = update else { return nil }
      return retry
    }
    #expect(retries == [0.004, 0.008, 0.016, 0.032], "\(told)")
    // The reading that failed is told, too.
    #expect(told.count { if case .reading = $0 { true } else { false } } == 1)
    #expect(script.closed >= 1)
  }

  @Test("A guest that was started anew is found anew, without having been lost")
  func restarted() async throws {
    let script = ScriptedGuest(looks: [100], restartsAfter: 1)
    let stream = try await StatisticsStream { () async throws(TargetError) in try script.open() }
    let told = await Self.updates(stream) { $0.count { if case .found = $0 { true } else { false } } == 2 }
    #expect(!told.contains { if case .lost = $0 { true } else { false } }, "\(told)")
    #expect(told.contains { if case .events(let events, _) = $0 { events.first?.name == "restarted" } else { false } })
  }

  @Test("Whoever cannot be reached at first is an error, and no stream")
  func unreachable() async {
    let script = ScriptedGuest(looks: [], failuresToOpen: 1, failsFirst: true)
    await #expect(throws: TargetError.self) {
      _ = try await StatisticsStream { () async throws(TargetError) in try script.open() }
    }
  }

  @Test("Statistics are asked no faster than they are delivered, and the host's side at least once a minute")
  func rhythm() {
    #expect(StatisticsStream.interval(asked: .seconds(1), period: 5) == .seconds(5))
    #expect(StatisticsStream.interval(asked: .seconds(10), period: 5) == .seconds(10))
    #expect(StatisticsStream.interval(asked: .seconds(1), period: 0) == .seconds(1))
    #expect(StatisticsStream.interval(asked: .seconds(1), period: nil) == .seconds(1))
    #expect(StatisticsStream.interval(asked: .seconds(1), period: .max) == .seconds(60))
  }

  @Test("A monitor of one's own is held, and tells its events with its answers")
  func monitor() async throws {
    let fake = try FakeMonitor(.moves)
    defer { fake.stop() }
    let stream = try await StatisticsStream.monitor(
      fake.path, interval: .milliseconds(20), collector: Self.collector)
    let told = await Self.updates(stream) { $0.count { if case .reading = $0 { true } else { false } } == 3 }
    guard case .found(let guest)? = told.first else {
      Issue.record("nothing was found: \(told)")
      return
    }
    #expect(guest.target.name == "fake" && guest.pollingInterval.value == 2 && guest.tellsEvents)
    let events = told.flatMap { update -> [MachineEvent] in
      guard case .events(let events, _) = update else { return [] }
      return events
    }
    #expect(events.count > 3 && events.allSatisfy { $0.name == "BALLOON_CHANGE" && $0.actual != nil }, "\(events)")
    #expect(Set(events.map(\.time)).count == events.count)
    // Every reading has the size; the statistics of the first stand in those within the period of 2 s.
    let readings = told.compactMap { update -> Reading? in
      guard case .reading(let reading, _) = update else { return nil }
      return reading
    }
    #expect(readings.allSatisfy { $0.actual.value == FakeMonitor.size && $0.values["freeMemory"] == 4_096 })
    #expect(Set(readings.map { $0.statistics.provenance.time }).count == 1)
  }

  @Test("A monitor that goes away is told as lost, and taken again when it answers")
  func monitorGone() async throws {
    let fake = try FakeMonitor(.closes(after: 9))
    defer { fake.stop() }
    let stream = try await StatisticsStream.monitor(
      fake.path, interval: .milliseconds(10), collector: Self.collector)
    let told = await Self.updates(stream) { $0.count { if case .found = $0 { true } else { false } } == 2 }
    #expect(told.contains { if case .lost = $0 { true } else { false } }, "\(told)")
  }

  @Test("A doorbell wakes early, at its time, and when nobody wants to wait any more")
  func doorbell() async {
    let bell = Doorbell()
    bell.ring()
    await bell.wait(until: .now + .seconds(600))
    await bell.wait(until: .now + .milliseconds(5))
    let waiting = Task { await bell.wait(until: .now + .seconds(600)) }
    waiting.cancel()
    await waiting.value
    let rung = Task { await bell.wait(until: .now + .seconds(600)) }
    bell.ring()
    await rung.value
  }
}

/// A guest that answers so many looks on each connection.
private final class ScriptedGuest: Sendable {
  private struct State {
    var looks: [Int]
    var failuresToOpen: Int
    var opened = 0
    var closed = 0
  }
  private let state: Mutex<State>
  private let restartsAfter: Int?
  private let failsFirst: Bool

  init(looks: [Int], failuresToOpen: Int = 0, restartsAfter: Int? = nil, failsFirst: Bool = false) {
    state = Mutex(State(looks: looks, failuresToOpen: failuresToOpen))
    self.restartsAfter = restartsAfter
    self.failsFirst = failsFirst
  }

  var closed: Int { state.withLock { $0.closed } }
  func close() { state.withLock { $0.closed += 1 } }

  func open() throws(TargetError) -> any StatisticsSource {
    let looks = state.withLock { state -> Int? in
      if state.opened > 0 || failsFirst, state.failuresToOpen > 0 {
        state.failuresToOpen -= 1
        return nil
      }
      state.opened += 1
      return state.looks.isEmpty ? 0 : state.looks.removeFirst()
    }
    guard let looks else { throw TargetError("nowhere", Failure(.failed, "nowhere")) }
    return Source(owner: self, looks: looks, restartsAfter: restartsAfter)
  }

  private actor Source: StatisticsSource {
    nonisolated let guest: WatchedGuest
    let owner: ScriptedGuest
    var looks: Int
    var restartsAfter: Int?

    init(owner: ScriptedGuest, looks: Int, restartsAfter: Int?) {
      let unknown = Unknown(
        failure: Failure(.notAsked, "a script"), provenance: Provenance("script", trust: .host, time: 0))
      guest = WatchedGuest(
        target: Target(kind: .qmp, name: "script", location: "/script"), configuration: ConfigurationEvidence(unknown),
        pollingInterval: unknown(), state: .observed("running", unknown.provenance), interval: 0.001,
        tellsEvents: true, notices: [])
      self.owner = owner
      self.looks = looks
      self.restartsAfter = restartsAfter
    }

    func look() -> StatisticsLook {
      looks -= 1
      let failure = Failure(.disconnected, "the script is over")
      let reading = Reading(failed: failure, source: "script", time: 1)
      return StatisticsLook(reading: reading, state: guest.state, lost: looks > 0 ? nil : failure)
    }

    func wait(until instant: ContinuousClock.Instant) {}

    func told() -> ToldEvents {
      guard let left = restartsAfter else { return ToldEvents() }
      restartsAfter = left > 0 ? left - 1 : nil
      guard left == 0 else { return ToldEvents() }
      return ToldEvents(events: [MachineEvent(time: 1, name: "restarted")], hasRestarted: true)
    }

    func close() { owner.close() }
  }
}
