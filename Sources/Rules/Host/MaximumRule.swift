// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The rule about a maximum that costs the guest too much of what it is left with.
enum MaximumRule {
  static let all = [oversized]

  static let oversized = Rule(
    id: "balloon.config.maximum-oversized",
    title: "The maximum costs the guest much of its memory",
    severity: .note,
    explanation: """
      A Linux kernel sets up its bookkeeping at boot for the maximum, whatever the balloon leaves it: one struct page \
      of 64 bytes (on x86-64) for each 4 KiB, 1/64 of <memory>. It is taken out of what is left. A guest with 1 GiB \
      of at most 16 GiB loses a quarter of its gigabyte to it, and one with 1 GiB of at most 32 GiB a half, before \
      the caches and hash tables that grow with the maximum too; such a guest may not even boot. A large maximum \
      "just in case" is therefore not free. It is a note from an eighth of the current size on, and a warning from a \
      quarter. What Windows keeps for memory that it does not have is not known here, so nothing is said of it.
      """,
    sources: [
      "Linux include/linux/mm_types.h: struct page",
      "https://libvirt.org/formatdomain.html#memory-allocation",
    ],
    evidence: [
      "domain.hypervisor", "configuration.maximum", "configuration.model", "configuration.target",
      "configuration.virtioMemory", "device.qomPath", "device.status", "readings", "readings.*.actual",
      "guest.osFamily",
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
    return .found(facts + ".", severity: pages > current / 4 ? .warning : .note)
  }
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
}
