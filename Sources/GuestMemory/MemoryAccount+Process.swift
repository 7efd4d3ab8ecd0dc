// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension MemoryAccount {
  /// What QEMU's process spends on the host.
  static func process(_ source: AccountSource) -> MemoryLevel? {
    let process = source.evidence.process
    guard let resident = process?.resident.value != nil ? process?.resident : source.reading?.rss,
      !resident.isAbsent, resident.failure?.reason != .notAsked
    else { return nil }
    func told(
      _ id: String, _ name: String, _ leaf: Observation<UInt64>?, within: String? = nil, _ explanation: String
    ) -> MemoryBucket? {
      guard let leaf, !leaf.isAbsent else { return nil }
      return MemoryBucket("process.\(id)", name, .resident, leaf, within: within, explanation: explanation)
    }
    let whole = MemoryBucket(
      "process.resident", "QEMU's resident memory (RSS)", .resident, resident,
      explanation: "What of QEMU's process stands in the host's RAM; huge pages of hugetlbfs are not counted.")
    let parts = [
      told(
        "anonymous", "anonymous", process?.anonymous,
        "No file's: the guest's RAM as a rule, and QEMU's own heap and stacks."),
      told("file", "of files", process?.file, "Programs and libraries, and guest RAM that lies in a file."),
      told("shared", "shared", process?.shared, "memfd and tmpfs: guest RAM that other processes share (vhost-user)."),
    ]
    let beside = [
      told(
        "guest-ram", "the guest's RAM", process?.guestRAM, within: "process.resident",
        "The mappings of the guest's RAM as far as they are resident; the rest of RSS is QEMU's own."),
      told(
        "huge", "in transparent huge pages", process?.transparentHuge, within: "process.anonymous",
        "A page that the balloon gives back breaks such a page up, or does not come free."),
      told(
        "proportional", "its share (PSS)", process?.proportional, within: "process.resident",
        "RSS with every shared page divided among those who share it."),
      told("swapped", "swapped out", process?.swapped, "Of this process, on the host's swap; no part of RSS."),
      told("hugetlb", "in huge pages of hugetlbfs", process?.hugetlb, "No part of RSS."),
      told("locked", "locked", process?.locked, within: "process.resident", "Never swapped (mlock)."),
      told(
        "pinned", "pinned", process?.pinned, within: "process.resident",
        "Held by the host's drivers (VFIO): what the balloon takes of it does not come back."),
      told(
        "merged", "merged by KSM", process?.merged, within: "process.resident",
        "Pages that stand in RAM once for all who have the same content."),
    ]
    return MemoryLevel(
      "process", "QEMU's process on the host", whole: whole, parts: parts.compactMap { $0 },
      beside: beside.compactMap { $0 }, rest: "Of which kinds it is was not asked, or the kernel did not tell.",
      restKind: .resident)
  }

  /// At least so much of the guest's free memory still stands in the host's RAM: what is resident of the guest's RAM
  /// can be in use by the guest only as far as the guest uses any.
  static func retained(_ source: AccountSource) -> MemoryBucket {
    let (actual, free) = (
      source.actual, source.figures?[source.isWindows ? "available" : "free"] ?? source.figures?["free"]
    )
    let resident = source.evidence.process?.guestRAM
    let leaves = [resident, actual, free].compactMap { $0?.provenance }.filter { !$0.source.isEmpty }
    func bucket(_ quantity: MemoryQuantity) -> MemoryBucket {
      MemoryBucket(
        "process.retained", "free in the guest, spent on the host, at least", .resident, quantity, from: leaves,
        within: "process.guest-ram",
        explanation:
          "A lower bound: the guest's resident RAM, less all that the guest can be using (actual less its free memory)."
      )
    }
    guard let resident else {
      return bucket(.unknown(reason: "the memory of QEMU's process was not looked at", ask: nil))
    }
    guard case .known(let spent) = MemoryQuantity(resident) else { return bucket(MemoryQuantity(resident)) }
    guard case .known(let size) = MemoryQuantity(actual) else { return bucket(MemoryQuantity(actual)) }
    guard let free, case .known(let idle) = MemoryQuantity(free) else {
      return bucket(.unknown(reason: "nobody told how much the guest has free", ask: nil))
    }
    // What virtio-mem brings is resident too, and no part of actual.
    let most = size + source.virtioMemory
    guard idle <= most else {
      return bucket(.unknown(reason: "the guest says that it has more free than the host gave it", ask: nil))
    }
    return bucket(.known(spent > most - idle ? spent - (most - idle) : 0))
  }
}
