// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// How often the host asks the guest for statistics.
enum StatisticsPeriod: Hashable, Sendable {
  /// Every so many seconds.
  case every(UInt64)
  /// Never; the clause says how that is known.
  case off(String)
  case unknown
}

/// What became of `last-update` between the first reading and the last.
enum Advance: Hashable, Sendable {
  /// The guest answered anew.
  case advanced
  /// The guest has not answered for `span` seconds; `since` is its last answer.
  case unchanged(span: Double, since: UInt64)
  /// The guest has never answered, all through `span` seconds.
  case never(span: Double)
  /// There are no two readings that may be compared.
  case unknown
}

extension EvidenceReader {
  /// The period in force: the device's own setting where it was read, else the XML's.
  mutating func statisticsPeriod() -> StatisticsPeriod {
    if let seconds = peek(\.device.pollingInterval).value {
      _ = read(\.device.pollingInterval)
      return seconds > 0 ? .every(seconds) : .off("guest-stats-polling-interval is 0")
    }
    switch peek(\.configuration.statsPeriod) {
    case .observed(let seconds, _):
      _ = read(\.configuration.statsPeriod)
      return seconds > 0 ? .every(seconds) : .off("<stats period='0'/> switches them off")
    case .absent:
      _ = read(\.configuration.statsPeriod)
      return .off("the configuration sets no <stats period>")
    case .failed:
      _ = ask(\.device.pollingInterval)
      _ = ask(\.configuration.statsPeriod)
      return .unknown
    }
  }

  /// Compares `last-update` over the readings. Only readings that were sampled for it count, and of those only the ones
  /// whose time is known: one reading, or an artefact, never tells of change.
  mutating func advance() -> Advance {
    guard collection.sampled else { return .unknown }
    let readings = peek(\.readings)
    let usable = readings.indices.filter {
      readings[$0].lastUpdate.failure == nil && readings[$0].lastUpdate.provenance.time != nil
    }
    guard let first = usable.first, let last = usable.last, first != last else { return .unknown }
    let changes = zip(usable, usable.dropFirst()).filter { earlier, later in
      let after = readings[later].lastUpdate.value ?? 0
      return after > 0 && after != readings[earlier].lastUpdate.value ?? 0
    }
    if let latest = changes.last?.1, let since = readings[last].lastUpdate.value, since > 0,
      case let span = readings[last].time - readings[latest].time, let period = knownPeriod, span > 2 * period + 1
    {
      // A long watch has seen answers come, and then none for longer than a working guest takes.
      _ = read(reading: latest, \.lastUpdate)
      _ = read(reading: last, \.lastUpdate)
      return .unchanged(span: span, since: since)
    }
    if let (earlier, later) = changes.first {
      _ = read(reading: earlier, \.lastUpdate)
      _ = read(reading: later, \.lastUpdate)
      return .advanced
    }
    _ = read(reading: first, \.lastUpdate)
    _ = read(reading: last, \.lastUpdate)
    let span = readings[last].time - readings[first].time
    guard span > 0 else { return .unknown }
    let since = readings[last].lastUpdate.value ?? 0
    return since > 0 ? .unchanged(span: span, since: since) : .never(span: span)
  }

  /// Seconds between two deliveries, where one is due; needs no citation.
  private var knownPeriod: Double? {
    let period = peek(\.device.pollingInterval).value ?? peek(\.configuration.statsPeriod).value
    return period.flatMap { $0 > 0 ? Double($0) : nil }
  }

  /// Seconds between the guest's last answer and the last reading; `nil` when there is no answer, or when the host
  /// whose clock wrote it may not be this machine.
  mutating func statisticsAge() -> Double? {
    guard target.sharesOurClock, let index = peek(\.readings).indices.last,
      let leaf = read(reading: index, \.lastUpdate), leaf.provenance.time != nil,
      let update = leaf.value, update > 0, let time = time(ofReading: index)
    else { return nil }
    let age = time - Double(update)
    // QEMU writes whole seconds; more than that in the future is another clock.
    return age >= -2 ? max(0, age) : nil
  }

  /// How old the last answer may be to show that the driver still serves: two periods, five minutes at most.
  static func freshness(period: UInt64) -> Double { min(2 * Double(period) + 2, 300) }

  /// Whether the last answer is so recent that the driver serves: a clause that says so, or `nil`.
  mutating func recentAnswer() -> String? {
    guard case .every(let period) = statisticsPeriod(), let age = statisticsAge(),
      age <= Self.freshness(period: period), (peek(\.domain.interruptions).value ?? []).isEmpty
    else { return nil }
    if let state = peek(\.domain.state).value, !Steadiness.running.contains(state) { return nil }
    // An answer from before the last reset is another boot's.
    if let uptime = peek(\.domain.uptime).value, uptime <= age { return nil }
    return "the guest delivered statistics \(EvidenceText.duration(age)) before it was looked at"
  }

  /// Whether the last reading has statistics: how many values; `nil` when nobody could read them.
  mutating func deliveredStatistics() -> Int? {
    guard let index = peek(\.readings).indices.last, let leaf = read(reading: index, \.statistics) else {
      note(missing: "no reading of the statistics was taken", at: "readings", ask: diagnose())
      return nil
    }
    switch leaf {
    case .observed(let statistics, _):
      let values = statistics.values.count { $0.value != nil }
      if values == 0, let failed = statistics.values.first(where: { $0.failure != nil }) {
        note(missing: failed, at: "readings.\(index).statistics")
        return nil
      }
      return values
    case .absent: return 0
    case .failed:
      note(missing: leaf, at: "readings.\(index).statistics")
      return nil
    }
  }

  /// Notes that change cannot be judged from what was read.
  mutating func noteNoSample() {
    note(
      missing: collection.sampled
        ? "there are no two readings of a known time to compare"
        : "only one reading was taken, so no change can be seen",
      at: "collection.sampled", ask: diagnose())
  }
}

extension Target {
  /// Whether the guest's host has this machine's clock: a monitor socket, or a libvirt URI that names no other host.
  var sharesOurClock: Bool {
    guard kind != .artefacts else { return false }
    guard kind == .libvirt else { return true }
    guard let separator = location.firstRange(of: "://") else { return false }
    return location[separator.upperBound...].hasPrefix("/")
  }
}
