// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Synchronization
import Testing

@testable import Collectors

@Suite("Sampling")
struct SamplerTests {
  private static let source = Provenance("test", trust: .host, time: 0)

  private static func reading(at time: Double, update: UInt64?, actual: UInt64? = 100) -> Reading {
    let lastUpdate: Observation<UInt64> = update.map { .observed($0, source) } ?? .absent(source)
    let size: Observation<UInt64> = actual.map { .observed($0, source) } ?? .absent(source)
    return Reading(
      time: time, actual: size, lastUpdate: lastUpdate, statistics: .absent(source), rss: .absent(source))
  }

  /// Samples by a clock of its own; `state` is what a look at that second shows.
  private func sample(
    period: UInt64?, target: UInt64? = nil, _ state: @escaping @Sendable (Double) -> Reading
  ) async -> (readings: [Reading], took: Duration) {
    let clock = ManualClock()
    let sampler = Sampler(clock: clock, period: period, target: target)
    let readings = await sampler.sample(after: state(0)) { state(clock.now.offset.seconds) }
    return (readings, clock.now.offset)
  }

  @Test("Lasts twice the period and a second, two seconds without one, and three minutes at most")
  func window() {
    func window(_ period: UInt64?) -> Duration {
      Sampler(clock: ManualClock(), period: period, target: nil).window
    }
    #expect(window(nil) == .seconds(2) && window(0) == .seconds(2))
    #expect(window(1) == .seconds(3) && window(5) == .seconds(11) && window(89) == .seconds(179))
    #expect(window(90) == .seconds(181) && window(.max) == .seconds(181))
  }

  @Test("Ends as soon as the statistics have advanced")
  func advances() async {
    let (readings, took) = await sample(period: 5) { Self.reading(at: $0, update: $0 < 3 ? 50 : 55) }
    #expect(readings.map(\.lastUpdate.value) == [55])
    #expect(took == .seconds(3))
  }

  @Test("Watches frozen statistics for the whole window, and keeps the last look")
  func frozen() async {
    let (readings, took) = await sample(period: 5) { Self.reading(at: $0, update: 50) }
    #expect(readings.map(\.time) == [11] && took == .seconds(11))
    let never = await sample(period: 1) { Self.reading(at: $0, update: nil) }
    #expect(never.readings.count == 1 && never.took == .seconds(3))
  }

  @Test("Goes on until the size is what was asked for, and keeps every step")
  func follows() async {
    let (readings, took) = await sample(period: 5, target: 80) {
      Self.reading(at: $0, update: 50 + UInt64($0), actual: $0 < 2 ? 100 : $0 < 4 ? 90 : 80)
    }
    #expect(readings.map(\.actual.value) == [100, 90, 90, 80] && took == .seconds(4))
    let ignored = await sample(period: 5, target: 80) { Self.reading(at: $0, update: 50 + UInt64($0) / 5) }
    #expect(ignored.took == .seconds(11))
  }

  @Test("Takes a clock that was set back for no progress")
  func setBack() async {
    let (readings, took) = await sample(period: 1) { Self.reading(at: $0, update: $0 < 1 ? 50 : 40) }
    #expect(took == .seconds(3) && readings.first?.lastUpdate.value == 40)
  }

  @Test("Ends with whoever is interrupted, keeps no reading that was cut short, and then shows no change")
  func interrupted() async {
    let options = CollectionOptions(quick: false, monitor: false, deadline: .seconds(1), tool: "test")
    let collector = GuestCollector(options, clock: WallClock { 0 })
    var evidence = collector.start(Target(kind: .qmp, name: nil, location: "/x"), notices: [])
    evidence.domain.state = .observed("running", Self.source)
    evidence.configuration.statsPeriod = .observed(60, Self.source)
    evidence.readings = [Self.reading(at: 0, update: 50)]
    let begun = evidence
    let reads = Mutex(0)
    let work = Task {
      var evidence = begun
      await collector.sample(&evidence) {
        reads.withLock { $0 += 1 }
        return Self.reading(at: 1, update: Task.isCancelled ? nil : 50)
      }
      return evidence
    }
    while reads.withLock({ $0 }) == 0 { try? await Task.sleep(for: .milliseconds(10)) }
    work.cancel()
    evidence = await work.value
    #expect(!evidence.collection.sampled && evidence.readings.allSatisfy { $0.lastUpdate.value == 50 })
  }

  @Test("Is never done with --quick, nor of a guest that does not run or has no balloon")
  func never() async {
    func evidence(quick: Bool, state: String, actual: UInt64?) async -> Evidence {
      let options = CollectionOptions(quick: quick, monitor: false, deadline: .seconds(1), tool: "test")
      let collector = GuestCollector(options, clock: WallClock { 0 })
      var evidence = collector.start(Target(kind: .qmp, name: nil, location: "/x"), notices: [])
      evidence.domain.state = .observed(state, Self.source)
      evidence.readings = [Self.reading(at: 0, update: 50, actual: actual)]
      let count = Mutex(0)
      await collector.sample(&evidence) {
        count.withLock { $0 += 1 }
        return Self.reading(at: 1, update: 51, actual: actual)
      }
      #expect(evidence.collection.sampled == (count.withLock { $0 } > 0))
      return evidence
    }
    #expect(await evidence(quick: true, state: "running", actual: 100).readings.count == 1)
    #expect(await evidence(quick: false, state: "paused", actual: 100).readings.count == 1)
    #expect(await evidence(quick: false, state: "running", actual: nil).readings.count == 1)
    #expect(await evidence(quick: false, state: "running", actual: 100).readings.count == 2)
  }
}
