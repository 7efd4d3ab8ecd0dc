// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Rules

/// What a check of Nagios' family (Icinga, Naemon, Checkmk) is told: a status, and one line with performance data.
///
/// Source: Monitoring Plugins Development Guidelines, https://www.monitoring-plugins.org/doc/guidelines.html
package struct CheckLine: Hashable, Sendable {
  /// The family's four states; the raw value is the exit status.
  package enum Status: Int32, Hashable, Sendable {
    case ok = 0
    case warning = 1
    case critical = 2
    case unknown = 3

    package init(_ verdict: Verdict) {
      switch verdict {
      case .healthy: self = .ok
      case .warning: self = .warning
      case .problem: self = .critical
      case .inconclusive: self = .unknown
      }
    }

    /// Of two states the one that somebody has to see, as the family's own plugins choose it.
    package func worse(_ other: Status) -> Status {
      let order: [Status] = [.ok, .unknown, .warning, .critical]
      return (order.firstIndex(of: self) ?? 0) >= (order.firstIndex(of: other) ?? 0) ? self : other
    }

    var word: String {
      switch self {
      case .ok: "OK"
      case .warning: "WARNING"
      case .critical: "CRITICAL"
      case .unknown: "UNKNOWN"
      }
    }
  }

  package let status: Status
  let text: String
  /// `label=value[unit];;;minimum;maximum`, nothing for what is not known.
  let performance: [String]

  /// Something that kept the check from looking.
  package init(unknown reason: String) {
    status = .unknown
    text = reason
    performance = []
  }

  /// One guest.
  package init(_ diagnosis: Diagnosis, _ evidence: Evidence) {
    status = Status(diagnosis.verdict)
    text = VerdictSentence.text(diagnosis, evidence)
    let maximum = evidence.configuration.maximum.value
    var performance: [String] = []
    func size(_ label: String, _ bytes: UInt64?) {
      if let bytes { performance.append("\(label)=\(bytes)B;;;0" + (maximum.map { ";\($0)" } ?? "")) }
    }
    if let reading = evidence.readings.last {
      size("actual", reading.actual.value)
      size("available", reading.values["availableMemory"])
      size("free", reading.values["freeMemory"])
      if let rss = reading.rss.value { performance.append("rss=\(rss)B;;;0") }
      if let update = reading.lastUpdate.value, let age = Age.seconds(from: Double(update), to: reading.time) {
        performance.append("stats_age=\(UInt64(clamping: Int(min(max(age, 0), 1e9))))s;;;0")
      }
    }
    self.performance = performance
  }

  /// Several guests: the worst speaks, the numbers count all.
  package init(_ report: FleetReport) {
    var status = Status.ok
    for guest in report.guests { status = status.worse(Status(guest.diagnosis.verdict)) }
    if !report.unreached.isEmpty { status = status.worse(.unknown) }
    self.status = status
    let worst =
      report.guests.first { Status($0.diagnosis.verdict) == status && status != .ok }?.sentence
      ?? (status == .unknown ? report.unreached.first?.sentence : nil)
    let count = report.guests.count
    text =
      count == 0 && report.unreached.isEmpty
      ? "no guest is running" : "\(count == 1 ? "1 guest" : "\(count) guests")" + (worst.map { "; \($0)" } ?? "")
    func number(_ verdict: Verdict) -> Int { report.guests.count { $0.diagnosis.verdict == verdict } }
    performance = [
      "guests=\(count);;;0", "problem=\(number(.problem));;;0", "warning=\(number(.warning));;;0",
      "inconclusive=\(number(.inconclusive));;;0", "healthy=\(number(.healthy));;;0",
      "unreached=\(report.unreached.count);;;0",
    ]
  }

  /// The line, with its line feed. A bar would begin the performance data, so none stands before it.
  package var line: String {
    let shown = TerminalText.escaped(TerminalText.shortened(text, to: 1_000), unicode: true)
      .split(separator: "|", omittingEmptySubsequences: false).joined(separator: "/")
    return "BALLOON \(status.word) - \(shown)" + (performance.isEmpty ? "" : " | " + performance.joined(separator: " "))
      + "\n"
  }
}
