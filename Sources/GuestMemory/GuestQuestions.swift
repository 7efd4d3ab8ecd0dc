// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// The questions that people ask under every article about the balloon, as far as one guest's evidence answers them.
package struct GuestQuestions: Hashable, Sendable {
  package var answers: [GuestAnswer]

  package init(_ evidence: Evidence) {
    let asker = Asker(source: AccountSource(evidence))
    answers =
      asker.hasBalloon
      ? [
        asker.whenEqual, asker.whileRunning, asker.onTheHost, asker.whoMoves, asker.whenItIsTooMuch, asker.withoutNeed,
        asker.kernelThread, asker.taskManager,
      ].compactMap { $0 } : []
  }
}

private struct Asker {
  let source: AccountSource
  var evidence: Evidence { source.evidence }

  /// A virtio balloon that is known to be there.
  var hasBalloon: Bool {
    guard !evidence.hasXenBalloon, evidence.configuration.model.value != "none" else { return false }
    return evidence.device.qomPath.value != nil || evidence.configuration.model.value != nil
      || source.actual.value != nil
  }

  private var device: Provenance {
    evidence.device.qomPath.value != nil ? evidence.device.qomPath.provenance : evidence.configuration.model.provenance
  }

  /// Who told what system it is.
  private var origin: Provenance {
    evidence.guest.osFamily.value != nil ? evidence.guest.osFamily.provenance : evidence.domain.osFamily.provenance
  }

  var whenEqual: GuestAnswer? {
    guard source.virtioMemory == 0, let maximum = source.maximum, let actual = AccountSource.plausible(source.actual),
      actual == maximum
    else { return nil }
    return GuestAnswer(
      "when-equal", "Is there no balloon at all when memory equals currentMemory?",
      "There is one: the device is part of this machine; it holds nothing now, because the guest has all of its "
        + "\(ByteCount.text(maximum)), and can be inflated while the guest runs.",
      from: [device, source.actual.provenance, evidence.configuration.maximum.provenance],
      reference: "libvirt, formatdomain: memballoon")
  }

  var whileRunning: GuestAnswer? {
    guard let maximum = source.maximum else { return nil }
    let high = ByteCount.text(maximum >= source.virtioMemory ? maximum - source.virtioMemory : maximum)
    var answer = "Yes, down and up again, but never above \(high), which is set before the guest starts"
    var sources = [evidence.configuration.maximum.provenance]
    if let status = evidence.device.status.value {
      sources.append(evidence.device.status.provenance)
      answer +=
        status.contains("DRIVER_OK")
        ? "; its driver is ready" : "; but no driver serves the balloon in this guest now, so nothing would follow"
    }
    return GuestAnswer(
      "while-running", "Can it be changed while the guest runs, and how high?", answer + ".", from: sources,
      reference: "libvirt, virDomainSetMemoryFlags; QEMU qapi/machine.json, balloon")
  }

  var onTheHost: GuestAnswer? {
    let (set, now) = (evidence.configuration.statsPeriod, evidence.device.pollingInterval)
    let period = now.value ?? set.value
    guard period != nil || set.isAbsent else { return nil }
    let statistics =
      period.map { $0 > 0 } == true
      ? "statistics are asked of the guest every \(period ?? 0) s"
      : "no statistics period is set, so the guest's figures are not asked for"
    return GuestAnswer(
      "on-the-host", "Must something special run on the host?",
      "No: QEMU's device is all there is to the size; \(statistics).",
      from: [now.value != nil ? now.provenance : set.provenance],
      reference: "QEMU docs/interop/virtio-balloon-stats; libvirt, formatdomain: memballoon")
  }

  var whoMoves: GuestAnswer? {
    let question = "Who moves the balloon, and does anything here do it automatically?"
    switch evidence.target.kind {
    case .proxmox:
      return GuestAnswer(
        "who-moves", question,
        "Proxmox VE does (pvestatd): it steers the host towards 80 % by at most 100 MB a round, unless the guest's "
          + "shares are 0, it has no minimum (balloon:) below its memory, delivers no statistics or migrates.",
        from: [evidence.configuration.target.provenance], reference: "Proxmox VE, PVE/AutoBalloon.pm")
    case .libvirt:
      let deflates = evidence.device.guestFeatures.value?.contains { $0.hasSuffix("DEFLATE_ON_OOM") } == true
      return GuestAnswer(
        "who-moves", question,
        "libvirt sets it once, at the start, and then only when it is asked to (virsh setmem); what moves it by itself "
          + "is a manager above libvirt, such as oVirt's MoM"
          + (deflates ? ", and this guest's driver, which gives pages back before it runs out of memory." : "."),
        from: [device] + (deflates ? [evidence.device.guestFeatures.provenance] : []),
        reference: "libvirt, virsh setmem; oVirt MoM")
    case .qmp, .agent, .artefacts: return nil
    }
  }

  var whenItIsTooMuch: GuestAnswer? {
    let question = "What happens to the guest's processes when the host takes more than is free?"
    if source.isWindows {
      return GuestAnswer(
        "too-much", question,
        "Windows pages them out, and its driver stops inflating while the system signals low memory; it gives nothing "
          + "back by itself, so the size stays above the target until somebody raises that.",
        .inferred, from: [origin], reference: "virtio-win, Balloon/sys/balloon.c and Device.c")
    }
    guard source.isLinux, let features = evidence.device.guestFeatures.value else { return nil }
    let deflates = features.contains { $0.hasSuffix("DEFLATE_ON_OOM") }
    return GuestAnswer(
      "too-much", question,
      deflates
        ? "The kernel drops caches and swaps for the balloon, and its driver negotiated DEFLATE_ON_OOM: it gives pages "
          + "back before a process is killed for want of memory."
        : "The kernel drops caches and swaps for the balloon, the driver tries on five times a second "
          + "(\"Out of puff!\") and gives nothing back, so a process that then needs memory may be killed.",
      from: [evidence.device.guestFeatures.provenance, origin], reference: "Linux, drivers/virtio/virtio_balloon.c")
  }

  var withoutNeed: GuestAnswer? {
    guard let host = evidence.host, let available = host.memoryAvailable.value, let total = host.memoryTotal.value,
      total > 0, available <= total
    else { return nil }
    // Rounded down to a hundredth; the sizes of a host fit.
    let share = available / (total / 100 + 1)
    return GuestAnswer(
      "without-need", "Does it do anything when the host is not overcommitted?",
      "It takes memory from the guest all the same, and the host, which has \(ByteCount.text(available)) available "
        + "(\(share) %) now, gains only what others there need.",
      from: [host.memoryAvailable.provenance, host.memoryTotal.provenance], reference: "QEMU qapi/machine.json, balloon"
    )
  }

  var kernelThread: GuestAnswer? {
    guard source.isLinux else { return nil }
    var state = ""
    var sources = [origin]
    if let status = evidence.device.status.value {
      sources.append(evidence.device.status.provenance)
      state = status.contains("DRIVER_OK") ? ", and here the device's status shows that one is ready" : ""
    }
    return GuestAnswer(
      "kernel-thread", "Why is there no vballoon kernel thread in the guest?",
      "Since 2016 the driver works on a workqueue instead, so its absence proves nothing\(state).", from: sources,
      reference: "Linux, \"virtio_balloon: Use a workqueue instead of vballoon kthread\"")
  }

  var taskManager: GuestAnswer? {
    guard source.isWindows else { return nil }
    let balloon = BalloonFigures(source).main
    guard let bytes = balloon.bytes, bytes > 0 else { return nil }
    return GuestAnswer(
      "task-manager", "Why does Windows' Task Manager count the balloon as used?",
      "Its driver allocates the pages that it hands to the host (\(ByteCount.text(bytes)) now), and Windows does not "
        + "take them out of its total, so they look like memory in use that no process has.",
      from: balloon.sources, reference: "virtio-win/kvm-guest-drivers-windows, issue 568")
  }
}
