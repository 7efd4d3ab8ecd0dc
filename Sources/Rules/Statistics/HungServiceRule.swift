// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

extension ServiceRules {
  static let hung = Rule(
    id: "service.hung",
    title: "BalloonService runs and has stopped delivering",
    severity: .warning,
    explanation: """
      Windows calls BalloonService running, the balloon's driver works, the host asks for statistics in its rhythm, \
      and the last answer does not get any newer. The service has no clock of its own: each request of the host makes \
      it ask WMI once and write the values, so one question to WMI that never returns stops everything, without an \
      error anywhere. Windows' word that a service runs is no proof that it works; it says so even when the service \
      could not open the driver. On Windows Server 2016 WMI itself has been seen to fail. The guest's size can be \
      changed all the same.
      """,
    sources: [
      "virtio-win Balloon/app/service.cpp, Balloon/app/memstat.cpp, Balloon/app/device.cpp",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/680",
      "https://bugzilla.redhat.com/show_bug.cgi?id=1474452",
    ],
    evidence: [
      "collection.sampled", "domain.hypervisor", "domain.interruptions", "domain.osFamily", "domain.state",
      "domain.uptime", "configuration.model", "configuration.statsPeriod", "device.pollingInterval", "device.qomPath",
      "device.siblings", "device.status", "readings", "readings.*.lastUpdate", "readings.*.statistics", "guest.agent",
      "guest.functions", "guest.functions.value.*.driver", "guest.functions.value.*.module",
      "guest.functions.value.*.problemCode", "guest.functions.value.*.provider",
      "guest.functions.value.*.virtioDriver", "guest.functions.value.*.virtioStatus",
      "guest.functions.value.*.windows.infSection",
      "guest.functions.value.*.windows.originalINF", "guest.functions.value.*.windows.problemStatus", "guest.osFamily",
      "guest.qemuGA.osID", "guest.services", "guest.services.value.*.state",
    ],
    explains: ["stats.frozen"],
    remedy: { context in
      [
        RemedyStep(
          .guest, "See whether WMI answers the service's own question (Windows 8, Server 2012 and later).",
          command: "powershell -Command \"Get-CimInstance Win32_PerfRawData_PerfOS_Memory\""),
        RemedyStep(.guest, "See whether WMI's store is consistent.", command: "winmgmt /verifyrepository"),
        RemedyStep(.guest, "Stop the service (end blnsvr.exe if it does not stop).", command: "sc stop BalloonService"),
        RemedyStep(.guest, "Start it anew.", command: "sc start BalloonService"), context.checkAgain,
      ]
    },
    assess: assessHung)

  private static func assessHung(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.unlessWindows() { return excuse }
    let change = reader.advance()
    if change == .advanced { return .healthy("New statistics arrived while the guest was looked at.") }
    if case .suspended(let reason) = reader.steadiness() { return .notApplicable(reason) }
    guard reader.require(\.guest.services) != nil else { return .inconclusive }
    guard let index = reader.service(BalloonNames.statisticsService),
      let state = reader.read(guestService: index, \.state)
    else {
      reader.note(
        missing: "nobody said anything of BalloonService", at: "guest.services", ask: "sc query BalloonService")
      return .inconclusive
    }
    guard let word = state.value else {
      if state.isAbsent { return .notApplicable("BalloonService is not installed: see service.missing.") }
      reader.note(missing: state, at: "guest.services.value.\(index).state")
      return .inconclusive
    }
    guard word == "running" else {
      return .notApplicable("BalloonService does not run (\(EvidenceText.name(word))): see service.stopped.")
    }
    switch reader.operation() {
    case .operating: break
    case .notOperating(let reason, _): return .notApplicable("No driver takes its values: \(reason).")
    case .undecided: return .inconclusive
    }
    return assessSilence(change, &reader)
  }

  /// Of a service that runs on a driver that works.
  private static func assessSilence(_ change: Advance, _ reader: inout EvidenceReader) -> Assessment {
    let period: UInt64
    switch reader.statisticsPeriod() {
    case .every(let seconds): period = seconds
    case .off(let how): return .notApplicable("Nobody asks it for statistics (\(how)).")
    case .unknown: return .inconclusive
    }
    guard let count = reader.deliveredStatistics() else { return .inconclusive }
    guard count > 0 else {
      return .notApplicable("The statistics are unset, not old: see stats.not-delivered.")
    }
    guard case .unchanged(let span, _) = change, span > Double(period) + 1 else {
      if let age = reader.statisticsAge(), age <= 2 * Double(period) + 2 {
        return .healthy("The statistics were \(EvidenceText.duration(age)) old when they were read.")
      }
      reader.noteNoSample()
      return .inconclusive
    }
    guard reader.steadiness() == .steady else { return .inconclusive }
    let age = reader.statisticsAge().map { ", and the last one is \(EvidenceText.duration($0)) old" } ?? ""
    return .found(
      "Windows says that BalloonService runs, and yet for \(EvidenceText.duration(span)) no new statistics arrived, "
        + "although the host asks every \(EvidenceText.duration(Double(period)))\(age).")
  }
}
