// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

/// A guest's size and statistics over the time in which it was watched.
struct TimeSeries {
  /// One figure over time; `nil` where it was not known.
  struct Line {
    enum Kind: String, CaseIterable {
      case actual, resident, freeByHost, availableByHost, freeByGuest, availableByGuest
    }
    let kind: Kind
    let name: String
    /// As many as there are ``TimeSeries/times``.
    let values: [UInt64?]

    var known: [UInt64] { values.compactMap { $0 } }
  }

  /// Something that the machine told of itself.
  struct Event {
    /// Seconds since the first reading; negative before it.
    let offset: Double
    let name: String
    let actual: UInt64?
  }

  /// When the first reading was taken, in seconds since 1970.
  let start: Double
  /// Of each reading, in seconds since the first; never falling.
  let times: [Double]
  /// The lines that have a value at all.
  let sizes: [Line]
  let memory: [Line]
  let target: UInt64?
  let maximum: UInt64?
  /// When a reading showed that the guest had answered anew since the one before, in seconds since the first.
  let advances: [Double]
  /// How many readings lack the time of the last update.
  let unknownUpdates: Int
  let events: [Event]
  /// How many readings lack the size.
  let gaps: Int

  var duration: Double { times.last ?? 0 }

  /// `nil` with fewer than two readings, or when nobody noted when they were taken.
  init?(_ evidence: Evidence) {
    var kept: [Reading] = []
    for reading in evidence.readings where reading.time.isFinite && abs(reading.time) < 1e12 {
      guard reading.time >= kept.last?.time ?? reading.time, Self.isTimed(reading) else { continue }
      kept.append(reading)
    }
    guard kept.count > 1, let first = kept.first, let last = kept.last, last.time > first.time else { return nil }
    start = first.time
    times = kept.map { $0.time - first.time }
    func line(_ kind: Line.Kind, _ name: String, _ value: (Reading) -> UInt64?) -> Line? {
      let line = Line(kind: kind, name: name, values: kept.map(value))
      return line.known.isEmpty ? nil : line
    }
    func told(_ leaf: Observation<[String: Observation<UInt64>]>?, _ name: String) -> UInt64? {
      leaf?.value?[name]?.value
    }
    sizes = [
      line(.actual, "the balloon's size (actual)") { $0.actual.value },
      line(.resident, "QEMU's resident memory") { $0.rss.value },
    ].compactMap { $0 }
    memory = [
      line(.availableByHost, "available, by QEMU's statistics") { told($0.statistics, "availableMemory") },
      line(.freeByHost, "free, by QEMU's statistics") { told($0.statistics, "freeMemory") },
      line(.availableByGuest, "available, by the agent") {
        told($0.guest?.memory, "available") ?? told($0.guest?.statistics, "availableMemory")
      },
      line(.freeByGuest, "free, by the agent") {
        told($0.guest?.memory, "free") ?? told($0.guest?.statistics, "freeMemory")
      },
    ].compactMap { $0 }
    target = evidence.configuration.target.value
    maximum = evidence.configuration.maximum.value
    var advances: [Double] = []
    var latest: UInt64?
    for (index, reading) in kept.enumerated() {
      guard let update = reading.lastUpdate.value else { continue }
      if index > 0, latest.map({ update > $0 }) ?? kept[..<index].allSatisfy(\.lastUpdate.isAbsent) {
        advances.append(times[index])
      }
      latest = update
    }
    self.advances = advances
    unknownUpdates = kept.count { $0.lastUpdate.failure != nil }
    gaps = kept.count { $0.actual.value == nil }
    let end = last.time
    events = (evidence.events ?? []).filter { $0.time.isFinite && $0.time >= first.time - 1 && $0.time <= end + 1 }
      .map { Event(offset: min(max($0.time - first.time, 0), end - first.time), name: $0.name, actual: $0.actual) }
  }

  /// An artefact does not tell when it was taken.
  private static func isTimed(_ reading: Reading) -> Bool {
    let statistics = reading.statistics.provenance.time
    return reading.actual.provenance.time != nil || reading.lastUpdate.provenance.time != nil || statistics != nil
      || reading.rss.provenance.time != nil
  }

  /// `31 readings in 60 s from 2026-05-28 20:26:40 UTC; 2 of them lack the balloon's size`.
  var sentence: String {
    let from = Moment.utc(start).map { " from \($0)" } ?? ""
    let lack = gaps == 0 ? "" : "; \(gaps) of them \(gaps == 1 ? "lacks" : "lack") the balloon's size"
    return "\(times.count) readings in \(Moment.offset(duration))\(from)\(lack)."
  }

  /// When the guest answered anew, in one sentence.
  var advance: String {
    if advances.isEmpty {
      return unknownUpdates > 0
        ? "Whether the statistics advanced is not known." : "The statistics did not advance in this time."
    }
    return "The statistics advanced \(advances.count == 1 ? "once" : "\(advances.count) times") between readings."
  }

  /// The numbers of the readings of a short table: evenly thinned, the first and the last one among them.
  func sample(atMost limit: Int) -> [Int] {
    guard times.count > limit, limit > 1 else { return Array(times.indices) }
    return (0..<limit).map { $0 * (times.count - 1) / (limit - 1) }
  }
}
