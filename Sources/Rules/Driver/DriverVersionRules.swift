// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// Rules about which build of virtio-win's driver a Windows guest has.
enum DriverVersionRules {
  static let all = [wrongOSBuild, knownBug]

  static let wrongOSBuild = Rule(
    id: "driver.wrong-os-build",
    title: "The balloon's driver was built for another Windows",
    severity: .problem,
    explanation: """
      virtio-win builds the balloon's driver once for each generation of Windows, and the first number of its version \
      says for which: 51 XP, 52 Server 2003, 60 Vista and 2008, 61 Windows 7 and 2008 R2, 62 Windows 8 and 2012, 63 \
      Windows 8.1 and 2012 R2, 100 Windows 10, Server 2016 and all later ones. A driver for a newer Windows than the \
      guest has been seen to crash it, after Windows had been pointed at the whole ISO; it is refused, or fails to \
      load, at best. The other way round Windows takes it: the INF of the driver for 8.1 asks for version 6.3 at \
      least, which Windows 10 fulfils, and such a driver can work there; but nobody tests it, no new builds are made \
      of it, and that of the public ISO is signed for tests only. Builds by others number their versions in other \
      ways, and nothing is said of these.
      """,
    sources: [
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/61",
      "https://learn.microsoft.com/windows-hardware/drivers/install/"
        + "combining-platform-extensions-with-operating-system-versions",
      "virtio-win-pkg-scripts data/old-drivers: DriverVer and [Manufacturer] of the INFs for XP to 8.1",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.osFamily", "domain.state", "configuration.model",
      "configuration.statsPeriod", "device.pollingInterval", "device.qomPath", "device.siblings", "device.status",
      "readings.*.lastUpdate", "guest.agent", "guest.functions", "guest.functions.value.*.driver",
      "guest.functions.value.*.driverVersion", "guest.functions.value.*.module", "guest.functions.value.*.problemCode",
      "guest.functions.value.*.provider", "guest.functions.value.*.virtioDriver",
      "guest.functions.value.*.virtioStatus", "guest.functions.value.*.windows.driverDate",
      "guest.functions.value.*.windows.infSection", "guest.functions.value.*.windows.originalINF", "guest.kernel",
      "guest.osFamily", "guest.qemuGA.devices.value.*.date", "guest.qemuGA.devices.value.*.identity",
      "guest.qemuGA.devices.value.*.version", "guest.qemuGA.kernel", "guest.qemuGA.osID", "guest.qemuGA.version",
    ],
    explains: ["driver.load-failed", "driver.failed-start"] + DriverRules.consequences,
    remedy: { context in
      [
        RemedyStep(.guest, "See which Windows it is.", command: "ver"),
        RemedyStep(
          .guest, "Find the published name (oemNN.inf) of the wrong package (before Windows 10 1607: pnputil -e).",
          command: "pnputil /enum-drivers"),
        RemedyStep(
          .guest, "Remove it (before Windows 10 1607: pnputil -f -d oemNN.inf).",
          command: "pnputil /delete-driver oemNN.inf /uninstall"),
      ] + context.updateDriver + [context.checkAgain]
    },
    assess: assessTarget)

  private static func assessTarget(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.unlessBalloonDriver() { return excuse }
    guard let driver = reader.balloonDriver() else { return .inconclusive }
    guard let scheme = driver.scheme, !scheme.isSelfBuilt else {
      return .notApplicable("The driver's version, \(driver.words), does not say for which Windows it was built.")
    }
    guard let system = reader.windowsVersion() else {
      reader.noteNoWindowsVersion()
      return .inconclusive
    }
    let order = scheme.order(to: system)
    guard order != 0 else {
      return .healthy("The driver \(driver.words) was built for \(scheme.target.name), which the guest is.")
    }
    let release = VirtioWinVersion.Target(of: system).map { " (that of \($0.name))" } ?? ""
    let facts =
      "The driver \(driver.words) was built for \(scheme.target.name), and the guest is Windows NT \(system)\(release)"
    let operation = reader.operation()
    guard order < 0 else {
      switch operation {
      case .notOperating: return .found("\(facts), which is older.")
      case .operating:
        return .found(
          "\(facts), which is older. It runs all the same; such a driver has crashed guests.", severity: .warning)
      case .undecided:
        return .found(
          "\(facts), which is older. Whether it runs is not known; such a driver has crashed guests.",
          severity: .warning)
      }
    }
    var isDead = false
    if case .notOperating = operation { isDead = true }
    return .found(
      "\(facts), which is newer. Windows takes such a driver where it accepts its signature, and it may work.",
      severity: isDead ? .warning : .note, confidence: .inferred)
  }

  static let knownBug = Rule(
    id: "driver.known-bug",
    title: "The balloon's driver or service has a known fault",
    severity: .note,
    explanation: """
      The build that the guest has is one with a published fault. The program has a table of them: what happens, who \
      says so, and which builds it is in. A fault is told here only for a build that lies in its range, never because \
      a symptom looks like it; where only the day of the mending is known, the driver's day is compared with it, which \
      is an inference, for a build may carry a mending earlier or lack it later; and of a build with another vendor's \
      own version nobody knows which mendings it carries, so that what its day tells is unverified and explains \
      nothing. A fault that depends on more than the \
      build (another version of Windows, WMI switched off) says so. Crashes and hangs are warnings; the others are \
      notes, because most guests never meet them.
      """,
    sources: ["virtio-win status.txt and commits", "virtio-win-pkg-scripts data/rpm_changelog"] + KnownBug.allLinks,
    evidence: [
      "domain.hypervisor", "domain.osFamily", "configuration.model", "configuration.statsPeriod",
      "device.pollingInterval", "device.qomPath", "device.status", "readings.*.lastUpdate", "readings.*.statistics",
      "guest.functions", "guest.functions.value.*.driver", "guest.functions.value.*.driverVersion",
      "guest.functions.value.*.module", "guest.functions.value.*.problemCode", "guest.functions.value.*.provider",
      "guest.functions.value.*.virtioDriver", "guest.functions.value.*.virtioStatus",
      "guest.functions.value.*.windows.driverDate", "guest.functions.value.*.windows.infSection",
      "guest.functions.value.*.windows.originalINF", "guest.kernel", "guest.osFamily",
      "guest.qemuGA.devices.value.*.date", "guest.qemuGA.devices.value.*.identity",
      "guest.qemuGA.devices.value.*.version", "guest.qemuGA.kernel", "guest.qemuGA.osID",
      "guest.services.value.*.state", "guest.services.value.*.version", "guest.services.value.*.windows.startType",
    ],
    links: { reader in KnownBug.present(&reader).flatMap(\.bug.links) },
    explains: KnownBug.consequences,
    causes: { id, reader in
      KnownBug.present(&reader).contains { $0.confidence != .unverified && $0.bug.explains.contains(id) }
    },
    remedy: { context in
      [
        RemedyStep(
          .guest, "See which build it is now (before Windows 10 1607: pnputil -e).", command: "pnputil /enum-drivers")
      ] + context.updateDriver + [
        RemedyStep(
          .guest,
          "The same for the service: stop it, copy blnsvr.exe from the same folder over the old one, and start it.",
          command: "sc stop BalloonService"),
        RemedyStep(
          .host, "Look again: what a newer build has mended must be gone.", command: context.checkAgain.command),
      ]
    },
    assess: assessBugs)

  private static func assessBugs(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.unlessBalloonDriver() { return excuse }
    guard let driver = reader.balloonDriver() else { return .inconclusive }
    guard driver.version != nil || driver.day != nil else {
      return .notApplicable("The driver's version, \(driver.words), is of no known scheme.")
    }
    let present = KnownBug.present(&reader)
    guard let gravest = present.map(\.bug.severity).max() else {
      return .healthy("No fault of the driver \(driver.words) is known to this program that would concern this guest.")
    }
    let confidence = present.filter { $0.bug.severity == gravest }.map(\.confidence)
    let told = present.map { fault in
      "\(fault.bug.happens) (\(fault.bug.references); \(fault.basis))"
        + (fault.bug.workaround.map { ", and meanwhile: \($0)" } ?? "")
    }
    return .found(
      "The driver \(driver.words) has \(told.count == 1 ? "a known fault" : "\(told.count) known faults"): "
        + told.joined(separator: "; ") + ".",
      severity: gravest, confidence: Self.best(confidence))
  }

  /// The finding is as well known as the best known of its gravest faults.
  private static func best(_ confidence: [Confidence]) -> Confidence {
    confidence.contains(.established) ? .established : confidence.contains(.inferred) ? .inferred : .unverified
  }
}
