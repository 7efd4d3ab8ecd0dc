// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Rules about what the balloon offers and the guest's driver does not take.
enum FeatureRules {
  static let all = [autodeflate, freePageReporting]

  static let autodeflate = Rule(
    id: "balloon.config.autodeflate-ineffective",
    title: "autodeflate is on, and the guest does not use it",
    severity: .note,
    explanation: """
      autodeflate='on' (deflate-on-oom in QEMU) lets a guest take pages back out of the balloon when it runs out of \
      memory. It is an offer, and counts only when the guest's driver accepts it: DEFLATE_ON_OOM among the \
      negotiated features. virtio-win's driver never does; it negotiates statistics and nothing else. The XML and the \
      device's own features go on saying "on". Whoever relies on it to catch an inflation that went too far has \
      then no safety net: the guest pages out or kills programs while its memory lies in the balloon. So a lower \
      limit must be kept by whoever sets the size.
      """,
    sources: [
      "virtio-win Balloon/sys/balloon.c: the only feature that is enabled is STATS_VQ",
      "https://libvirt.org/formatdomain.html#memory-balloon-device", "QEMU e3816255bf: deflate-on-oom",
    ],
    evidence: [
      "domain.hypervisor", "domain.osFamily", "configuration.autodeflate", "configuration.model",
      "device.guestFeatures", "device.hostFeatures", "device.qomPath", "device.status", "guest.osFamily",
      "guest.qemuGA.osID",
    ],
    remedy: { context in
      [
        RemedyStep(
          .host, "Keep a lower limit in whatever sets the guest's size, above what the guest needs at its peak."),
        context.virsh("dommemstat").map {
          RemedyStep(.host, "See what the guest has left before each step: unused and usable.", command: $0)
        },
        context.editDefinition(
          "Drop autodeflate='on' from <memballoon>, so that nobody relies on it.",
          "Drop deflate-on-oom=on from the balloon's device."),
      ].compactMap { $0 }
    },
    assess: { reader in
      assess(
        Feature(
          setting: \.configuration.autodeflate, word: "DEFLATE_ON_OOM", name: "autodeflate",
          consequence: "An inflation that goes too far is not undone when the guest runs out of memory."), &reader)
    })

  static let freePageReporting = Rule(
    id: "balloon.config.free-page-reporting-ineffective",
    title: "Free page reporting is on, and the guest does not use it",
    severity: .note,
    explanation: """
      With freePageReporting='on' (free-page-reporting in QEMU) a guest tells the host which of its pages are free, \
      and the host takes them back without any inflation. It works only when the guest's driver takes the offer: \
      REPORTING among the negotiated features. Linux does so from 5.7 on. Windows' driver does not, and its \
      maintainers do not plan it, because Windows gives drivers no way to learn of free pages. Such a guest keeps \
      every page that it has ever touched, so the memory of its QEMU process grows to the full size and stays there \
      unless somebody inflates the balloon.
      """,
    sources: [
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/899",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/964",
      "https://libvirt.org/formatdomain.html#memory-balloon-device", "QEMU 91b867191d: free-page-reporting",
    ],
    evidence: [
      "domain.hypervisor", "domain.osFamily", "configuration.freePageReporting", "configuration.model",
      "device.guestFeatures", "device.hostFeatures", "device.qomPath", "device.status", "guest.osFamily",
      "guest.qemuGA.osID",
    ],
    remedy: { context in
      [
        RemedyStep(
          .host, "Take memory back by the balloon's size instead, by hand or by a policy.",
          command: context.virsh("setmem", "SIZE --live")
            ?? context.monitor("{\"execute\": \"balloon\", \"arguments\": {\"value\": BYTES}}")),
        RemedyStep(
          .host, "Or let the kernel merge equal pages (KSM), which costs processor time.",
          command: "echo 1 > /sys/kernel/mm/ksm/run"),
      ]
    },
    assess: { reader in
      assess(
        Feature(
          setting: \.configuration.freePageReporting, word: "REPORTING", name: "free page reporting",
          consequence: "The host gets free pages back only by inflating the balloon."), &reader)
    })

  /// Something that the host switches on and the guest's driver may take.
  private struct Feature {
    let setting: KeyPath<Evidence, Observation<Bool>>
    /// QEMU's word for the feature bit.
    let word: String
    let name: String
    let consequence: String
  }

  private static func assess(_ feature: Feature, _ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    // The device as it runs outranks its definition.
    let isOn: Bool
    if let offered = reader.peek(\.device.hostFeatures).value {
      _ = reader.read(\.device.hostFeatures)
      isOn = offered.contains(feature.word)
    } else if let set = reader.read(feature.setting).value {
      isOn = set
    } else {
      reader.note(missing: reader.peek(\.device.hostFeatures), at: "device.hostFeatures")
      _ = reader.require(feature.setting)
      return .inconclusive
    }
    guard isOn else { return .notApplicable("Nobody has switched \(feature.name) on.") }
    if let excuse = reader.unserved("nobody has negotiated its features") { return excuse }
    if let taken = reader.peek(\.device.guestFeatures).value {
      _ = reader.read(\.device.guestFeatures)
      if taken.contains(feature.word) { return .healthy("The guest's driver uses \(feature.name).") }
      return .found(
        "The host offers \(feature.name), and the guest's driver has not taken it (\(feature.word) is not among the "
          + "negotiated features). \(feature.consequence)")
    }
    guard reader.guestFamily() == "windows" else {
      _ = reader.require(\.device.guestFeatures)
      return .inconclusive
    }
    let isItsWord = reader.guestFamilyByItsWord() != nil
    reader.citeGuestFamily()
    return .found(
      "The host offers \(feature.name), and no Windows driver takes it. \(feature.consequence)",
      confidence: isItsWord ? nil : .inferred)
  }
}
