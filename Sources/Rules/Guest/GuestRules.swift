// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Rules about the state that the guest was found in.
enum GuestRules {
  static let all = [notRunning, stillBooting]

  static let notRunning = Rule(
    id: "guest.not-running",
    title: "The guest did not run all the while",
    severity: .note,
    explanation: """
      A balloon lives by its guest: one that is shut off, paused, crashed, migrating or in the middle of a reboot \
      answers nothing and moves nothing, and that says nothing about its driver. Every rule about change (statistics \
      that should advance, a size that should follow) is therefore suspended, and only what does not change by \
      itself is judged. A guest that stays paused is worth a warning, because no memory moves while it is; storage \
      that fails pauses a guest too, without anybody having asked for it. A crashed guest is a warning for the same \
      reason. Migration, suspension and a reboot pass by themselves and are told as notes.
      """,
    sources: ["https://libvirt.org/html/libvirt-libvirt-domain.html#virDomainState", "QEMU qapi/run-state.json"],
    evidence: ["domain.interruptions", "domain.state", "domain.stateReason"],
    remedy: { context in
      [
        RemedyStep(
          .host, "Resume a paused guest (first see why it was paused).",
          command: context.virsh("resume") ?? context.qm("resume") ?? context.monitor("{\"execute\": \"cont\"}")),
        RemedyStep(.host, "Start one that is shut off.", command: context.virsh("start") ?? context.qm("start")),
        context.checkAgain,
      ]
    },
    assess: { reader in
      if reader.peek(\.domain.state).isAbsent {
        _ = reader.read(\.domain.state)
        return .notApplicable("What was looked at is no running machine.")
      }
      switch reader.steadiness() {
      case .steady: return .healthy("The guest ran undisturbed while it was looked at.")
      case .suspended(let reason):
        guard let state = reader.peek(\.domain.state).value, !Steadiness.running.contains(state) else {
          return .found(reason, severity: .note)
        }
        let why = reader.read(\.domain.stateReason).value
        let detail = why.map { " The host's reason: \(EvidenceText.name($0))." } ?? ""
        return .found(reason + detail, severity: severity(state: state, reason: why))
      case .unknown: return .inconclusive
      }
    })

  private static func severity(state: String, reason: String?) -> Severity {
    switch state {
    case "crashed", "guest-panicked", "internal-error", "io-error": .warning
    case "paused":
      // libvirt's words for pauses that end by themselves (virDomainPausedReason).
      [
        "migrating", "saving", "dumping", "from snapshot", "creating snapshot", "starting up", "post-copy",
        "shutting down",
      ].contains(reason) ? .note : .warning
    default: .note
    }
  }

  static let stillBooting = Rule(
    id: "guest.still-booting",
    title: "The guest may still be booting",
    severity: .note,
    explanation: """
      Firmware never touches the balloon, so until the operating system has loaded its driver the device looks \
      exactly as it does in a guest that has no driver at all: an empty status, statistics unset, a size that does \
      not move. What tells them apart is anything that only an operating system does: another virtio device that \
      firmware has no driver for (virtio-serial) at DRIVER_OK, an agent that answers, or time. Block, network and \
      entropy devices prove nothing, because firmware drives them to boot. While nothing shows that a system is up, \
      a dead balloon is not held against the guest. A guest that stays here for long has perhaps nothing to boot \
      from.
      """,
    sources: ["QEMU 7.2.22 with Linux 6.1, measured: x-query-virtio-status of all devices before and after boot"],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.state", "domain.uptime", "configuration.model",
      "configuration.statsPeriod", "device.pollingInterval", "device.qomPath", "device.siblings", "device.status",
      "readings.*.lastUpdate", "channel.guestOpen", "guest.agent", "guest.qemuGA.version",
    ],
    explains: ["agent.channel.disconnected", "agent.silent"],
    remedy: { context in
      [
        RemedyStep(
          .host, "Wait some minutes and look again.",
          command: context.check ?? "virt-balloon diagnose \(context.domain ?? "DOMAIN")"),
        RemedyStep(.host, "If it stays like this, look at the guest's screen.", command: context.virsh("screenshot")),
      ]
    },
    assess: assessBooting)

  private static func assessBooting(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    if let status = reader.peek(\.device.status).value {
      let state = DeviceState(status: status)
      guard state == .untouched || state == .transportOnly else {
        _ = reader.read(\.device.status)
        return .healthy("An operating system has taken the balloon: \(state.words).")
      }
    } else if case .operating(let reason) = reader.hostOperation() {
      return .healthy("An operating system is up: \(reason).")
    }
    if let up = reader.systemUp() {
      return .healthy(
        up.isByTimeAlone
          ? "The guest has had time to boot: \(up.reason)." : "An operating system is up: \(up.reason).")
    }
    if let state = reader.peek(\.domain.state).value, !Steadiness.running.contains(state) {
      _ = reader.read(\.domain.state)
      return .notApplicable("The guest is not running (\(EvidenceText.name(state))).")
    }
    let uptime = reader.peek(\.domain.uptime).value
    let isYoung = uptime.map { $0 <= SystemUp.grace } ?? false
    // Without siblings and without a time there is nothing that speaks of booting either.
    guard isYoung || (reader.peek(\.device.status).value != nil && reader.peek(\.device.siblings).value != nil) else {
      _ = reader.ask(\.device.status)
      reader.noteSystemUnknown()
      return .inconclusive
    }
    _ = reader.read(\.device.status)
    _ = reader.read(\.device.siblings)
    _ = reader.read(\.guest.agent)
    _ = reader.read(\.domain.uptime)
    let since = uptime.map { " The machine was started \(EvidenceText.duration($0)) ago." } ?? ""
    let again = reader.answeredBefore() == nil ? "may still be booting" : "has had a driver before: it may be rebooting"
    return .found(
      "Nothing shows that an operating system is up: no driver has started the balloon, and nothing else that only a "
        + "system drives is started.\(since) The guest \(again).")
  }
}
