// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Rules about the device that the machine was given.
enum BalloonDeviceRules {
  static let all = [absent, statsPeriodUnset, currentBelowMaximum]

  static let absent = Rule(
    id: "balloon.device.absent",
    title: "This machine has no balloon",
    severity: .problem,
    explanation: """
      Ballooning needs a device in the virtual machine: a virtio memory balloon, which QEMU adds as \
      virtio-balloon-pci. libvirt adds one to every domain unless its XML says <memballoon model='none'/>, which \
      people write to save a PCI slot, or because memory of a guest with a passed-through device cannot be given \
      back anyway. Plain QEMU has none unless it is asked for. Without the device no driver in the guest can help, \
      and QEMU answers query-balloon with DeviceNotActive.
      """,
    sources: [
      "https://libvirt.org/formatdomain.html#memory-balloon-device",
      "QEMU system/balloon.c: DeviceNotActive, \"No balloon device has been activated\"",
    ],
    evidence: ["domain.hypervisor", "configuration.model", "device.qomPath", "device.status"],
    isEssential: true,
    remedy: { context in
      [
        context.editDefinition(
          "Give the domain a balloon: replace its <memballoon> by <memballoon model='virtio'><stats period='5'/>"
            + "</memballoon>, then shut the guest down and start it again (a reboot from inside is not enough).",
          "Start QEMU with -device virtio-balloon-pci,id=balloon0.",
          proxmox: ("Give the machine its balloon back: balloon: 0 takes it away.", "--delete balloon")),
        RemedyStep(.guest, "Install the balloon's driver where the system does not bring it (Windows)."),
        context.checkAgain,
      ]
    },
    assess: { reader in
      switch reader.presence() {
      case .present: .healthy("The machine has a virtio balloon.")
      case .foreign(let statement): .notApplicable(statement)
      case .absent(let statement): .found(statement + " Nothing can take memory from this guest, or give it back.")
      case .unknown: .inconclusive
      }
    })

  static let statsPeriodUnset = Rule(
    id: "balloon.config.stats-period-unset",
    title: "Nobody asks the guest for statistics",
    severity: .warning,
    explanation: """
      The guest tells how its memory is used only when the host asks, and the host asks only when a period is set: \
      <stats period='5'/> in libvirt's XML, or the device's guest-stats-polling-interval in QEMU. virt-install and \
      virt-manager set none. Without it the size of the guest can still be changed, but dommemstat shows no \
      statistics or old ones, policies that follow the guest's need are blind, and dashboards show the memory of the \
      QEMU process instead. Windows guests then look 100 percent full. It is the first thing to check.
      """,
    sources: [
      "https://www.qemu.org/docs/master/interop/virtio-balloon-stats.html",
      "https://libvirt.org/formatdomain.html#memory-balloon-device",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/680",
    ],
    evidence: [
      "domain.hypervisor", "configuration.model", "configuration.statsPeriod", "device.pollingInterval",
      "device.qomPath", "device.status", "readings.*.lastUpdate",
    ],
    explains: ["stats.not-delivered"],
    remedy: { context in
      context.startPolling
        + [
          context.virsh("dommemstat").map {
            RemedyStep(.host, "After five seconds last_update must be recent, and grow.", command: $0)
          }, context.proxmoxMonitor("After some seconds last_update must be there, and grow", "info balloon"),
          context.checkAgain,
        ].compactMap { $0 }
    },
    assess: { reader in
      if let excuse = reader.withoutBalloon() { return excuse }
      switch reader.statisticsPeriod() {
      case .every(let seconds):
        return .healthy("The host asks for statistics every \(EvidenceText.duration(Double(seconds))).")
      case .unknown: return .inconclusive
      case .off(let how):
        // Somebody may have set the period behind libvirt's back.
        if reader.peek(\.device.pollingInterval).value == nil, reader.advance() == .advanced {
          return .healthy("Statistics arrive, although \(how): somebody asks for them outside the configuration.")
        }
        return .found("The host never asks the guest for statistics: \(how).")
      }
    })

  static let currentBelowMaximum = Rule(
    id: "balloon.config.current-below-maximum",
    title: "The balloon holds part of the guest's memory",
    severity: .note,
    explanation: """
      A guest whose current memory is smaller than its maximum has the difference in its balloon. That is what \
      ballooning is for, but it surprises people inside the guest: Windows counts the balloon's pages as in use, so \
      the task manager shows 85 to 99 percent used with nothing to account for it, and most Linux versions show a \
      smaller MemTotal. The memory is not lost. It comes back when the host raises the guest's current memory. A \
      Linux guest also keeps its page array, 1/64 of the maximum, out of the part that is left.
      """,
    sources: [
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/568",
      "https://libvirt.org/formatdomain.html#memory-allocation",
      "Linux drivers/virtio/virtio_balloon.c",
    ],
    evidence: [
      "domain.hypervisor", "configuration.maximum", "configuration.model", "configuration.virtioMemory",
      "device.qomPath", "device.status", "readings", "readings.*.actual",
    ],
    remedy: { context in
      [
        RemedyStep(
          .host,
          "Nothing needs mending while the guest has enough. To give it all of its memory, raise its current memory to "
            + "the maximum.",
          command: context.virsh("setmem", "SIZE --live --config")
            ?? context.qm("set", "--delete balloon")
            ?? context.monitor("{\"execute\": \"balloon\", \"arguments\": {\"value\": BYTES}}"))
      ]
    },
    assess: assessCurrent)

  /// What stands between maximum and current size is no finding below this: alignment, and what libvirt rounds.
  static let tolerance: UInt64 = 4 << 20

  private static func assessCurrent(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutAnyBalloon() { return excuse }
    if let status = reader.peek(\.device.status).value, DeviceState(status: status) != .started {
      _ = reader.read(\.device.status)
      return .notApplicable(
        "No driver serves the balloon now, so its size may be an earlier boot's and takes nothing from this one.")
    }
    let maximum = reader.balloonMaximum()
    if let index = reader.peek(\.readings).indices.last, let actual = reader.read(reading: index, \.actual) {
      reader.note(missing: actual, at: "readings.\(index).actual")
      if let maximum, let actual = actual.value {
        guard actual < maximum, maximum - actual > tolerance else {
          return .healthy("The guest has all of its \(EvidenceText.size(maximum)).")
        }
        return .found(
          "The guest has \(EvidenceText.size(actual)) of at most \(EvidenceText.size(maximum)): the balloon holds "
            + "\(EvidenceText.size(maximum - actual)), which the guest sees as used or as not there.")
      }
    } else {
      reader.note(missing: "the balloon's size was not read", at: "readings", ask: reader.diagnose())
    }
    return .inconclusive
  }
}
