// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The rule about what the host sees: whether QEMU's process has less memory after the guest has.
enum HostMemoryRule {
  static let all = [notReturned]

  static let notReturned = Rule(
    id: "balloon.host-memory-not-returned",
    title: "The host did not get the balloon's memory back",
    severity: .warning,
    explanation: """
      The guest has inflated its balloon and its size has fallen, and yet the QEMU process keeps more resident \
      memory (RSS) than the guest and QEMU together can account for. So pages that the guest has given were not \
      freed on the host: QEMU is not allowed to discard them (passed-through devices, encryption), or the kernel \
      refuses it (locked memory). RSS includes what QEMU needs for itself, so only a clear excess counts: more \
      than 512 MiB and 1/32 of the maximum, and under emulation 1 GiB more for translated code; what lies within \
      that is not judged, nor is a balloon smaller than that. RSS does not include huge pages of hugetlbfs, so \
      nothing is said of such a guest.
      """,
    sources: [
      "QEMU 7.2.22, measured: RSS before and after inflation with plain, locked, shared and huge-page memory",
      "https://man7.org/linux/man-pages/man5/proc.5.html",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/556",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.state", "configuration.hugepages", "configuration.maximum",
      "configuration.model", "configuration.virtioMemory", "device.qomPath", "device.status", "exercise.before.actual",
      "exercise.steps.*.readings.*.actual", "exercise.steps.*.readings.*.guestRAM", "readings", "readings.*.actual",
      "readings.*.rss",
    ],
    remedy: { context in
      [
        context.hostLog(
          "Ask QEMU's messages: a line for each page that could not be discarded, or one about the page size.",
          pattern: "Failed to discard|backing page size"),
        RemedyStep(
          .host, "See what kind of memory it is, PID being QEMU's process.",
          command: "grep -E 'VmRSS|Rss|VmLck|VmPin|HugetlbPages' /proc/PID/status"),
        context.virsh("dumpxml").map {
          RemedyStep(
            .host, "See what pins or locks it.",
            command: $0 + " | grep -E 'hostdev|memoryBacking|locked|launchSecurity'")
        },
        context.checkAgain,
      ].compactMap { $0 }
    },
    assess: assess)

  private static func assess(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    if let excuse = reader.unserved("its size may be an earlier boot's") { return excuse }
    if case .suspended(let reason) = reader.steadiness() { return .notApplicable(reason) }
    if let seen = reader.exerciseResident() { return judge(seen) }
    if reader.peek(\.configuration.hugepages).value == true {
      _ = reader.read(\.configuration.hugepages)
      return .notApplicable(
        "The resident memory of QEMU's process does not include huge pages: see balloon.config.hugepages.")
    }
    guard let maximum = reader.balloonMaximum() else { return .inconclusive }
    guard let index = reader.peek(\.readings).indices.last, let size = reader.read(reading: index, \.actual),
      let resident = reader.read(reading: index, \.rss)
    else {
      reader.note(missing: "the balloon's size was not read", at: "readings", ask: reader.diagnose())
      return .inconclusive
    }
    guard let actual = size.value else {
      reader.note(missing: size, at: "readings.\(index).actual")
      return .inconclusive
    }
    guard actual < maximum, maximum - actual > BalloonDeviceRules.tolerance else {
      return .notApplicable("The balloon holds nothing that the host could have back.")
    }
    guard let rss = resident.value else {
      reader.note(missing: resident, at: "readings.\(index).rss")
      return .inconclusive
    }
    return judge(Sizes(maximum: maximum, actual: actual, rss: rss), index, &reader)
  }

  /// An exercise looks at the guest's own RAM, of which no more can rightly be resident than the guest has: QEMU's own
  /// memory is no part of it, and huge pages are counted.
  private static func judge(
    _ seen: (before: UInt64, actualBefore: UInt64, resident: UInt64, actual: UInt64)
  ) -> Assessment {
    let taken = seen.actualBefore - seen.actual
    let facts =
      "An exercise took \(EvidenceText.size(taken)) from the guest; of its RAM \(EvidenceText.size(seen.before)) were "
      + "resident before, and \(EvidenceText.size(seen.resident)) when it had \(EvidenceText.size(seen.actual))"
    // What firmware and devices keep of the RAM block, and pages that come and go meanwhile.
    let slack = max(64 << 20, taken / 8)
    guard seen.resident > seen.actual, seen.resident - seen.actual > slack else {
      return seen.before > seen.resident
        ? .healthy("\(facts): the host got \(EvidenceText.size(seen.before - seen.resident)) back.")
        : .healthy("\(facts): what the balloon took had never been touched, so there was nothing to come back.")
    }
    return .found(
      "\(facts): at least \(EvidenceText.size(min(seen.resident - seen.actual, taken))) did not come back to the host.",
      confidence: .established)
  }

  private struct Sizes {
    let maximum: UInt64
    let actual: UInt64
    let rss: UInt64
    var balloon: UInt64 { maximum - actual }
  }

  private static func judge(_ sizes: Sizes, _ index: Int, _ reader: inout EvidenceReader) -> Assessment {
    let facts =
      "QEMU's process has \(EvidenceText.size(sizes.rss)) resident, and the guest has "
      + "\(EvidenceText.size(sizes.actual)) of \(EvidenceText.size(sizes.maximum))"
    if sizes.rss <= sizes.actual { return .healthy(facts + ".") }
    // What comes by virtio-mem is resident too, and no part of the guest's size by the balloon.
    let slack = reader.ownMemory(maximum: sizes.maximum, virtio: reader.virtioMemory() ?? 0)
    let excess = sizes.rss - sizes.actual
    func open(_ reason: String) -> Assessment {
      reader.note(missing: reason, at: "readings.\(index).rss", ask: nil)
      return .inconclusive
    }
    let own = "what QEMU may need for itself (\(EvidenceText.size(slack)))"
    guard excess > slack else {
      return sizes.balloon > slack
        ? .healthy("\(facts); the rest is within \(own).")
        : .notApplicable(
          "The balloon holds \(EvidenceText.size(sizes.balloon)), no more than \(own), so the resident memory of its "
            + "process cannot show whether the host got it.")
    }
    let (most, overflow) = sizes.maximum.addingReportingOverflow(slack)
    guard overflow || sizes.rss <= most else {
      return open("RSS is more than all of the guest's memory and \(own): something else takes it")
    }
    // A figure that is only just beyond the estimate carries no statement.
    guard excess - slack >= sizes.balloon / 8 else {
      return open("RSS exceeds the guest's size by little more than \(own)")
    }
    return .found(
      "\(facts). Even with \(EvidenceText.size(slack)) for QEMU itself, at least "
        + "\(EvidenceText.size(min(excess - slack, sizes.balloon))) of the \(EvidenceText.size(sizes.balloon)) in the "
        + "balloon did not come back to the host.")
  }
}

extension EvidenceReader {
  /// The most that QEMU is taken to need beside the guest's memory, in bytes. Measured: 100 to 160 MiB plain; emulation
  /// has 1 GiB more for translated code (accel/tcg, the default tb-size). Displays and disk caches add to it.
  fileprivate mutating func ownMemory(maximum: UInt64, virtio: UInt64) -> UInt64 {
    // Neither sum overflows: half of what 64 bits hold is more memory than there is.
    let plain = (512 << 20) + maximum / 32 + min(virtio, 1 << 62)
    guard peek(\.domain.hypervisor).value != nil else { return plain + (1 << 30) }
    return read(\.domain.hypervisor).value == "kvm" ? plain : plain + (1 << 30)
  }
}
