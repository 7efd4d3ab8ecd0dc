// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Rules

/// What a check of Nagios' family (Icinga, Naemon, Checkmk) is told: a status, one line with performance data, and for
/// whoever asks for more, further lines.
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

  /// What the first line may take, in bytes: NRPE's older protocol carries 1,024, and performance data that is cut is
  /// wrong data.
  package static let limit = 1_000
  /// What all lines together may take, in bytes: Nagios reads no more than 4 KiB.
  package static let longLimit = 4_000

  package let status: Status
  let text: String
  /// `label=value[unit];;;minimum;maximum`, nothing for what is not known. The labels are this program's own words,
  /// which need no quotes; whatever a guest calls itself is none.
  let performance: [String]
  /// What follows the first line when somebody asks for more.
  let details: [String]

  /// Something that kept the check from looking.
  package init(unknown reason: String) {
    status = .unknown
    text = reason
    performance = []
    details = []
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
    details = diagnosis.findings.map { "\($0.severity.rawValue) \($0.id): \($0.title)" }
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
    details =
      report.unreached.map { "unreached: \($0.sentence)" }
      + report.guests.filter { $0.shortfall != nil || $0.diagnosis.verdict != .healthy }.map {
        "\($0.shortfall == nil ? $0.diagnosis.verdict.rawValue : "no answer"): \($0.sentence)"
      }
  }

  /// The line, with its line feed.
  package var line: String {
    let head = "BALLOON \(status.word) - "
    let tail = (performance.isEmpty ? "" : " | " + performance.joined(separator: " ")) + "\n"
    return head + Self.plain(text, to: Self.limit - head.utf8.count - tail.utf8.count) + tail
  }

  /// The line, and behind it what else there is to say; of more than fits, how much more.
  package var lines: String {
    var lines = line
    // Room for the words about the rest.
    let room = Self.longLimit - 40
    for (index, detail) in details.enumerated() {
      let next = Self.plain(detail, to: 300) + "\n"
      guard lines.utf8.count + next.utf8.count <= room else { return lines + "and \(details.count - index) more\n" }
      lines += next
    }
    return lines
  }

  /// Text of one line in so many bytes. A bar would begin performance data, on any line, so none is left.
  private static func plain(_ text: String, to limit: Int) -> String {
    var shown = String.UnicodeScalarView()
    var count = 0
    // The shortest character takes a byte, so more are never shown.
    for character in TerminalText.escaped(String(text.unicodeScalars.prefix(max(limit, 0))), unicode: true) {
      let scalars = character == "|" ? "/".unicodeScalars : String(character).unicodeScalars
      count += scalars.reduce(0) { $0 + UTF8.width($1) }
      guard count <= limit - 3 else {
        shown.append("…")
        break
      }
      shown.append(contentsOf: scalars)
    }
    return String(shown)
  }
}
