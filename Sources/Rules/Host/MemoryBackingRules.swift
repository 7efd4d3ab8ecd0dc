// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Rules about settings with which the host gets nothing back for what the guest gives: the guest's size falls, and the
/// memory of QEMU's process does not.
enum MemoryBackingRules {
  static let all = [inhibited, hugepages, memoryLocked]

  static let inhibited = Rule(
    id: "balloon.config.inhibited",
    title: "QEMU may not give the balloon's memory back",
    severity: .warning,
    explanation: """
      When a device of the host is handed to the guest by VFIO (PCI passthrough, also of network functions) or by \
      vhost-vdpa, the device may write to any of the guest's memory, so all of it is pinned; for <disk type='nvme'> \
      too. QEMU then ignores what the balloon is given: the guest really inflates and has less, its reported \
      size falls as asked, and the host gets nothing. The same holds for AMD SEV and SEV-ES, for protected guests on \
      s390 once they have switched over, and for the time of an RDMA migration, an incoming postcopy or a snapshot \
      in the background, which pass by themselves. A mediated device (vGPU) is \
      treated alike unless its owner has set x-balloon-allowed, which is only potentially compatible.
      """,
    sources: [
      "QEMU hw/virtio/virtio-balloon.c: virtio_balloon_inhibited()",
      "QEMU hw/vfio/pci.c: x-balloon-allowed \"only potentially compatible with mdev devices\"",
      "QEMU hw/virtio/vhost-vdpa.c, target/i386/sev.c, hw/s390x/s390-virtio-ccw.c: ram_block_discard_disable()",
      "https://github.com/kata-containers/runtime/pull/793",
      "https://looking-glass.io/docs/",
    ],
    evidence: [
      "domain.hypervisor", "configuration.launchSecurity", "configuration.maximum", "configuration.model",
      "configuration.pinningDevices", "configuration.target", "configuration.virtioMemory", "device.qomPath",
      "device.status", "readings.*.actual",
    ],
    explains: ["balloon.host-memory-not-returned"],
    remedy: { context in
      [
        RemedyStep(
          .host,
          "There is no setting that mends it. Either give the guest all of its memory back, since what the "
            + "balloon holds helps nobody.",
          command: context.virsh("setmem", "SIZE --live --config")
            ?? context.monitor("{\"execute\": \"balloon\", \"arguments\": {\"value\": BYTES}}")),
        context.editDefinition(
          "And write <memballoon model='none'/>, so that nobody relies on it; or give the guest virtio devices "
            + "instead of the host's own.",
          "And drop the balloon's device; or give the guest virtio devices instead of the host's own."),
      ]
    },
    assess: assessInhibited)

  private static func assessInhibited(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    let security = reader.ask(\.configuration.launchSecurity)
    let devices = reader.ask(\.configuration.pinningDevices)
    var causes: [String] = []
    if let kinds = devices.value, let words = describe(kinds) { causes.append(words) }
    switch security.value {
    case "sev"?: causes.append("its memory is encrypted (AMD SEV)")
    case "s390-pv"?: causes.append("it is a protected guest of s390, whose pages QEMU may not discard")
    default: break
    }
    // What becomes of an NVMe disk's guest, and when a guest of s390 switches over, is not seen from here.
    let isCertain = security.value == "sev" || devices.value?.contains { ["pci", "vdpa"].contains($0) } == true
    if !causes.isEmpty {
      let use = reader.balloonUse()
      return .found(
        "The host \(isCertain ? "gets" : "probably gets") nothing back from this guest's balloon: "
          + "\(causes.joined(separator: ", and ")).\(use.sentence)",
        severity: use.severity, confidence: isCertain ? nil : .inferred)
    }
    if let kind = security.value {
      reader.note(
        missing: "what QEMU does with the balloon of a guest with \(EvidenceText.name(kind)) is not known here",
        at: "configuration.launchSecurity", ask: nil)
    }
    guard reader.missing.isEmpty else { return .inconclusive }
    return .healthy("No device of the host pins the guest's memory, and it is not encrypted.")
  }

  /// `its memory is pinned for devices of the host: 2 by VFIO (PCI passthrough)`; `nil` when there are none.
  private static func describe(_ kinds: [String]) -> String? {
    let names = [
      ("pci", "by VFIO (PCI passthrough)"), ("mdev", "mediated (unless its owner has allowed a balloon)"),
      ("nvme", "NVMe by VFIO"), ("vdpa", "by vhost-vdpa"),
    ]
    let parts = names.compactMap { kind, words in
      let count = kinds.count { $0 == kind }
      return count > 0 ? "\(count) \(words)" : nil
    }
    return parts.isEmpty ? nil : "its memory is pinned for devices of the host: \(parts.joined(separator: ", "))"
  }

  static let hugepages = Rule(
    id: "balloon.config.hugepages",
    title: "The guest's memory is in huge pages",
    severity: .warning,
    explanation: """
      The balloon takes memory from the guest in pages of 4 KiB, and the host can free a huge page only when all 4 \
      KiB pages in it (512 of them in 2 MiB) lie in the balloon, given one after the other. Guests hand out \
      scattered pages, so practically nothing comes back: a Linux guest that gave 160 of its 256 MiB freed not one \
      huge page. QEMU says so once in its log, "Balloon used with backing page size > 4kiB, this may not be \
      reliable". It concerns huge pages that the definition asks for (<hugepages/>, hugetlbfs). \
      Transparent huge pages are none of these and do no harm.
      """,
    sources: [
      "QEMU hw/virtio/virtio-balloon.c: balloon_inflate_page()",
      "QEMU 7.2.22 with Linux 6.1 on hugetlbfs, measured: 160 MiB inflated, HugetlbPages unchanged",
      "https://github.com/kubevirt/kubevirt/pull/9572",
    ],
    evidence: [
      "domain.hypervisor", "configuration.hugepages", "configuration.maximum", "configuration.model",
      "configuration.target", "configuration.virtioMemory", "device.qomPath", "device.status", "readings.*.actual",
    ],
    explains: ["balloon.host-memory-not-returned"],
    remedy: { context in
      [
        context.hostLog("See whether QEMU has complained of it.", pattern: "backing page size"),
        context.editDefinition(
          "Decide for one: drop <hugepages/> from <memoryBacking> (transparent huge pages give most of their speed), "
            + "or keep them and give the guest all of its memory. Then start the guest anew.",
          "Decide for one: start QEMU without hugetlbfs behind its memory (transparent huge pages give most of its "
            + "speed), or keep it and give the guest all of its memory."),
        RemedyStep(
          .host, "What transparent huge pages are set to.", command: "cat /sys/kernel/mm/transparent_hugepage/enabled"),
      ]
    },
    assess: { reader in
      if let excuse = reader.withoutBalloon() { return excuse }
      guard let isHuge = reader.require(\.configuration.hugepages) else { return .inconclusive }
      guard isHuge else { return .healthy("The guest's memory is not in huge pages.") }
      let use = reader.balloonUse()
      return .found(
        "The guest's memory is in pages larger than the balloon's 4 KiB, so practically none of what it gives comes "
          + "back to the host.\(use.sentence)", severity: use.severity)
    })

  static let memoryLocked = Rule(
    id: "balloon.config.memory-locked",
    title: "QEMU's memory is locked in the host's RAM",
    severity: .warning,
    explanation: """
      <memoryBacking><locked/> in libvirt's XML, or -overcommit mem-lock=on, makes QEMU lock all of its memory, so \
      that nothing of it is ever swapped out. The kernel refuses to discard locked pages (madvise(2): \
      EINVAL), so the guest inflates, its size falls as asked, and the host gets nothing. QEMU writes \
      a line for every single page to its log, "ram_block_discard_range: Failed to discard range", a quarter of a \
      million for each GiB. Shared memory (<access mode='shared'/> with a memfd or a file) is different: QEMU first \
      punches a hole into the file, which does give the page back, and then complains all the same. Both were measured.
      """,
    sources: [
      "QEMU 7.2.22, measured: 160 of 256 MiB inflated; private memory: RSS unchanged, 40960 lines in the log; shared "
        + "memfd: RssShmem fell by 160 MiB, 40960 lines",
      "https://man7.org/linux/man-pages/man2/madvise.2.html",
      "https://libvirt.org/formatdomain.html#memory-backing",
    ],
    evidence: [
      "domain.hypervisor", "configuration.hugepages", "configuration.locked", "configuration.maximum",
      "configuration.model", "configuration.sharedMemory", "configuration.target", "configuration.virtioMemory",
      "device.qomPath", "device.status", "readings.*.actual",
    ],
    explains: ["balloon.host-memory-not-returned"],
    remedy: { context in
      [
        context.hostLog("See whether QEMU complains of it.", pattern: "Failed to discard range"),
        context.editDefinition(
          "Decide for one: drop <locked/> from <memoryBacking>, or keep it and give the guest all of its memory. Then "
            + "start the guest anew.",
          "Decide for one: start QEMU without -overcommit mem-lock=on, or keep it and give the guest all of its memory."
        ),
        RemedyStep(
          .host, "How much is locked, in KiB, PID being QEMU's process.", command: "grep VmLck /proc/PID/status"),
      ]
    },
    assess: { reader in
      if let excuse = reader.withoutBalloon() { return excuse }
      guard let isLocked = reader.require(\.configuration.locked) else { return .inconclusive }
      guard isLocked else { return .healthy("QEMU does not lock the guest's memory.") }
      if reader.peek(\.configuration.hugepages).value == true {
        _ = reader.read(\.configuration.hugepages)
        return .notApplicable("It is in huge pages, which spoil ballooning already: see balloon.config.hugepages.")
      }
      let use = reader.balloonUse()
      if reader.peek(\.configuration.sharedMemory).value == true {
        _ = reader.read(\.configuration.sharedMemory)
        return .found(
          "QEMU's memory is locked. As it is shared memory, what the balloon takes does come back, and QEMU's log "
            + "gets an error for every page.\(use.sentence)", severity: .note)
      }
      _ = reader.read(\.configuration.sharedMemory)
      return .found(
        "QEMU's memory is locked, so nothing of what the guest gives comes back to the host, and QEMU's log gets an "
          + "error for every page.\(use.sentence)", severity: use.severity)
    })
}
