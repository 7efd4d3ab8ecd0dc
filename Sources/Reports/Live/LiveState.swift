// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// What is known of a guest that is watched: the latest of everything, and a bounded memory of how it came to be.
///
/// A pure fold over ``StatisticsUpdate``s; its only clock is the updates' own times.
package struct LiveState: Sendable {
  /// How many looks are remembered: an hour of one a second.
  package static let sampleLimit = 3_600
  package static let eventLimit = 200

  package private(set) var guest: WatchedGuest
  package private(set) var state: Observation<String>
  package private(set) var reading: Reading?
  /// The balloon's size, by the latest reading or by a later event.
  package private(set) var actual: Observation<UInt64>
  /// The latest, in the order in which they came.
  package private(set) var events: [MachineEvent] = []
  /// How many more there were.
  package private(set) var omittedEvents = 0
  /// Why the guest cannot be looked at now, and in how many seconds it is tried again.
  package private(set) var lost: (failure: Failure, retry: Double)?
  /// Per second, of each counter that two deliveries of the same boot tell.
  package private(set) var rates: [String: Double] = [:]
  package private(set) var samples: [LiveSample] = []
  /// The delivery of which ``rates`` are the way to the next.
  private var delivery: (time: Double, values: [String: UInt64])?

  package init(_ guest: WatchedGuest) {
    self.guest = guest
    state = guest.state
    actual = .failed(
      Failure(.notAsked, "there was no reading yet"), Provenance("", trust: .host, time: nil))
  }

  /// When the latest reading was taken, in seconds since 1970; `nil` before the first.
  package var time: Double? { reading?.time }

  /// The statistics of the latest reading: those of the hypervisor, or the agent's where only that was asked.
  package var statistics: Observation<[String: Observation<UInt64>]>? {
    guard let reading else { return nil }
    if reading.statistics.value == nil, let word = reading.guest?.statistics { return word }
    return reading.statistics
  }

  /// Seconds since the guest's driver delivered; `nil` when it never did, and when it is not known.
  package var age: Double? {
    guard let reading, let update = reading.lastUpdate.value else { return nil }
    return Age.seconds(from: Double(update), to: reading.time)
  }

  /// Whether the driver has missed more than one delivery, so that what it last said is no rate of now. What is not
  /// known is not late.
  package var isLate: Bool {
    guard let age, let period = guest.period, period > 0 else { return false }
    return age > 2 * Double(period) + max(guest.interval, 1)
  }

  package mutating func take(_ update: StatisticsUpdate) {
    switch update {
    case .found(let found):
      guest = found
      state = found.state
      lost = nil
    case .reading(let new, let now): take(new, state: now)
    case .events(let new, let omitted):
      for event in new {
        if let size = event.actual, reading.map({ event.time >= $0.time }) ?? true {
          actual = .observed(size, Provenance(event.name, trust: .host, time: event.time))
        }
        // Counters start anew with the machine.
        if event.name == "RESET" || event.name == "restarted" { (delivery, rates) = (nil, [:]) }
      }
      events = Array((events + new).suffix(Self.eventLimit))
      omittedEvents += omitted
    case .lost(let failure, let retry):
      lost = (failure, retry)
      state = .failed(failure, Provenance("", trust: .host, time: nil))
      (delivery, rates) = (nil, [:])
    }
  }

  private mutating func take(_ new: Reading, state now: Observation<String>) {
    reading = new
    state = now
    actual = new.actual
    lost = nil
    let values = (statistics?.value ?? [:]).compactMapValues(\.value)
    // Without the time of the last delivery each look counts as one.
    let time = new.lastUpdate.value.map { Double($0) } ?? new.time
    if let before = delivery, time != before.time {
      rates = [:]
      if time > before.time {
        for name in StatisticsTable.counters {
          guard let one = before.values[name], let other = values[name], other >= one else { continue }
          rates[name] = Double(other - one) / (time - before.time)
        }
      }
    }
    if delivery?.time != time { delivery = values.isEmpty ? nil : (time, values) }
    if isLate { rates = [:] }
    var sample = LiveSample(time: new.time)
    sample.values["actual"] = new.actual.value.map { Double($0) }
    sample.values["rss"] = new.rss.value.map { Double($0) }
    for (name, value) in values where !StatisticsTable.counters.contains(name) { sample.values[name] = Double(value) }
    for (name, rate) in rates { sample.values[name] = rate }
    if samples.count >= Self.sampleLimit { samples.removeFirst(samples.count - Self.sampleLimit + 1) }
    samples.append(sample)
  }
}

/// What was known at one look: sizes in bytes, counters as rates per second.
package struct LiveSample: Hashable, Sendable {
  /// Seconds since 1970.
  package var time: Double
  package var values: [String: Double] = [:]
}

extension StatisticsTable {
  /// The statistics that only grow while a guest runs.
  static let counters: Set<String> = [
    "swapIn", "swapOut", "majorFaults", "minorFaults", "hugetlbAllocations", "hugetlbFailures", "oomKills",
    "allocationStalls", "asynchronousScans", "directScans", "asynchronousReclaims", "directReclaims",
  ]
}
