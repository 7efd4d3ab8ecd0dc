// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// A published fault of virtio-win's balloon driver or of its service: a row of the table of `driver.known-bug`.
struct KnownBug: Sendable {
  /// Never reused; for tests and for people who talk about the table.
  let id: String
  /// What happens, as a clause.
  let happens: String
  /// Who says so, in a few words: `virtio-win #1148, open`.
  let references: String
  let links: [String]
  let severity: Severity
  let builds: AffectedBuilds
  /// The builds for which people have reported it; in the others of its range it is inferred.
  let reported: Set<UInt32>
  /// What must be so besides the build.
  let condition: KnownBugCondition
  /// Findings that follow from it.
  let explains: [String]
  /// What helps as long as there is no build without it.
  let workaround: String?

  init(
    _ id: String, _ happens: String, _ references: String, links: [String], severity: Severity = .note,
    builds: AffectedBuilds, reported: Set<UInt32> = [], condition: KnownBugCondition = .none, explains: [String] = [],
    workaround: String? = nil
  ) {
    self.id = id
    self.happens = happens
    self.references = references
    self.links = links
    self.severity = severity
    self.builds = builds
    self.reported = reported
    self.condition = condition
    self.explains = explains
    self.workaround = workaround
  }

  private static func issue(_ number: Int) -> String {
    "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/\(number)"
  }
  private static func pull(_ number: Int) -> String {
    "https://github.com/virtio-win/kvm-guest-drivers-windows/pull/\(number)"
  }
  private static func bugzilla(_ number: Int) -> String { "https://bugzilla.redhat.com/show_bug.cgi?id=\(number)" }

  /// Every fault, the oldest first. Days of mending are those of the commit in virtio-win's sources, or of the release
  /// in its status.txt; builds are called the last ones where data/rpm_changelog of virtio-win-pkg-scripts shows that
  /// they were published before that day. The numbers of the tags `mmNNN` in the sources are another count and never
  /// builds.
  static let all: [KnownBug] = [
    KnownBug(
      "service-cpu-2013", "BalloonService takes a whole processor", "Red Hat bug 1000158", links: [bugzilla(1_000_158)],
      builds: AffectedBuilds(mended: "2013-09-08"), condition: .service),
    KnownBug(
      "service-event-7016", "BalloonService stops with event 7016", "Red Hat bug 927619", links: [bugzilla(927_619)],
      builds: AffectedBuilds(mended: "2013-09-24"), condition: .service),
    KnownBug(
      "total-2047", "a 32-bit Windows reports 2047 MiB of memory at most", "virtio-win #11", links: [issue(11)],
      builds: AffectedBuilds(first: 50, last: 59), reported: Set(50...59), condition: .totalOf2047,
      explains: ["stats.implausible"]),
    KnownBug(
      "statistics-after-hibernation", "no statistics come after hibernation", "Red Hat bug 1066845",
      links: [bugzilla(1_066_845)], builds: AffectedBuilds(mended: "2014-05-13"), condition: .service),
    KnownBug(
      "sleep-crash", "Windows crashes in suspension or hibernation while BalloonService runs", "Red Hat bug 1177063",
      links: [bugzilla(1_177_063)], severity: .warning, builds: AffectedBuilds(mended: "2015-01-08"),
      condition: .service),
    KnownBug(
      "crash-0xa", "Windows 7 has crashed with 0xA and 0xC5", "virtio-win #26", links: [issue(26)], severity: .warning,
      builds: AffectedBuilds(first: 81, last: 81, target: .windows7), reported: [81]),
    KnownBug(
      "shutdown-hang", "Windows 7 hangs while it shuts down", "virtio-win #26", links: [issue(26)], severity: .warning,
      builds: AffectedBuilds(first: 94, last: 94, target: .windows7), reported: [94]),
    KnownBug(
      "crash-0x7e", "Windows crashes with 0x7E; 0.1.105 mends it", "virtio-win #39", links: [issue(39)],
      severity: .warning, builds: AffectedBuilds(first: 96, last: 104), reported: [96]),
    KnownBug(
      "unplug-with-service", "the balloon cannot be unplugged while BalloonService runs", "Red Hat bug 1546821",
      links: [bugzilla(1_546_821)], builds: AffectedBuilds(last: 160, mended: "2018-12-17"), condition: .service),
    KnownBug(
      "release-race", "the driver may use memory that it has given back when its device is removed",
      "Red Hat bug 1788042", links: [bugzilla(1_788_042)], builds: AffectedBuilds(last: 173, mended: "2020-01-08")),
    KnownBug(
      "interrupt-lost", "an interrupt that is pending at its start leaves the driver without any",
      "Red Hat bug 1553633", links: [bugzilla(1_553_633)], builds: AffectedBuilds(last: 173, mended: "2020-01-27")),
    KnownBug(
      "unplug-slow", "the driver is busy for minutes after the balloon was unplugged, and a new one does not work",
      "Red Hat bug 1828654", links: [bugzilla(1_828_654)], builds: AffectedBuilds(last: 189, mended: "2020-11-16")),
    KnownBug(
      "statistics-unset-2019", "no statistics came from a Chinese Windows Server 2019", "virtio-win #848, open",
      links: [issue(848)], builds: AffectedBuilds(first: 225, last: 225), reported: [225],
      condition: .silentService(windows: 17_763)),
    KnownBug(
      "resize-aborted", "a change of the size ends early when the host takes more than a second to answer",
      "virtio-win PR 1157", links: [pull(1157)], builds: AffectedBuilds(last: 262, mended: "2024-10-08"),
      explains: ["balloon.target.not-reached"]),
    KnownBug(
      "wmi-load", "BalloonService and WMI's host process take much processor time, with WMI-Activity events 5858",
      "virtio-win #1098", links: [issue(1098)], builds: AffectedBuilds(first: 248, last: 266, mended: "2024-12-11"),
      reported: [248], condition: .service, workaround: "a longer period of the statistics asks WMI less often"),
    KnownBug(
      "statistics-unset-266", "no statistics came from a Windows for ARM64", "virtio-win #1323, open",
      links: [issue(1323)], builds: AffectedBuilds(first: 266, last: 266), reported: [266],
      condition: .silentService(windows: nil)),
    KnownBug(
      "start-without-wmi", "BalloonService ends with error 1008 when WMI is disabled, and does not say why",
      "virtio-win #931", links: [issue(931)], builds: AffectedBuilds(last: 266, mended: "2025-03-05"),
      condition: .managementDisabled),
    KnownBug(
      "worker-thread", "a start that fails half-way leaves the driver's thread behind", "virtio-win PR 1415",
      links: [pull(1415)], builds: AffectedBuilds(last: 271, mended: "2025-09-01"), condition: .failedStart),
    KnownBug(
      "slow-shutdown",
      "shutting down and restarting can take very long once the balloon was inflated, on Windows 11 25H2 with "
        + "autodeflate='on'", "virtio-win #1148, open", links: [issue(1148)],
      builds: AffectedBuilds(first: 285, last: 285), reported: [285], condition: .windows(build: 26_200),
      workaround: "give the guest its memory back before it is shut down"),
    KnownBug(
      "query-strings", "BalloonService hands WMI texts of the wrong kind; no effect of it was published",
      "virtio-win 41c3195c", links: [], builds: AffectedBuilds(last: 285, mended: "2026-02-06"),
      condition: .withoutEffect),
    KnownBug(
      "statistics-2016", "on Windows Server 2016 WMI fails, and the statistics never change",
      "virtio-win #680 and Red Hat bug 1474452", links: [issue(680), bugzilla(1_474_452)], builds: .all,
      condition: .silentService(windows: 14_393)),
  ]

  /// Where to read about them, each once.
  static var allLinks: [String] {
    all.flatMap(\.links).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// Everything that one of them explains.
  static var consequences: [String] {
    all.flatMap(\.explains).reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  /// A fault that the guest's build has.
  struct Present: Sendable {
    let bug: KnownBug
    let confidence: Confidence
    /// Why it is said of this build.
    let basis: String
  }

  /// The faults of the guest's build; none where nobody told which it is.
  static func present(_ reader: inout EvidenceReader) -> [Present] {
    guard let driver = reader.balloonDriver() else { return [] }
    let service = serviceBuild(&reader)
    return all.compactMap { bug in
      guard let (confidence, basis) = bug.judge(bug.condition.isOfService ? service ?? driver : driver),
        let condition = bug.condition.judge(&reader)
      else {
        return nil
      }
      return Present(bug: bug, confidence: confidence, basis: basis + condition)
    }
  }

  /// BalloonService's own build, where it was told: driver and service can be of two ISOs.
  private static func serviceBuild(_ reader: inout EvidenceReader) -> BalloonDriver? {
    guard let index = reader.service(BalloonNames.statisticsService),
      let text = reader.peek(\.guest.services).value?[index].version.value, let version = DriverVersion(text),
      VirtioWinVersion(version) != nil
    else { return nil }
    _ = reader.read(guestService: index, \.version)
    return BalloonDriver(text: text, version: version, day: nil)
  }

  private func judge(_ driver: BalloonDriver) -> (Confidence, String)? {
    switch builds.has(driver.version, day: driver.day) {
    case .byBuild:
      guard reported.isEmpty else {
        let isReported = driver.scheme?.build.map(reported.contains) ?? false
        return isReported
          ? (.established, "reported for this build") : (.inferred, "this build lies between those reported and mended")
      }
      return (.inferred, "this build was published before it was mended" + day)
    case .byDay:
      guard driver.scheme != nil else {
        return (
          .unverified,
          "this build is another vendor's, whose fixes are not known here; its day is before virtio-win mended it" + day
        )
      }
      return (.inferred, "inferred: this build's day is before it was mended" + day)
    case .open: return (.unverified, "no build is known to be without it")
    case .no, .unknown: return nil
    }
  }

  private var day: String { builds.mended.map { ", " + $0 } ?? "" }
}
