// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import Libvirt
import QMP
import Synchronization
import Testing

@testable import Collectors

@Suite("Watching a guest")
struct WatchTests {
  private static let source = Provenance("test", trust: .host, time: 0)

  private static func reading(at time: Double) -> Reading {
    Reading(
      time: time, actual: .observed(100, source), lastUpdate: .absent(source), statistics: .absent(source),
      rss: .absent(source))
  }

  /// The times of the readings; each takes `cost`.
  private func times(
    _ duration: Duration, every interval: Duration, cost: Duration = .zero
  ) async -> (times: [Double], took: Duration) {
    let clock = ManualClock()
    let watch = Watch(clock: clock, duration: duration, interval: interval)
    let times = Mutex<[Double]>([])
    let took = await watch.run {
      let now = clock.now
      try? await clock.sleep(until: now.advanced(by: cost), tolerance: nil)
      return Self.reading(at: now.offset.seconds)
    } keep: { reading in
      times.withLock { $0.append(reading.time) }
    }
    return (times.withLock { $0 }, took)
  }

  @Test("Takes a reading at every interval and at the end, and keeps each")
  func rhythm() async {
    let (times, took) = await times(.seconds(10), every: .seconds(2))
    #expect(times == [2, 4, 6, 8, 10] && took == .seconds(10))
    #expect(await self.times(.seconds(5), every: .seconds(2)).times == [2, 4, 5])
    #expect(await self.times(.seconds(1), every: .seconds(2)).times == [1])
  }

  @Test("Leaves out what was due while a reading took its time, and stays in its rhythm")
  func slow() async {
    #expect(await times(.seconds(10), every: .seconds(1), cost: .milliseconds(2_500)).times == [1, 4, 7, 10])
  }

  @Test("Keeps no more than 2,000 readings of an hour, and says that its rhythm is another")
  func bounds() async {
    let clock = ManualClock()
    let hour = Watch(clock: clock, duration: .seconds(7_200), interval: .milliseconds(250))
    #expect(hour.duration == .seconds(3_600) && hour.notice(asked: .milliseconds(250)) != nil)
    let (times, _) = await times(.seconds(3_600), every: .milliseconds(250))
    #expect(times.count < Watch.limit && times.count > 1_990)
    let quick = Watch(clock: clock, duration: .seconds(10), interval: .zero)
    #expect(quick.interval == .milliseconds(250))
    #expect(Watch(clock: clock, duration: .seconds(60), interval: .seconds(2)).notice(asked: .seconds(2)) == nil)
  }

  // MARK: The agent

  @Test("Asks the agent at each reading over one connection, which it closes at the end")
  func agent() async throws {
    let agent = ScriptedAgent { request in
      switch request.method {
      case "agent.hello": ScriptedAgent.hello(request, methods: [.memory, .statistics])
      default: .result([:])
      }
    }
    let closings = Mutex(0)
    let kept = KeptAgent(clock: WallClock { 7 })
    #expect(await kept.reading(within: .seconds(20)) == nil)
    let guest = await AgentCollector(clock: WallClock { 7 }, deadline: .seconds(20)).collect(over: agent, kept: kept) {
      closings.withLock { $0 += 1 }
    }
    #expect(guest.agent.value != nil && closings.withLock { $0 } == 0)
    for _ in 0..<3 {
      let word = try #require(await kept.reading(within: .seconds(20)))
      #expect(word.memory.value != nil && word.statistics.value != nil)
    }
    await kept.end()
    await kept.end()
    #expect(closings.withLock { $0 } == 1 && kept.failure == nil)
    #expect(await kept.reading(within: .seconds(20)) == nil)
    #expect(agent.asked.count { $0 == "guest.memory" } == 4 && agent.asked.count { $0 == "agent.hello" } == 1)
  }

  @Test("An agent that falls silent costs one reading's word, and is asked no more")
  func silentAgent() async throws {
    let calls = Mutex(0)
    let agent = ScriptedAgent { request in
      if request.method == "agent.hello" { return ScriptedAgent.hello(request, methods: [.memory, .statistics]) }
      return calls.withLock { calls in
        calls += 1
        return calls > 4 ? .nothing : .result([:])
      }
    }
    let closings = Mutex(0)
    let kept = KeptAgent(clock: WallClock { 7 })
    _ = await AgentCollector(clock: WallClock { 7 }, deadline: .seconds(20)).collect(over: agent, kept: kept) {
      closings.withLock { $0 += 1 }
    }
    #expect(await kept.reading(within: .seconds(20))?.memory.value != nil)
    let failed = try #require(await kept.reading(within: .milliseconds(50)))
    #expect(failed.memory.failure != nil && failed.statistics.failure != nil)
    #expect(await kept.reading(within: .seconds(20)) == nil)
    #expect(kept.failure != nil && closings.withLock { $0 } == 1)
  }

  @Test("An agent that comes when the watch has ended is closed at once, and one without the methods is not kept")
  func lateAgent() async {
    for methods in [[Method.memory], [.os]] {
      let agent = ScriptedAgent { request in
        request.method == "agent.hello" ? ScriptedAgent.hello(request, methods: methods) : .result([:])
      }
      let closings = Mutex(0)
      let kept = KeptAgent(clock: WallClock { 7 })
      if methods == [.memory] { await kept.end() }
      _ = await AgentCollector(clock: WallClock { 7 }, deadline: .seconds(20)).collect(over: agent, kept: kept) {
        closings.withLock { $0 += 1 }
      }
      #expect(closings.withLock { $0 } == 1)
    }
  }

  // MARK: Whole guests

  private func options(_ duration: Duration) -> CollectionOptions {
    CollectionOptions(
      quick: false, monitor: false, deadline: .seconds(20), duration: duration, interval: .milliseconds(250),
      tool: "test")
  }

  @Test("Has every reading of a monitor's machine, and its balloon's changes by QEMU's clock")
  func monitor() async throws {
    let server = try FakeMonitor(.moves)
    defer { server.stop() }
    let transcript = Transcript()
    let evidence = try await GuestCollector(options(.milliseconds(1_000)), transcript: transcript)
      .collect(monitor: server.path, agentSocket: nil)
    #expect(evidence.readings.count > 2 && evidence.readings.count <= 5 && evidence.collection.sampled)
    #expect(evidence.readings.allSatisfy { $0.actual.value == FakeMonitor.size && $0.guest == nil })
    let events = try #require(evidence.events)
    #expect(events.count > 10 && events.allSatisfy { $0.name == "BALLOON_CHANGE" })
    #expect(events.first == MachineEvent(time: 1_000.5, name: "BALLOON_CHANGE", actual: 0))
    #expect(events.dropFirst().first == MachineEvent(time: 1_001.5, name: "BALLOON_CHANGE", actual: 1 << 20))
    #expect(evidence.domain.interruptions.isAbsent)
    #expect(transcript.answers.contains { $0.question == "qom-get guest-stats" })
    #expect(transcript.answers.allSatisfy { $0.format == .monitor })
  }

  @Test("Has the agent's word in its readings, and goes on without an agent that falls silent")
  func monitorAndAgent() async throws {
    let server = try FakeMonitor(.answers)
    defer { server.stop() }
    for answers in [Int.max, 12] {
      let agent = try FakeServer.agent(answers: answers)
      defer { agent.stop() }
      let transcript = Transcript()
      let evidence = try await GuestCollector(options(.milliseconds(3_000)), transcript: transcript)
        .collect(monitor: server.path, agentSocket: agent.path)
      #expect(evidence.guest.agent.value != nil && evidence.guest.memory.value != nil)
      let words = evidence.readings.compactMap(\.guest)
      #expect(words.contains { $0.memory.value != nil && $0.statistics.value != nil })
      #expect(words.count { $0.statistics.failure != nil } == (answers == .max ? 0 : 1))
      #expect(evidence.readings.last?.actual.value == FakeMonitor.size && evidence.readings.count > 4)
      #expect(evidence.collection.notices.contains { $0.contains("asked no more") } == (answers != .max))
      #expect(transcript.answers.contains { $0.format == .agent && $0.question == "guest.memory" })
    }
  }

  @Test("Interrupted ends at once, and keeps what it had")
  func interrupted() async throws {
    let server = try FakeMonitor(.answers)
    defer { server.stop() }
    let progress = CollectionProgress()
    let collector = GuestCollector(options(.seconds(600)), progress: progress)
    let path = server.path
    let work = Task { try await collector.collect(monitor: path, agentSocket: nil) }
    while (progress.evidence?.readings.count ?? 0) < 3 { try await Task.sleep(for: .milliseconds(20)) }
    work.cancel()
    let evidence = try await work.value
    #expect(evidence.readings.count >= 3 && evidence.collection.sampled)
    #expect(evidence.readings.allSatisfy { $0.actual.value != nil })
    #expect(evidence.domain.interruptions.isAbsent)
    #expect(evidence.collection.notices.contains { $0.contains("interrupted the collection") })
    #expect(evidence.collection.notices.contains { $0.contains("of 600.0 s") })
  }

  @Test("Has a domain's readings, and its events with the time at which they came")
  func domain() async throws {
    let session = try await LibvirtSession.find(
      "test", uri: "test:///default", readOnly: true, deadline: .seconds(20))
    let evidence = try await GuestCollector(options(.milliseconds(750))).collect(session)
    #expect(evidence.readings.count > 1 && evidence.events == [])
    #expect(evidence.readings.allSatisfy { $0.actual.value == 2 << 30 })
  }

  @Test("Has libvirt's events by QEMU's names, and sizes in bytes")
  func libvirtEvents() {
    func event(_ event: DomainEvent) -> MachineEvent? { MachineEvent(DatedDomainEvent(time: 5, event: event)) }
    #expect(
      event(.balloonChange(actual: 1_024)) == MachineEvent(time: 5, name: "BALLOON_CHANGE", actual: 1 << 20))
    #expect(event(.balloonChange(actual: .max))?.actual == nil)
    #expect(event(.reboot) == MachineEvent(time: 5, name: "RESET"))
    #expect(event(.lifecycle(.defined, detail: 0)) == nil)
    #expect(DomainEvent.balloonChange(actual: 1).interruption == nil)
    #expect(MachineEvent.notice(kept: 3, omitted: 0) == nil && MachineEvent.notice(kept: 3, omitted: 2) != nil)
  }
}
