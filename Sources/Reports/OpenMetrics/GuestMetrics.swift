// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// One guest's sizes and statistics as metric families. What is not known has no sample.
package enum GuestMetrics {
  /// The labels that tell a guest from the others: four, all of them the host's word, whatever a guest calls itself.
  /// `domain` and `uuid` are those of the exporters of libvirt, so that their metrics can be joined with these.
  package static func labels(_ target: Target) -> [MetricLabel] {
    [MetricLabel("domain", target.name ?? target.location)] + (target.uuid.map { [MetricLabel("uuid", $0)] } ?? [])
      + [MetricLabel("kind", target.kind.rawValue), MetricLabel("location", target.location)]
  }

  /// The families of a collection's latest reading.
  package static func families(_ evidence: Evidence) -> [MetricFamily] {
    let reading = evidence.readings.last
    let ofHost = reading?.statistics.value
    return families(
      evidence.target, evidence.configuration,
      period: evidence.device.pollingInterval.value ?? evidence.configuration.statsPeriod.value,
      state: evidence.domain.state.value, reading, ofHost ?? evidence.guest.statistics.value ?? [:])
  }

  /// The families of a guest that is watched.
  package static func families(_ state: LiveState) -> [MetricFamily] {
    // What was read before the connection was lost is not what is.
    let reading = state.lost == nil ? state.reading : nil
    return families(
      state.guest.target, state.guest.configuration, period: state.guest.period, state: state.state.value, reading,
      reading == nil ? [:] : state.statistics?.value ?? [:])
  }

  /// Whether a guest's balloon could be looked at.
  static func up(_ labels: [MetricLabel], _ isUp: Bool) -> MetricFamily {
    var family = MetricFamily("up", help: "Whether the guest's balloon could be looked at.")
    family.add(labels, MetricValue(isUp))
    return family
  }

  /// What a machine's state is called: the hypervisors' words, and one for every other.
  private static let states: [(label: String, words: Set<String>)] = [
    ("running", ["running"]), ("paused", ["paused"]), ("shut off", ["shut off", "shutoff", "shutdown", "in shutdown"]),
    ("crashed", ["crashed", "guest-panicked", "internal-error", "io-error"]),
    ("suspended", ["suspended", "pmsuspended"]), ("migrating", ["inmigrate", "postmigrate", "finish-migrate"]),
  ]

  private static func families(
    _ target: Target, _ configuration: ConfigurationEvidence, period: UInt64?, state: String?, _ reading: Reading?,
    _ statistics: [String: Observation<UInt64>]
  ) -> [MetricFamily] {
    let labels = labels(target)
    var families: [MetricFamily] = []
    func add(
      _ name: String, type: MetricType = .gauge, unit: String? = nil, _ help: String, _ value: MetricValue?
    ) {
      var family = MetricFamily(name, type, unit: unit, help: help)
      family.add(labels, value)
      families.append(family)
    }
    func size(_ name: String, _ help: String, _ leaf: Observation<UInt64>?) {
      add(name, unit: "bytes", help, leaf?.value.map(MetricValue.integer))
    }
    let isRead = reading.map { $0.actual.failure == nil || $0.statistics.failure == nil || $0.guest != nil } ?? false
    families.append(up(labels, isRead))
    if let state {
      var family = MetricFamily("state", help: "What the hypervisor says the guest is doing: 1 for the state it is in.")
      let own = states.first { $0.words.contains(state) }?.label ?? "other"
      for label in states.map(\.label) + ["other"] {
        family.add(labels + [MetricLabel("state", label)], MetricValue(label == own))
      }
      families.append(family)
    }
    size("maximum", "The most memory that the guest can have.", configuration.maximum)
    size("target", "The memory that somebody asked the balloon to leave to the guest.", configuration.target)
    size("actual", "The memory that the balloon leaves to the guest.", reading?.actual)
    size("resident", "Resident memory of the QEMU process.", reading?.rss)
    let update = reading?.lastUpdate.value
    add(
      "statistics_last_update_timestamp", unit: "seconds",
      "When the guest's driver last delivered statistics, by the clock of the host that runs QEMU.",
      update.map(MetricValue.integer))
    add(
      "statistics_age", unit: "seconds", "How long before the reading the guest's driver last delivered statistics.",
      reading.flatMap { reading in
        reading.lastUpdate.value.flatMap { Age.seconds(from: Double($0), to: reading.time) }.map { age in
          MetricValue.number((age * 1_000).rounded() / 1_000)
        }
      })
    add(
      "statistics_period", unit: "seconds", "How often QEMU asks the guest's driver for statistics; 0 is never.",
      period.map(MetricValue.integer))
    for (name, metric, help) in Self.statistics {
      let known = StatisticsTable.known.first { $0.name == name }
      let isCounter = StatisticsTable.counters.contains(name)
      add(
        metric, type: isCounter ? .counter : .gauge, unit: known?.isSize == true ? "bytes" : nil,
        "The guest's word: \(help).", statistics[name]?.value.map(MetricValue.integer))
    }
    return families
  }

  /// The statistics of `balloon.stats`, their metrics, and what they are. Source: virtio 1.3, 5.5.6.4.
  private static let statistics: [(name: String, metric: String, help: String)] = [
    ("totalMemory", "guest_memory", "all memory that its system sees"),
    ("freeMemory", "guest_free", "memory that is used for nothing"),
    ("availableMemory", "guest_available", "memory that programs could have without swapping"),
    ("diskCaches", "guest_disk_caches", "caches that can be dropped at once"),
    ("swapIn", "guest_swapped_in", "memory read back from swap"),
    ("swapOut", "guest_swapped_out", "memory written to swap"),
    ("majorFaults", "guest_major_faults", "page faults that needed input or output"),
    ("minorFaults", "guest_minor_faults", "page faults that needed none"),
    ("hugetlbAllocations", "guest_huge_page_allocations", "huge pages that were allocated"),
    ("hugetlbFailures", "guest_huge_page_failures", "huge pages that could not be allocated"),
    ("oomKills", "guest_out_of_memory_kills", "processes killed for lack of memory"),
    ("allocationStalls", "guest_allocation_stalls", "allocations that had to wait for memory"),
    ("asynchronousScans", "guest_background_scanned", "memory scanned in the background"),
    ("directScans", "guest_direct_scanned", "memory scanned by allocations"),
    ("asynchronousReclaims", "guest_background_reclaimed", "memory reclaimed in the background"),
    ("directReclaims", "guest_direct_reclaimed", "memory reclaimed by allocations"),
  ]
}
