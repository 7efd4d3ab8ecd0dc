// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestMemory

/// The rule about a maximum that costs the guest too much of what it is left with.
enum MaximumRule {
  static let all = [oversized]

  static let oversized = Rule(
    id: "balloon.config.maximum-oversized",
    title: "The maximum costs the guest much of its memory",
    severity: .note,
    explanation: """
      A Linux kernel sets up its bookkeeping at boot for the maximum, whatever the balloon leaves it: one struct page \
      of 64 bytes (on x86-64) for each 4 KiB, 1/64 of <memory>, and hash tables that grow with it; and a bounce buffer \
      of 64 MiB once some of it lies above 4 GiB. All of that is taken out of what is left. Measured with two kernels \
      (samples/experiments): a guest that is left with 1 GiB sees 973 MiB of it when that is its maximum, 646 MiB when \
      the maximum is 16 GiB, 366 MiB with 32 GiB; with 40 GiB and more the balloon took what the kernel needed, and \
      the guest ended in a panic, "System is deadlocked on memory". The guest has its maximum until the balloon's \
      driver is loaded, so it boots and dies a moment later. A large maximum "just in case" is therefore not free. It \
      is a note when the structures for the maximum take an eighth of the current size, and a warning from a quarter, \
      or when the guest may run out of memory as the balloon grows to the configured size. What Windows keeps for \
      memory that it does not have is not known here, so nothing is said of it.
      """,
    sources: [
      "Linux include/linux/mm_types.h: struct page",
      "Linux mm/mm_init.c: alloc_large_system_hash",
      "samples/experiments: real guests of 1 GiB with maxima from 1 to 64 GiB",
      "https://libvirt.org/formatdomain.html#memory-allocation",
    ],
    evidence: [
      "domain.hypervisor", "configuration.dimmMemory", "configuration.maximum", "configuration.model",
      "configuration.target", "configuration.virtioMemory", "device.qomPath", "device.status", "readings",
      "readings.*.actual",
      "guest.osFamily", "guest.kernel", "domain.machine", "domain.osFamily",
    ],
    explains: ["guest.memory-pressure"],
    remedy: { context in
      [
        context.editDefinition(
          "Lower the maximum (<memory>) to what the guest may really need, such as twice its usual size, then shut it "
            + "down and start it again.",
          "Start QEMU with a smaller -m."),
        RemedyStep(
          .host, "Or give the guest more of it now.",
          command: context.virsh("setmem", "SIZE --live --config")
            ?? context.monitor("{\"execute\": \"balloon\", \"arguments\": {\"value\": BYTES}}")),
        RemedyStep(
          .guest, "In Linux, what the kernel kept for itself at boot.",
          command: "dmesg | grep -i '^.*Memory:.*reserved'"
        ),
      ]
    },
    assess: assess)

  private static func assess(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutAnyBalloon() { return excuse }
    guard let maximum = reader.balloonMaximum() else { return .inconclusive }
    guard let current = reader.currentSize(), current > 0 else { return .inconclusive }
    let pages = maximum / 64
    let facts =
      "At most \(EvidenceText.size(maximum)) cost a Linux guest \(EvidenceText.size(pages)) of bookkeeping, out of "
      + "the \(EvidenceText.size(current)) that it has"
    // Neither product can overflow: both sizes are divided.
    guard pages > current / 8 else { return .healthy(facts + ".") }
    switch reader.guestFamily() {
    case "linux"?: break
    case let family?:
      reader.citeGuestFamily()
      return .notApplicable(
        "The figure is Linux's, and this guest is none (\(EvidenceText.name(family))): what its system keeps for a "
          + "large maximum is not known.")
    case nil:
      _ = reader.ask(\.guest.osFamily)
      reader.note(
        missing: "whether the guest is a Linux is not known: there \(EvidenceText.size(maximum)) at most would cost "
          + "\(EvidenceText.size(pages)) of its \(EvidenceText.size(current))", at: "guest.osFamily", ask: nil)
      return .inconclusive
    }
    reader.citeGuestFamily()
    let model = reader.visibleMemoryModel()
    let chipset = reader.chipset()
    var summary = facts + "."
    let plugged = reader.dimmMemory()
    let headroom = model.prediction(
      maximum: maximum, current: current, plugged: plugged, chipset: chipset
    ).headroomCost
    if headroom > 0 {
      summary +=
        " It pays about \(mebibytes(headroom)) for headroom that it does not use: the structures, and the larger tables"
        + " and buffers that come with more memory."
    }
    let danger = dangerAtBoot(&reader, model, maximum: maximum, plugged: plugged, chipset)
    if let danger { summary += " " + danger }
    return .found(summary, severity: pages > current / 4 || danger != nil ? .warning : .note)
  }

  /// Whether the guest may run out of memory when it starts: by the size that it is to start with, where that is known.
  private static func dangerAtBoot(
    _ reader: inout EvidenceReader, _ model: VisibleMemoryModel, maximum: UInt64, plugged: UInt64,
    _ chipset: VisibleMemoryModel.Chipset?
  ) -> String? {
    guard let target = reader.peek(\.configuration.target).value, target > 0 else { return nil }
    let prediction = model.prediction(maximum: maximum, current: target, plugged: plugged, chipset: chipset)
    let size = EvidenceText.size(target)
    switch (prediction.danger, prediction.visible) {
    case (.none, _): return nil
    case (_, let visible?):
      _ = reader.read(\.configuration.target)
      return "Of the \(size) that it starts with it will see about \(mebibytes(visible)) (give or take "
        + "\(mebibytes(prediction.uncertainty))): it may run out of memory while it boots."
    case (_, nil):
      _ = reader.read(\.configuration.target)
      return "The \(size) that it starts with are no more than what the kernel keeps for itself, about "
        + "\(mebibytes(prediction.atBoot)), and its reserve: guests like this have run out of memory while they booted."
    }
  }

  private static func mebibytes(_ bytes: UInt64) -> String { "\(bytes >> 20) MiB" }
}

extension EvidenceReader {
  /// The guest's size: what it has, or where nobody read that, what it is to start with. Cited; `nil`, with what is
  /// missing noted, when neither is known.
  fileprivate mutating func currentSize() -> UInt64? {
    if let index = peek(\.readings).lastIndex(where: { $0.actual.value != nil }) {
      return read(reading: index, \.actual)?.value
    }
    if peek(\.configuration.target).value != nil { return read(\.configuration.target).value }
    if let index = peek(\.readings).indices.last {
      note(missing: peek(\.readings)[index].actual, at: "readings.\(index).actual")
    }
    note(missing: "neither the guest's size nor what was asked of it is known", at: "readings", ask: diagnose())
    return nil
  }

  /// The model for the guest's kernel, by the guest's word where there is one: cited when it counts.
  fileprivate mutating func visibleMemoryModel() -> VisibleMemoryModel {
    guard let release = peek(\.guest.kernel).value else { return VisibleMemoryModel() }
    let figures = KernelFigures.known(release: release)
    if figures != .typical { _ = read(\.guest.kernel) }
    return VisibleMemoryModel(kernel: figures)
  }

  /// The chipset by the machine type's name, cited; `nil` when that is not known or says nothing.
  fileprivate mutating func chipset() -> VisibleMemoryModel.Chipset? {
    guard let machine = peek(\.domain.machine).value else { return nil }
    let chipset: VisibleMemoryModel.Chipset? =
      machine.contains("q35") ? .q35 : machine.contains("i440fx") || machine == "pc" ? .i440fx : nil
    if chipset != nil { _ = read(\.domain.machine) }
    return chipset
  }
}
