// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// What of a machine's memory its guest never counts as its own: firmware's part, and what the kernel took at boot.
struct ReservedMemory {
  let parts: [MemoryBucket]
  /// Other figures of the same.
  let beside: [MemoryBucket]

  /// What is known of the parts together.
  var bytes: UInt64 { parts.reduce(0) { $0 + ($1.bytes ?? 0) } }

  init(_ source: AccountSource) {
    guard !source.isWindows else {
      (parts, beside) = (Self.windowsParts(source), Self.windowsBeside(source))
      return
    }
    (parts, beside) = (Self.linuxParts(source), Self.linuxBeside(source))
  }

  private static func bucket(
    _ id: String, _ name: String, _ leaf: Observation<UInt64>, within: String? = nil, _ explanation: String
  ) -> MemoryBucket {
    MemoryBucket(id, name, .uncounted, leaf, within: within, explanation: explanation)
  }

  /// The kernel's own sum of what it set aside, where its log still has it, else the pieces of it that are known.
  private static func linuxParts(_ source: AccountSource) -> [MemoryBucket] {
    let firmware = bucket(
      "firmware.reserved", "firmware, ACPI tables and holes", source.agent("firmwareReserved"),
      "Memory below the end of RAM that firmware did not hand to the kernel as usable.")
    return [firmware] + (boot(source).map { [$0] } ?? pieces(source))
  }

  /// What the kernel set aside when it started and did not free while it started.
  private static func boot(_ source: AccountSource) -> MemoryBucket? {
    let (reserved, freed) = (source.agent("bootReserved"), source.agent("bootFreed"))
    guard let taken = AccountSource.plausible(reserved), let returned = AccountSource.plausible(freed),
      taken >= returned
    else { return nil }
    return MemoryBucket(
      "kernel.boot", "reserved when the kernel started", .uncounted, .known(taken - returned),
      from: [reserved.provenance, freed.provenance],
      explanation:
        "By the kernel's log: what it set aside before it counted its memory, without what it freed soon after.")
  }

  private static func pieces(_ source: AccountSource) -> [MemoryBucket] {
    let agent = source.agent
    let pieces: [MemoryBucket?] = [
      bucket(
        "kernel.image", "the kernel's image", agent("kernelImage"),
        "The kernel's code and data; the boot loader put them there before any memory was counted."),
      pageArray(source),
      bounceBuffer(source),
      bucket(
        "kernel.hash-tables", "the kernel's hash tables", agent("hashTables"),
        "Tables that the kernel sizes at boot by the memory it finds, not by what the balloon leaves it."),
      bucket(
        "kernel.percpu", "the first per-processor memory", agent("percpuBoot"),
        "The processors' own counters and lists, as far as they were set aside at boot."),
      bucket(
        "kernel.crash", "the crash kernel's reservation", agent("crashKernel"),
        "Kept for a second kernel that saves a crash dump (crashkernel=)."),
    ]
    return pieces.compactMap { $0 }
  }

  /// The rules by which the parts follow from the maximum that nobody told; the same as ``VisibleMemoryModel`` predicts
  /// with.
  private static let model = VisibleMemoryModel()

  /// One `struct page` for every page there is, the balloon's among them.
  private static func pageArray(_ source: AccountSource) -> MemoryBucket {
    let told = source.agent("pageArray")
    let explanation =
      "One struct page of 64 bytes for every 4 KiB of the maximum, whatever the balloon takes of it later."
    func bucket(_ quantity: MemoryQuantity, _ sources: [Provenance]) -> MemoryBucket {
      MemoryBucket(
        "kernel.page-array", "the kernel's page array", .uncounted, quantity, from: sources, explanation: explanation)
    }
    if case .known(let bytes) = MemoryQuantity(told) { return bucket(.known(bytes), [told.provenance]) }
    guard source.isLinux, isX86(source.evidence.domain.machine.value), let start = source.startMemory else {
      return bucket(MemoryQuantity(told), [])
    }
    return bucket(
      .known(model.pageArray(maximum: start)),
      [Self.law("x86-64 kernels (include/linux/mm_types.h)", of: source)])
  }

  /// The page array of plugged-in DIMMs, which comes after boot out of what the guest counts as its own: when a DIMM is
  /// plugged in, whether it is put online or not (sparse_add_section in mm/sparse.c; measured with 6.1: MemTotal grows
  /// by the whole DIMM). With memory_hotplug.memmap_on_memory=Y a kernel since 6.7 takes it out of the DIMM instead.
  static func pluggedPageArray(_ source: AccountSource) -> MemoryBucket? {
    guard source.dimmMemory > 0, source.isLinux, isX86(source.evidence.domain.machine.value) else { return nil }
    let dimm = source.evidence.configuration.dimmMemory.provenance
    return MemoryBucket(
      "guest.page-array", "the page array of the DIMMs", .used, .known(model.pageArray(maximum: source.dimmMemory)),
      from: [
        Provenance(
          "\(dimm.source), by a rule of x86-64 kernels (include/linux/mm_types.h)", trust: .host, time: dimm.time)
      ],
      explanation:
        "One struct page of 64 bytes for every 4 KiB that was plugged in, out of the memory that was there before "
        + "(unless memory_hotplug.memmap_on_memory is on).")
  }

  /// A figure that follows from the maximum by a rule of the kernel's, and was not read.
  private static func law(_ rule: String, of source: AccountSource) -> Provenance {
    let maximum = source.evidence.configuration.maximum.provenance
    return Provenance("\(maximum.source), by a rule of \(rule)", trust: .host, time: maximum.time)
  }

  /// Linux on x86-64 keeps 64 MiB for devices that reach no further than 4 GiB as soon as some memory lies above, or
  /// may come to lie there: what is plugged in always does (measured with a guest of 1 GiB, QEMU 7.2 and Linux 6.1; the
  /// firmware's table SRAT announces it).
  /// Source: ``KernelFigures/bounceBuffer``, ``VisibleMemoryModel/Chipset``.
  private static func bounceBuffer(_ source: AccountSource) -> MemoryBucket? {
    let machine = source.evidence.domain.machine.value
    guard source.isLinux, isX86(machine), let start = source.startMemory else { return nil }
    let chipset: VisibleMemoryModel.Chipset = machine?.contains("q35") == true ? .q35 : .i440fx
    guard start >= chipset.split || source.dimmMemory + source.virtioMemory > 0 else { return nil }
    return MemoryBucket(
      "kernel.bounce-buffer", "the kernel's bounce buffer", .uncounted, .known(model.kernel.bounceBuffer),
      from: [law("x86-64 kernels (kernel/dma/swiotlb.c)", of: source)],
      explanation:
        "64 MiB and their table where memory lies above 4 GiB, for devices that do not reach it (swiotlb).")
  }

  /// QEMU's PC machines; what is not known is one as a rule.
  private static func isX86(_ machine: String?) -> Bool {
    guard let machine else { return true }
    return ["pc", "q35", "microvm", "isapc", "xenfv", "rhel"].contains { machine.hasPrefix($0) }
  }

  private static func linuxBeside(_ source: AccountSource) -> [MemoryBucket] {
    let agent = source.agent
    let figures = [
      bucket(
        "firmware.ram", "what firmware called RAM", agent("firmwareRam"), within: "maximum",
        "What the kernel was handed as usable memory."),
      bucket(
        "kernel.present", "pages in the kernel's zones", agent("present"), within: "firmware.ram",
        "The RAM that the kernel manages or has reserved."),
      bucket(
        "kernel.managed", "pages that the kernel manages", agent("managed"), within: "kernel.present",
        "What was left for the kernel's allocator, the balloon's pages off or on as its total has them."),
    ]
    guard boot(source) != nil else {
      return figures + [
        bucket(
          "kernel.boot-reserved", "reserved when the kernel started", agent("bootReserved"), within: "kernel.present",
          "The kernel's own sum at boot: its image, page array and tables, and what it freed soon afterwards.")
      ]
    }
    return figures
      + pieces(source).map { piece in
        var piece = piece
        piece.within = "kernel.boot"
        return piece
      }
  }

  private static func windowsParts(_ source: AccountSource) -> [MemoryBucket] {
    guard case .known = MemoryQuantity(source.agent("firmwareReserved")) else { return [] }
    return [
      bucket(
        "firmware.reserved", "firmware and holes", source.agent("firmwareReserved"),
        "Memory that firmware did not hand to Windows.")
    ]
  }

  private static func windowsBeside(_ source: AccountSource) -> [MemoryBucket] {
    [
      bucket(
        "windows.installed", "installed, by Windows", source.agent("installed"), within: "maximum",
        "What firmware's tables (SMBIOS) say is built in."),
      bucket(
        "firmware.ram", "what firmware called RAM", source.agent("firmwareRam"), within: "maximum",
        "The physical memory that Windows was handed."),
    ]
  }
}
