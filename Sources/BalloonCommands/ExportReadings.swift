// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// The readings of earlier scrapes, so that a scrape that takes one reading at once can still tell of change.
///
/// Of each guest those are kept that show a new `last-update` or size, and the latest, over a time that is a little
/// longer than what the rules need to call statistics frozen; without the statistics, of which only the latest count.
package struct ExportReadings: Sendable {
  /// How many readings of one guest are kept.
  package static let limit = 16
  /// How long ago the last reading may be, in seconds: nobody knows what happened in a longer gap.
  package static let longestGap = 3_600.0
  /// How many guests' readings are kept.
  package static let guestLimit = 10_000

  private struct Key: Hashable, Sendable {
    let kind: Target.Kind
    let location: String
    let guest: String
  }
  private struct History: Sendable {
    var readings: [Reading]
    var period: UInt64?

    /// Of readings that show the same, the first and the last are kept.
    mutating func add(_ reading: Reading) {
      let count = readings.count
      if count >= 2, readings[count - 2].showsSame(as: readings[count - 1]), readings[count - 1].showsSame(as: reading)
      {
        readings[count - 1] = reading
      } else {
        readings.append(reading)
      }
    }
  }
  private var histories: [Key: History] = [:]

  package init() {}

  /// How many guests are remembered.
  package var count: Int { histories.count }

  /// Puts a guest's earlier readings before the one that was taken, and says that change can be judged when all of them
  /// span more than twice the period and a second: that is how long ``GuestCollector`` would watch.
  ///
  /// What was read before a pause, a reset, another period, or a jump of the clock is dropped.
  package mutating func complete(_ evidence: inout Evidence) {
    guard evidence.readings.count == 1, let reading = evidence.readings.first else { return }
    let target = evidence.target
    let key = Key(kind: target.kind, location: target.location, guest: target.uuid ?? target.name ?? "")
    guard Self.running.contains(evidence.domain.state.value ?? ""),
      (evidence.domain.interruptions.value ?? []).isEmpty
    else {
      histories[key] = nil
      return
    }
    // A reading that failed says nothing, for or against.
    guard reading.actual.value != nil, reading.lastUpdate.failure == nil else { return }
    let period = evidence.device.pollingInterval.value ?? evidence.configuration.statsPeriod.value
    var history = histories[key] ?? History(readings: [], period: period)
    if let last = history.readings.last, history.period != period || Self.isBroken(last, reading, evidence) {
      history = History(readings: [], period: period)
    }
    guard !history.readings.isEmpty || makeRoom(at: reading.time) else { return }
    let span = Self.span(period)
    history.add(Self.bare(reading))
    while history.readings.count > 2, reading.time - history.readings[1].time > span { history.readings.removeFirst() }
    if history.readings.count > Self.limit { history.readings.remove(at: 1) }
    histories[key] = history
    guard let first = history.readings.first, history.readings.count > 1 else { return }
    evidence.readings = history.readings.dropLast() + [reading]
    evidence.collection.sampled = reading.time - first.time > span
  }

  /// The words for a guest whose processors run.
  private static let running: Set<String> = ["running", "blocked", "idle"]

  /// More than this lies between the first and the last of readings that tell of change, in seconds.
  private static func span(_ period: UInt64?) -> Double { max(2 * Double(period ?? 0) + 1, 2) }

  /// Whether nobody can say that the guest ran from one reading to the other.
  private static func isBroken(_ before: Reading, _ now: Reading, _ evidence: Evidence) -> Bool {
    let gap = now.time - before.time
    guard gap > 0, gap <= longestGap else { return true }
    // A machine that was started anew has no last answer, nor one of the time before.
    if let update = before.lastUpdate.value, update > now.lastUpdate.value ?? 0 { return true }
    // Both clocks are rounded.
    let uptimes = [evidence.domain.uptime.value, evidence.guest.uptime.value.map { Double($0) }]
    return uptimes.contains { $0.map { $0 + 1 < gap } ?? false }
  }

  private static func bare(_ reading: Reading) -> Reading {
    var reading = reading
    reading.statistics = .failed(
      Failure(.notAsked, "of an earlier reading only the size and the time of the last answer are kept"),
      reading.statistics.provenance)
    reading.guest = nil
    return reading
  }

  /// Makes room for another guest, of those that have not been seen for long; false when there is none.
  private mutating func makeRoom(at now: Double) -> Bool {
    guard histories.count >= Self.guestLimit else { return true }
    histories = histories.filter { abs(now - ($0.value.readings.last?.time ?? 0)) <= Self.longestGap }
    return histories.count < Self.guestLimit
  }
}

extension Reading {
  fileprivate func showsSame(as other: Reading) -> Bool {
    actual.value == other.actual.value && lastUpdate.value == other.lastUpdate.value
  }
}
