// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Rules about the statistics that the guest delivers.
enum StatisticsRules {
  static let all = [notDelivered, frozen, implausible]

  static let notDelivered = Rule(
    id: "stats.not-delivered",
    title: "The guest delivers no statistics",
    severity: .warning,
    explanation: """
      The balloon's driver runs, so the guest's size can be changed, but every statistic is unset: 2^64-1 in QEMU, \
      missing in dommemstat. In Windows the kernel driver does not compute them. A program of its own does, \
      BalloonService (blnsvr.exe), and it is missing after every installation of the driver alone: by pnputil, by \
      the device manager, by unattended setup, by virt-v2v, by most cloud images. When the service stops, the driver \
      sets all values back to unset, so a stopped service and one that never ran look the same from the host. The \
      QEMU guest agent has nothing to do with it. Linux computes them in the kernel and needs no service.
      """,
    sources: [
      "virtio-win Balloon/sys/queue.c, Balloon/sys/memstat.c, Balloon/app/service.cpp",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/1323",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/848",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/41",
      "https://pve.proxmox.com/wiki/Dynamic_Memory_Management",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.state", "domain.uptime", "configuration.model",
      "configuration.statsPeriod", "device.guestFeatures", "device.pollingInterval", "device.qomPath", "device.status",
      "readings", "readings.*.lastUpdate", "readings.*.statistics", "guest.functions",
      "guest.functions.value.*.driver", "guest.functions.value.*.problemCode", "guest.functions.value.*.provider",
      "guest.functions.value.*.virtioDriver", "guest.functions.value.*.virtioStatus", "guest.osFamily",
      "guest.services",
    ],
    isEssential: true,
    remedy: { context in
      let linux = [
        RemedyStep(.guest, "See what the driver says of itself.", command: "dmesg | grep -i balloon"),
        RemedyStep(
          .guest, "Start the driver anew (the guest gets all of its memory back for that moment).",
          command: "modprobe -r virtio_balloon && modprobe virtio_balloon"),
      ]
      let steps = context.steps(windows: context.installService + [context.managementIsConsistent], linux: linux)
      return steps
        + [
          context.virsh("dommemstat").map {
            RemedyStep(.host, "Check that it worked: unused and available must be listed.", command: $0)
          }, context.proxmoxMonitor("Check that it worked: total_mem and free_mem must be listed", "info balloon"),
          context.checkAgain,
        ].compactMap { $0 }
    },
    assess: assessDelivery)

  private static func assessDelivery(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    if let excuse = unserved(&reader) { return excuse }
    guard let count = reader.deliveredStatistics() else { return .inconclusive }
    if count > 0 { return .healthy("The guest has delivered \(count) statistics.") }
    if case .suspended(let reason) = reader.steadiness() { return .notApplicable(reason) }
    guard let driven = evidenceOfDriver(&reader) else { return .inconclusive }
    let tail: String
    switch reader.statisticsPeriod() {
    case .unknown: return .inconclusive
    case .off(let how): tail = " The host does not ask for them: \(how)."
    case .every(let seconds):
      if let uptime = reader.peek(\.domain.uptime).value, uptime < 120, reader.guestFamily() != "linux" {
        _ = reader.read(\.domain.uptime)
        reader.note(
          missing: "the guest was started \(EvidenceText.duration(uptime)) ago; its service may still be starting",
          at: "domain.uptime", ask: "wait two minutes, then: " + reader.diagnose())
        return .inconclusive
      }
      tail = " The host asks every \(EvidenceText.duration(Double(seconds)))." + cause(&reader)
    }
    return .found("\(driven), and all statistics are unset.\(tail)")
  }

  /// The status says that no driver serves the balloon: then nothing is to be expected of its statistics.
  private static func unserved(_ reader: inout EvidenceReader) -> Assessment? {
    guard let status = reader.peek(\.device.status).value, DeviceState(status: status) != .started else { return nil }
    _ = reader.read(\.device.status)
    return .notApplicable("No driver serves the balloon now, so nobody could deliver statistics.")
  }

  /// What shows that a driver is or was there to deliver them; `nil`, with what is missing noted, when nothing does.
  private static func evidenceOfDriver(_ reader: inout EvidenceReader) -> String? {
    if reader.peek(\.device.status).value != nil {
      _ = reader.read(\.device.status)
      return "A driver has started the balloon"
    }
    if let index = reader.peek(\.readings).indices.last,
      let update = reader.peek(\.readings)[index].lastUpdate.value, update > 0
    {
      _ = reader.read(reading: index, \.lastUpdate)
      return "A driver has answered since the machine was started"
    }
    if case .balloonDriver(let name, started: true)? = reader.guestHold() {
      return "The guest says that \(name) runs the balloon"
    }
    _ = reader.ask(\.device.status)
    return nil
  }

  private static func cause(_ reader: inout EvidenceReader) -> String {
    if let features = reader.peek(\.device.guestFeatures).value, !features.contains("STATS_VQ") {
      _ = reader.read(\.device.guestFeatures)
      return " Its driver did not negotiate STATS_VQ: it cannot deliver any."
    }
    guard reader.guestFamily() != "linux" else {
      reader.citeGuestFamily()
      return " Linux computes them in the driver: the guest hangs, or its driver is broken."
    }
    guard let services = reader.peek(\.guest.services).value else {
      return reader.guestFamily() == "windows" ? " BalloonService is missing or stopped, most likely." : ""
    }
    guard let service = services.first(where: { $0.name.lowercased() == "balloonservice" }) else {
      guard reader.guestFamily() == "windows" else { return "" }
      _ = reader.read(\.guest.services)
      return " BalloonService is not installed in the guest."
    }
    _ = reader.read(\.guest.services)
    let state = service.state.value.map { "is \(EvidenceText.name($0))" } ?? "is in a state that is not known"
    return " BalloonService \(state) in the guest."
  }

  static let frozen = Rule(
    id: "stats.frozen",
    title: "The statistics do not advance",
    severity: .warning,
    explanation: """
      The host asks for statistics in a steady rhythm, and the time of the guest's last answer stands still while \
      the old values can still be read, so every dashboard shows a memory use that is no longer true. QEMU arms its \
      timer only when the guest has answered: one answer that never comes stops the whole clockwork without any \
      error. In Windows the usual reason is BalloonService hanging in a query to WMI (the service manager still \
      calls it running); a guest that hangs as a whole looks the same, and so does a driver that was removed or \
      stopped. This is said only of two readings that lie more than a period apart in a guest that ran all the \
      while.
      """,
    sources: [
      "QEMU hw/virtio/virtio-balloon.c: the timer is armed when an answer arrives",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/680",
      "https://bugzilla.redhat.com/show_bug.cgi?id=1474452",
    ],
    evidence: [
      "collection.sampled", "domain.hypervisor", "domain.interruptions", "domain.state", "configuration.model",
      "configuration.statsPeriod", "device.pollingInterval", "device.qomPath", "device.status", "readings",
      "readings.*.lastUpdate", "readings.*.statistics",
    ],
    isEssential: true,
    remedy: { context in
      let windows = [
        RemedyStep(.guest, "Start the service anew.", command: "sc stop BalloonService"),
        RemedyStep(.guest, "And, when it has stopped:", command: "sc start BalloonService"),
        RemedyStep(.guest, "If it hangs again, see whether WMI is consistent.", command: "winmgmt /verifyrepository"),
      ]
      let linux = [RemedyStep(.guest, "See whether the driver or the kernel hangs.", command: "dmesg | tail -n 50")]
      let steps = context.steps(windows: windows, linux: linux)
      return [RemedyStep(.host, "See whether the guest lives at all: its screen, its network.")] + steps
        + [context.checkAgain]
    },
    assess: assessFrozen)

  private static func assessFrozen(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    if let excuse = unserved(&reader) { return excuse }
    let change = reader.advance()
    if change == .advanced { return .healthy("New statistics arrived while the guest was looked at.") }
    if case .suspended(let reason) = reader.steadiness() { return .notApplicable(reason) }
    let period: UInt64
    switch reader.statisticsPeriod() {
    case .every(let seconds): period = seconds
    case .off(let how): return .notApplicable("Nobody asks for statistics (\(how)), so none can arrive.")
    case .unknown: return .inconclusive
    }
    if let count = reader.deliveredStatistics(), count == 0 {
      return .notApplicable("There are no statistics that could stand still.")
    }
    switch change {
    case .advanced: break
    case .never: return .notApplicable("The guest has never delivered statistics.")
    case .unchanged(let span, _):
      guard span > Double(period) + 1 else {
        if let age = reader.statisticsAge(), age <= 2 * Double(period) + 2 { return fresh(age) }
        reader.note(
          missing: "the readings lie less than a period and a second apart", at: "collection.sampled",
          ask: reader.diagnose())
        return .inconclusive
      }
      guard reader.steadiness() == .steady else { return .inconclusive }
      let age = reader.statisticsAge().map { " The last answer is \(EvidenceText.duration($0)) old." } ?? ""
      return .found(
        "For \(EvidenceText.duration(span)) no new statistics arrived, although the host asks every "
          + "\(EvidenceText.duration(Double(period))).\(age) The values are old ones.")
    case .unknown: break
    }
    // One reading tells of age, never of change: fresh statistics are healthy, old ones are an open question.
    if let age = reader.statisticsAge(), age <= 2 * Double(period) + 2 { return fresh(age) }
    if let index = reader.peek(\.readings).indices.last, let leaf = reader.read(reading: index, \.lastUpdate) {
      reader.note(missing: leaf, at: "readings.\(index).lastUpdate")
    }
    reader.noteNoSample()
    return .inconclusive
  }
}

extension StatisticsRules {
  private static func fresh(_ age: Double) -> Assessment {
    .healthy("The statistics were \(EvidenceText.duration(age)) old when they were read.")
  }
}
