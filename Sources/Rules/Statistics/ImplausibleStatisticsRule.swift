// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension StatisticsRules {
  static let implausible = Rule(
    id: "stats.implausible",
    title: "The statistics contradict themselves or the guest's size",
    severity: .warning,
    explanation: """
      The guest delivers statistics, and they cannot be true: more memory free than there is, everything zero, a total \
      that is far from what the machine has, or one that its own agent contradicts. Every dashboard and every policy \
      that moves the balloon works with these numbers. A known reason is a 32-bit Windows with an old driver, which \
      counts to 2047 MiB and no further; a guest with virtio-mem, whose memory the balloon's size leaves out, can look \
      like it, and so would values in another unit than bytes. All comparisons have generous slack: what is merely \
      odd, or was read a moment later, is not told.
      """,
    sources: [
      "https://docs.oasis-open.org/virtio/virtio/v1.2/virtio-v1.2.html",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/11", "virtio-win Balloon/app/memstat.cpp",
    ],
    evidence: [
      "domain.hypervisor", "configuration.maximum", "configuration.model", "device.qomPath", "device.status",
      "readings", "readings.*.actual", "readings.*.lastUpdate", "readings.*.statistics", "guest.statistics",
    ],
    remedy: { context in
      let windows = [
        RemedyStep(
          .guest, "See how many bytes Windows itself counts (Windows 8, Server 2012 and later).",
          command: "powershell -Command \"(Get-CimInstance Win32_ComputerSystem).TotalPhysicalMemory\""),
        RemedyStep(.guest, "Start the service anew.", command: "sc stop BalloonService"),
        RemedyStep(.guest, "And, when it has stopped:", command: "sc start BalloonService"),
        RemedyStep(.guest, "Update driver and service from a newer virtio-win ISO."),
      ]
      let linux = [RemedyStep(.guest, "See what the kernel itself counts.", command: "free -b")]
      let steps = context.steps(windows: windows, linux: linux)
      return steps + [context.checkAgain]
    },
    assess: assessPlausibility)

  /// What is wrong with some statistics.
  private struct Oddity {
    /// A clause.
    let words: String
    var confidence = Confidence.established
    /// `nil`: the rule's own.
    var severity: Severity?
  }

  private static func assessPlausibility(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    guard let index = reader.peek(\.readings).indices.last, let leaf = reader.read(reading: index, \.statistics) else {
      reader.note(missing: "no reading of the statistics was taken", at: "readings", ask: reader.diagnose())
      return .inconclusive
    }
    if leaf.failure != nil {
      reader.note(missing: leaf, at: "readings.\(index).statistics")
      return .inconclusive
    }
    let reading = reader.peek(\.readings)[index]
    guard !reading.values.isEmpty else {
      if let failed = leaf.value?.values.first(where: { $0.failure != nil }) {
        reader.note(missing: failed, at: "readings.\(index).statistics")
        return .inconclusive
      }
      return .notApplicable("There are no statistics: see stats.not-delivered.")
    }
    guard
      let oddity = Self.ownContradiction(reading.values) ?? total(reading, index, &reader) ?? agent(reading, &reader)
    else {
      return .healthy("The statistics agree with each other and with the guest's size.")
    }
    return .found(
      "The statistics cannot be true: \(oddity.words).", severity: oddity.severity, confidence: oddity.confidence)
  }

  /// The values of one answer, which were taken together.
  private static func ownContradiction(_ values: [String: UInt64]) -> Oddity? {
    let memory = ["freeMemory", "totalMemory", "availableMemory"].compactMap { values[$0] }
    if memory.count > 1, memory.allSatisfy({ $0 == 0 }) { return Oddity(words: "all of them are 0") }
    guard let total = values["totalMemory"] else { return nil }
    if total == 0 { return Oddity(words: "the guest has 0 bytes of memory in all") }
    // Windows adds half of its file cache to what is available (virtio-win Balloon/app/memstat.cpp).
    let parts: [(name: String, words: String, slack: UInt64)] = [
      ("freeMemory", "free", total / 16), ("availableMemory", "available", total / 2),
      ("diskCaches", "taken by caches", total / 2),
    ]
    for part in parts {
      guard let value = values[part.name], value > total, value - total > part.slack else { continue }
      return Oddity(
        words: "\(EvidenceText.size(value)) are \(part.words), of \(EvidenceText.size(total)) in all")
    }
    return nil
  }

  /// Whether the total is what the old 32-bit interface of Windows can count, though the guest has more.
  static func isCapped(_ reading: Reading) -> Bool {
    guard let total = reading.values["totalMemory"], let actual = reading.actual.value else { return false }
    return total >> 20 == 2_047 && actual > 2_304 << 20
  }

  /// The total against the machine's memory.
  private static func total(_ reading: Reading, _ index: Int, _ reader: inout EvidenceReader) -> Oddity? {
    guard let total = reading.values["totalMemory"], let actual = reading.actual.value else { return nil }
    let told = "the guest counts \(EvidenceText.size(total)) in all"
    if isCapped(reading), reader.guestFamily() != "linux" {
      _ = reader.read(reading: index, \.actual)
      return Oddity(
        words: "\(told), and has \(EvidenceText.size(actual)); 2047 MiB is what a 32-bit program can count",
        confidence: .inferred)
    }
    // Without the maximum nobody knows how much of it the balloon has taken.
    if let configured = reader.peek(\.configuration.maximum).value, case let maximum = max(configured, actual),
      total > maximum, total - maximum > maximum / 4, total - maximum > 256 << 20
    {
      _ = reader.read(reading: index, \.actual)
      _ = reader.read(\.configuration.maximum)
      return Oddity(
        words: "\(told), and the machine has \(EvidenceText.size(maximum)), unless it has virtio-mem besides",
        confidence: .inferred, severity: .note)
    }
    for (factor, unit) in [(1_024, "KiB"), (4_096, "pages of 4 KiB")] as [(UInt64, String)] {
      let (scaled, overflow) = total.multipliedReportingOverflow(by: factor)
      guard !overflow, total < 64 << 20, actual >= 256 << 20, scaled > actual / 4 * 3, scaled < actual / 4 * 5 else {
        continue
      }
      _ = reader.read(reading: index, \.actual)
      return Oddity(
        words: "\(told), and has \(EvidenceText.size(actual)): as if \(unit) were taken for bytes",
        confidence: .inferred)
    }
    return nil
  }

  /// The guest's own agent against what the balloon's device was told; only of statistics that are fresh.
  private static func agent(_ reading: Reading, _ reader: inout EvidenceReader) -> Oddity? {
    guard let own = reader.peek(\.guest.statistics).value, reader.advance() == .advanced else { return nil }
    let host = reading.values
    for (name, words, slack) in [
      ("totalMemory", "in all", UInt64(4)), ("freeMemory", "free", 2),
    ] {
      guard let one = host[name], let other = own[name]?.value,
        let total = max(host["totalMemory"] ?? 0, own["totalMemory"]?.value ?? 0) as UInt64?
      else { continue }
      let difference = one > other ? one - other : other - one
      guard difference > total / slack, difference > 256 << 20 else { continue }
      _ = reader.read(\.guest.statistics)
      return Oddity(
        words:
          "by the balloon \(EvidenceText.size(one)) are \(words), by the guest's agent \(EvidenceText.size(other))",
        confidence: .inferred)
    }
    return nil
  }
}
