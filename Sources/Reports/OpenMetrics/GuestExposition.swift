// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Rules
import PCI
import WindowsPnP

/// What is kept of one guest of many for a page of metrics: numbers, and the few texts that a guest told.
package struct GuestExposition: Sendable {
  let labels: [MetricLabel]
  /// All but those that have a guest's text in a label.
  private let known: [MetricFamily]
  /// The agent's and the driver's version as they were told, cut; `nil` for unknown.
  private let agent: String?
  private let driver: String?

  /// - Parameter isComplete: whether the guest was looked at to the end.
  package init(_ evidence: Evidence, _ diagnosis: Diagnosis, isComplete: Bool = true) {
    labels = GuestMetrics.labels(evidence.target)
    var complete = MetricFamily(
      "complete", help: "Whether the guest was looked at to the end: 0 when its time was up before that.")
    complete.add(labels, MetricValue(isComplete))
    var date = MetricFamily(
      "driver_date_timestamp", unit: "seconds",
      help: "The guest's word: the day of the balloon's driver, as midnight UTC in seconds since 1970.")
    let function = evidence.guestBalloonIndex.flatMap { evidence.guest.functions.value?[$0] }
    let listed = evidence.guest.qemuGA?.devices.value?.first { $0.identity.value?.isBalloon == true }
    let day = (function?.windows?.driverDate.value ?? listed?.date.value).flatMap { CalendarDay(iso: $0) }
    date.add(labels, day.map { .number(Double($0.daysSince1970) * 86_400) })
    var time = MetricFamily("reading_timestamp", unit: "seconds", help: "When the guest was looked at.")
    time.add(labels, evidence.readings.last.map { .number(($0.time * 1_000).rounded() / 1_000) })
    known =
      GuestMetrics.families(evidence) + DiagnosisMetrics.families(diagnosis, evidence.target) + [complete, time, date]
    agent = evidence.guest.agent.value.map { Self.cut($0.version) }
    // Linux tells the version of the module virtio_pci there, not of the balloon's.
    let ofFunction = function.flatMap { $0.windows == nil ? nil : $0.driverVersion.value }
    driver = (ofFunction ?? listed?.version.value).map(Self.cut)
  }

  /// All families; of a guest's texts only those that the ledger lets through.
  func families(_ ledger: inout VersionLedger, now: Double) -> [MetricFamily] {
    var families = known
    for (name, text, help) in [
      ("agent", agent, "The guest's word: the version of the agent that answered."),
      ("driver", driver, "The guest's word: the version of the balloon's driver in Windows."),
    ] {
      var family = MetricFamily(name, .info, help: help)
      if let text {
        family.add(
          labels + [MetricLabel("version", ledger.label(text, of: name, labels, now: now))], .integer(1))
      }
      families.append(family)
    }
    return families
  }

  private static func cut(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.prefix(64)))
  }
}
