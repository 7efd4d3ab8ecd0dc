// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension MemoryAccount {
  /// From the maximum to what the guest counts as its own.
  static func machine(
    _ source: AccountSource, _ balloon: BalloonFigures, _ reserved: ReservedMemory, _ place: BalloonPlace?
  ) -> MemoryLevel {
    let configuration = source.evidence.configuration
    let maximum = MemoryBucket(
      "maximum", "the maximum", .undivided, configuration.maximum,
      explanation: "The most that the guest can have: <memory>, with what was plugged in since (pc-dimm, virtio-mem).")
    let actual = MemoryBucket(
      "actual", "actual (left to the guest)", .undivided, source.actual,
      explanation:
        "What the balloon leaves the guest, as QEMU has it; virsh dominfo calls it Used memory, and libvirt's live "
        + "currentMemory is the same figure.")
    let isJournals = source.evidence.journal?.target != nil
    let target = MemoryBucket(
      "target", "the target", .undivided, configuration.target, within: "maximum",
      explanation: isJournals
        ? "What the guest had before an exercise that has not put it back yet, by that exercise's journal."
        : "What somebody asked the balloon to leave the guest, by the configuration; QEMU does not tell the target.")
    var parts: [MemoryBucket]
    var beside = [target]
    var rest: String
    if let figures = source.figures, source.total != nil {
      parts = place?.place == .insideTotal ? [] : [balloon.main]
      parts += reserved.parts
      parts.append(total(figures))
      beside.append(actual)
      rest = unnamed(source, figures)
    } else {
      parts = [balloon.main, actual]
      rest = "QEMU counts it neither as the balloon's nor as the guest's: virtio-mem, as a rule."
      if balloon.main.bytes == nil, actual.bytes == nil { rest = "Nobody told how it is divided." }
    }
    if source.virtioMemory > 0 {
      beside.append(
        MemoryBucket(
          "virtio-mem", "by virtio-mem", .undivided, configuration.virtioMemory, within: "maximum",
          explanation: "Resized apart from the balloon, and no part of actual; what is plugged is in the guest's total."
        ))
    }
    if source.dimmMemory > 0 {
      beside.append(
        MemoryBucket(
          "dimm", "by DIMMs that are plugged in", .undivided, configuration.dimmMemory, within: "maximum",
          explanation:
            "pc-dimm: counted in the maximum and in actual; the guest has it once its system has put it online."))
    }
    if source.dimmMemory + source.virtioMemory > 0 {
      beside.append(
        MemoryBucket(
          "start", "at the start", .undivided, configuration.baseMemory, within: "maximum",
          explanation:
            "What the machine is started with; with what was plugged in since it is the maximum, and the guest's "
            + "kernel sets things aside for it at boot."))
    }
    beside += [balloon.other].compactMap { $0 }
    beside += reserved.beside.filter { $0.bytes != nil }
    return MemoryLevel("machine", "the machine's memory", whole: maximum, parts: parts, beside: beside, rest: rest)
  }

  /// The guest's total as a bucket.
  static func total(_ figures: GuestFigures) -> MemoryBucket {
    MemoryBucket(
      "guest.total", "the guest's total", .undivided, figures["total"] ?? AccountSource.missing("not told"),
      explanation: "What the guest counts as its memory: MemTotal, what free shows, or what is usable in Windows.")
  }

  private static func unnamed(_ source: AccountSource, _ figures: GuestFigures) -> String {
    if let total = source.total, let start = source.startMemory, source.dimmMemory > 0, total <= start {
      return "The guest counts no more than the machine was started with: it has not put the DIMMs online, as a rule."
    }
    if source.isWindows {
      return "No source names it: Windows calls such memory hardware reserved; it is firmware's, and what the system "
        + "took before it began to count."
    }
    if figures.witness == .agent {
      return "No source names it: other reservations of firmware and the kernel, or the figures are of different "
        + "moments."
    }
    return "What firmware and the guest's kernel keep for themselves, which the statistics do not name; the agent does."
  }
}
