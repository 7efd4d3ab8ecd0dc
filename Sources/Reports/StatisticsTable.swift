// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

/// The virtio balloon's statistics as QEMU has them beside those that the agent computes in the guest.
enum StatisticsTable {
  /// The statistics in the order of their tags (virtio 1.2, 5.5.6.3), by the names of `balloon.stats`, and whether each
  /// is a size. What carries another name is shown behind them, as a plain number.
  static let known: [(name: String, label: String, isSize: Bool)] = [
    ("totalMemory", "total memory", true),
    ("freeMemory", "free memory", true),
    ("availableMemory", "available memory", true),
    ("diskCaches", "disk caches", true),
    ("swapIn", "swapped in", true),
    ("swapOut", "swapped out", true),
    ("majorFaults", "major faults", false),
    ("minorFaults", "minor faults", false),
    ("hugetlbAllocations", "huge pages allocated", false),
    ("hugetlbFailures", "huge pages refused", false),
    ("oomKills", "out-of-memory kills", false),
    ("allocationStalls", "stalled allocations", false),
    ("asynchronousScans", "scanned in background", true),
    ("directScans", "scanned directly", true),
    ("asynchronousReclaims", "reclaimed in background", true),
    ("directReclaims", "reclaimed directly", true),
  ]

  /// How many statistics of other names are shown.
  private static let otherLimit = 16

  /// A statistic and what the two sides say of it; `nil` where a side has no such row.
  struct Row: Hashable {
    var label: String
    var host: String?
    var guest: String?
  }

  static func rows(_ host: [String: Observation<UInt64>], _ guest: [String: Observation<UInt64>]) -> [Row] {
    func describe(_ leaf: Observation<UInt64>, isSize: Bool) -> String {
      isSize ? Known.size(leaf) : Known.text(leaf) { String($0) }
    }
    let ours = Set(known.map(\.name))
    let others = Set(host.keys).union(guest.keys).subtracting(ours).sorted().prefix(otherLimit)
    return (known + others.map { ($0, $0, false) })
      .filter { host[$0.name] != nil || guest[$0.name] != nil }
      .map { name, label, isSize in
        Row(
          label: label, host: host[name].map { describe($0, isSize: isSize) },
          guest: guest[name].map { describe($0, isSize: isSize) })
      }
  }

  /// `last update 3 s ago; period 2 s`.
  static func freshness(_ evidence: Evidence) -> String {
    guard let reading = evidence.readings.last else { return "not known (no reading)" }
    var text = ""
    switch reading.lastUpdate {
    case .observed: text = "last update \(Age.describe(lastUpdateOf: reading))"
    case .absent: text = "the guest has never answered"
    case .failed(let failure, _): text = "last update \(Known.unknown(failure))"
    }
    return text + "; " + period(evidence)
  }

  /// `period 2 s`, `polling is off`; QEMU's own setting outranks the configuration.
  static func period(_ evidence: Evidence) -> String {
    let set = evidence.configuration.statsPeriod
    switch (evidence.device.pollingInterval, set) {
    case (.observed(0, _), _): return "polling is off"
    case (.observed(let seconds, _), _): return "period \(seconds) s"
    case (_, .observed(0, _)): return "polling is switched off in the configuration"
    case (_, .observed(let seconds, _)): return "period \(seconds) s by the configuration"
    case (_, .absent): return "no period is configured"
    case (_, .failed(let failure, _)): return "period \(Known.unknown(failure))"
    }
  }

  /// `4 readings in 3 s: the statistics advanced`; what several readings show together.
  static func progress(_ readings: [Reading]) -> String {
    guard let first = readings.first, let last = readings.last, readings.count > 1 else { return "one reading" }
    let span = "\(readings.count) readings in \(Age.duration(last.time - first.time)): "
    let size =
      if let before = first.actual.value, let after = last.actual.value {
        before == after ? "actual stayed the same" : "actual went from \(EvidenceText.size(before))"
      } else {
        "actual not known"
      }
    let advance =
      switch (first.lastUpdate, last.lastUpdate) {
      case (.observed(let before, _), .observed(let after, _)) where after > before: "the statistics advanced"
      case (.absent, .observed): "the statistics began"
      case (.failed, _), (_, .failed): "whether the statistics advanced is not known"
      default: "the statistics did not advance"
      }
    return span + advance + ", " + size
  }

  /// The table of both sides, and what is said before it of a side that has nothing.
  struct Sides: Hashable {
    var remarks: [String] = []
    /// The columns' heads; the first one is empty.
    var header: [String] = []
    var rows: [[String]] = []
  }

  /// The statistics of both sides; one remark where a side has none.
  ///
  /// Why a side has none is told here unless `reasonsAreTold` already.
  static func sides(_ evidence: Evidence, reasonsAreTold: Bool = false) -> Sides {
    let ofHost = evidence.readings.last?.statistics
    let ofGuest = evidence.guest.statistics
    let host = ofHost?.value ?? [:]
    let guest = ofGuest.value ?? [:]
    let isUnset = !host.isEmpty && host.values.allSatisfy(\.isAbsent)
    let rows = rows(isUnset ? [:] : host, guest)
    var sides = Sides()
    if isUnset {
      sides.remarks.append("QEMU has none of them: the guest's driver has delivered no value.")
    } else if reasonsAreTold, host.isEmpty {
      // Nothing to add.
    } else if let failure = ofHost?.failure {
      sides.remarks.append("By QEMU: \(Known.unknown(failure)).")
    } else if host.isEmpty {
      sides.remarks.append("By QEMU: none.")
    }
    if reasonsAreTold, guest.isEmpty {
      // Nothing to add.
    } else if let failure = ofGuest.failure {
      sides.remarks.append("By the agent: \(Known.unknown(failure)).")
    } else if guest.isEmpty {
      sides.remarks.append("By the agent: none.")
    }
    guard !rows.isEmpty else { return sides }
    let showsHost = rows.contains { $0.host != nil }
    let showsGuest = rows.contains { $0.guest != nil }
    func pick(_ label: String, _ host: String, _ guest: String) -> [String] {
      [label] + (showsHost ? [host] : []) + (showsGuest ? [guest] : [])
    }
    sides.header = pick("", "by QEMU (host)", "by the agent (guest)")
    sides.rows = rows.map { pick($0.label, $0.host ?? "not told", $0.guest ?? "not told") }
    return sides
  }
}

extension TextPage {
  /// The statistics of both sides; one line where a side has none.
  mutating func statisticsTable(_ evidence: Evidence, indent: Int, reasonsAreTold: Bool = false) {
    let sides = StatisticsTable.sides(evidence, reasonsAreTold: reasonsAreTold)
    for remark in sides.remarks { flow(remark, indent: indent, hanging: indent + 2) }
    guard !sides.rows.isEmpty else { return }
    table(sides.rows, header: sides.header, indent: indent, limit: 24)
  }
}
