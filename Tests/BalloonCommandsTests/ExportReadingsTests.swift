// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonCommands
import BalloonEvidence
import Reports
import Rules
import Testing

/// Readings that are kept between scrapes. All evidence is synthesised.
@Suite("Scrapes that remember")
struct ExportReadingsTests {
  private static let start = 1_780_000_000.0

  /// One scrape's evidence of a guest of libvirt that is asked every ten seconds.
  private func scrape(
    at seconds: Double, update: UInt64?, actual: UInt64 = 1 << 30, state: String = "running", period: UInt64 = 10,
    uuid: String = "u", uptime: UInt64? = nil, interruptions: [String]? = nil
  ) -> Evidence {
    let time = Self.start + seconds
    let source = Provenance("virDomainMemoryStats", trust: .host, time: time)
    var evidence = Evidence.unknown(
      Failure(.notAsked, "not asked"),
      target: Target(kind: .libvirt, name: "vm", uuid: uuid, location: "qemu:///system"),
      collection: Collection(tool: "0", started: time, finished: time, sampled: false))
    evidence.domain.state = .observed(state, source)
    evidence.domain.hypervisor = .observed("kvm", source)
    evidence.domain.interruptions = interruptions.map { .observed($0, source) } ?? .absent(source)
    evidence.configuration.model = .observed("virtio", source)
    evidence.configuration.statsPeriod = .observed(period, source)
    evidence.configuration.maximum = .observed(2 << 30, source)
    if let uptime { evidence.guest.uptime = .observed(uptime, Provenance("agent", trust: .guest, time: time)) }
    evidence.readings = [
      Reading(
        time: time, actual: .observed(actual, source),
        lastUpdate: update.map { .observed(UInt64(Self.start) + $0, source) } ?? .absent(source),
        statistics: .observed(["totalMemory": .observed(1 << 30, source)], source), rss: .absent(source))
    ]
    return evidence
  }

  private func scrapes(_ all: [Evidence], _ kept: inout ExportReadings) -> [Evidence] {
    all.map { evidence in
      var evidence = evidence
      kept.complete(&evidence)
      return evidence
    }
  }

  private func findings(_ evidence: Evidence) -> [String] { Engine().diagnose(evidence).findings.map(\.id) }

  @Test("Change is judged once the readings span more than twice the period and a second, and no sooner")
  func sampled() {
    var kept = ExportReadings()
    let told = scrapes([0, 7, 14, 21, 28].map { scrape(at: $0, update: 0) }, &kept)
    #expect(told.map(\.collection.sampled) == [false, false, false, false, true])
    #expect(told.map { findings($0).contains("stats.frozen") } == [false, false, false, false, true])
    #expect(told[4].readings.last?.values["totalMemory"] == 1 << 30, "the latest statistics count")
  }

  @Test("A guest that tells how long it has run is judged as one that does not")
  func uptime() {
    var kept = ExportReadings()
    let told = scrapes([0, 7, 14, 21, 28].map { scrape(at: $0, update: 0, uptime: 90_000 + UInt64($0)) }, &kept)
    #expect(told.map(\.collection.sampled) == [false, false, false, false, true])
  }

  @Test("Statistics that advance are healthy; when they stop, that is found within three periods")
  func stops() {
    var kept = ExportReadings()
    let running = scrapes(stride(from: 0.0, to: 300, by: 15).map { scrape(at: $0, update: UInt64($0)) }, &kept)
    #expect(running.allSatisfy { !findings($0).contains("stats.frozen") })
    #expect(running.dropFirst(2).allSatisfy { $0.collection.sampled })
    let stopped = scrapes(stride(from: 300.0, to: 400, by: 15).map { scrape(at: $0, update: 285) }, &kept)
    #expect(stopped.map { findings($0).contains("stats.frozen") } == [false, true, true, true, true, true, true])
    // For days.
    for hour in 1..<72 {
      let later = scrapes([scrape(at: 400 + Double(hour) * 1_800, update: 285)], &kept)
      #expect(later.allSatisfy { findings($0).contains("stats.frozen") && $0.readings.count == 2 })
    }
  }

  @Test("Statistics that stop while somebody scrapes every second are found, too")
  func scrapedOften() {
    var kept = ExportReadings()
    _ = scrapes((0..<60).map { scrape(at: Double($0), update: UInt64($0 / 10 * 10)) }, &kept)
    let after = scrapes((60..<90).map { scrape(at: Double($0), update: 50) }, &kept)
    #expect(!findings(after[5]).contains("stats.frozen"))
    #expect(after.last.map { findings($0).contains("stats.frozen") } == true)
    #expect(after.allSatisfy { $0.readings.count <= ExportReadings.limit })
  }

  @Test(
    "What may have stopped the guest in between is no silence of its own",
    arguments: ["paused", "interrupted", "restarted", "rebooted", "period", "clock", "gap", "reset"])
  func broken(_ what: String) {
    var kept = ExportReadings()
    _ = scrapes([0, 30].map { scrape(at: $0, update: 0) }, &kept)
    let between: [Evidence]
    var next = 60.0
    var uptime: UInt64?
    var update: UInt64? = 0
    var period: UInt64 = 10
    switch what {
    case "paused": between = [scrape(at: 45, update: 0, state: "paused")]
    case "interrupted": between = [scrape(at: 45, update: 0, interruptions: ["RESET"])]
    case "restarted": (between, update) = ([], nil)
    case "rebooted": (between, uptime) = ([], 20)
    case "period": (between, period) = ([], 20)
    case "clock": (between, next) = ([], -3_600)
    case "gap": (between, next) = ([], 7_300)
    default: (between, update) = ([scrape(at: 45, update: nil)], nil)
    }
    let after = scrapes(between + [scrape(at: next, update: update, period: period, uptime: uptime)], &kept)
    #expect(after.last?.collection.sampled == false)
    #expect(after.last.map { findings($0).contains("stats.frozen") } == false)
  }

  @Test("A reading that failed is passed over, and what was kept stays")
  func failed() {
    var kept = ExportReadings()
    _ = scrapes([0, 15].map { scrape(at: $0, update: 0) }, &kept)
    var busy = scrape(at: 30, update: 0)
    busy.readings[0].lastUpdate = .failed(Failure(.busy, "busy"), busy.readings[0].lastUpdate.provenance)
    #expect(scrapes([busy], &kept)[0].readings.count == 1)
    #expect(scrapes([scrape(at: 45, update: 0)], &kept)[0].collection.sampled)
  }

  @Test("Guests and readings are kept in bounded number, whatever moves")
  func bounded() {
    var kept = ExportReadings()
    for index in 0..<200 {
      let told = scrapes(
        [scrape(at: Double(index), update: UInt64(index), actual: UInt64(index) << 20, period: 3_600)], &kept)
      #expect(told[0].readings.count <= ExportReadings.limit + 1)
    }
    for index in 0..<(ExportReadings.guestLimit + 50) {
      _ = scrapes([scrape(at: 300, update: 0, uuid: "\(index)")], &kept)
    }
    #expect(kept.count <= ExportReadings.guestLimit)
    _ = scrapes([scrape(at: 10_000, update: 0, uuid: "new")], &kept)
    #expect(kept.count == 1, "those that were not seen for an hour made room")
  }
}

@Suite("Hosts and guests that hang")
struct HungTargetsTests {
  @Test("are asked less and less often, and as before once they have answered")
  func rest() {
    let host = Target(kind: .libvirt, name: nil, location: "qemu+ssh://away/system")
    var hung = HungTargets()
    var now = ContinuousClock.now
    var asked: [Duration] = []
    let begun = now
    while now < begun + .seconds(86_400) {
      if !hung.isResting(host, now) {
        hung.note(host, now)
        asked.append(now - begun)
      }
      now += .seconds(30)
    }
    #expect(asked.prefix(4) == [.zero, .seconds(60), .seconds(180), .seconds(420)])
    #expect(asked.count < 32, "\(asked.count) calls in a day")
    hung.forgive(host)
    #expect(!hung.isResting(host, now))
    hung.note(host, now)
    #expect(!hung.isResting(host, now + HungTargets.shortestRest))
    hung.keep(only: [])
    #expect(!hung.isResting(host, now), "what is gone is forgotten")
  }
}

/// All expositions are synthesised.
@Suite("Turns of guests")
struct ExportTurnsTests {
  private func target(_ number: Int) -> Target {
    Target(kind: .libvirt, name: "vm\(number)", uuid: "\(number)", location: "qemu:///system")
  }

  private func exposition(_ target: Target) -> GuestExposition {
    let evidence = Evidence.unknown(
      Failure(.notAsked, "not asked"), target: target,
      collection: Collection(tool: "0", started: 0, finished: 0, sampled: false))
    return GuestExposition(evidence, Engine().diagnose(evidence))
  }

  @Test("However few a scrape has time for, each guest has its turn, and those that hang come after the others")
  func fairness() {
    let targets = (0..<100).map(target)
    var turns = ExportTurns()
    var seen: [Int: Int] = [:]
    for scrape in 0..<40 {
      let now = 1_000 + Double(scrape) * 15
      for index in turns.order(targets).prefix(10) {
        // A tenth of them hang.
        turns.note(targets[index], nil, isLate: index % 10 == 0, now: now)
        seen[index, default: 0] += 1
      }
    }
    #expect(seen.count == 100)
    #expect(targets.indices.allSatisfy { (2...5).contains(seen[$0] ?? 0) }, "\(seen)")
    let hung = seen.filter { $0.key % 10 == 0 }.map(\.value).reduce(0, +)
    #expect(hung < 40, "they cost less than their share: \(hung)")
  }

  @Test("A new guest comes first, and where there is time for all the order is theirs but for those that hang")
  func order() {
    let targets = (0..<5).map(target)
    var turns = ExportTurns()
    #expect(turns.order(targets) == [0, 1, 2, 3, 4])
    for index in 0..<4 { turns.note(targets[index], nil, isLate: index == 1, now: 100) }
    #expect(turns.order(targets) == [4, 0, 2, 3, 1])
  }

  @Test("A guest without a turn is shown as it was, not for longer than Prometheus looks back, nor once it is gone")
  func last() {
    let (one, other) = (target(1), target(2))
    var turns = ExportTurns()
    turns.note(one, exposition(one), isLate: false, now: 1_000)
    turns.note(other, nil, isLate: true, now: 1_000)
    #expect(turns.last(one, now: 1_000 + ExportTurns.longestAge) != nil)
    #expect(turns.last(one, now: 1_001 + ExportTurns.longestAge) == nil)
    #expect(turns.last(one, now: 999) == nil, "the clock was put back")
    #expect(turns.last(other, now: 1_010) == nil, "what hung is not shown as if it had answered")
    turns.keep(only: [other])
    #expect(turns.count == 1 && turns.last(one, now: 1_010) == nil)
  }
}
