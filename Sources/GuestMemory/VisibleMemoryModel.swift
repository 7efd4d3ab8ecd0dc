// SPDX-License-Identifier: GPL-3.0-or-later

/// Predicts what a Linux guest on x86-64 will call its total memory (MemTotal, the first number of `free`), before
/// anything is changed.
///
/// Every term is a rule of the kernel's or of QEMU's, named in ``VisibleMemoryPrediction/Part/source``, but for one
/// constant of each kernel (``KernelFigures/other``). How well it does is in samples/experiments: real guests from 1 to
/// 64 GiB. Of Windows it says nothing: what Windows keeps for memory that it has not got is not documented, and its own
/// total does not shrink with the balloon, which Windows counts as used.
///
/// At start libvirt sets the balloon's target to `currentMemory`, but until the guest's driver is loaded the guest has
/// its maximum: all that the kernel sets aside, it sets aside for that. Only then is the balloon inflated, and MemTotal
/// falls by exactly that much unless DEFLATE_ON_OOM was negotiated (drivers/virtio/virtio_balloon.c:
/// adjust_managed_page_count; both measured with 6.1 and 6.12).
///
/// No value of any argument traps: what cannot be is clamped.
package struct VisibleMemoryModel: Hashable, Sendable {
  /// Which chipset splits the memory below 4 GiB; QEMU's `-machine`.
  package enum Chipset: Hashable, Sendable {
    case q35, i440fx

    /// The least memory some of which lies above 4 GiB (QEMU hw/i386/pc_q35.c, pc_piix.c).
    package var split: UInt64 { self == .q35 ? 0xB000_0000 : 0xE000_0000 }
    /// How much of such a memory lies below.
    package var lowMemory: UInt64 { self == .q35 ? 2 << 30 : 3 << 30 }
  }

  /// What a Linux needs beside the reserve to come up: its own work after boot and a few small services. The bare guest
  /// of samples/experiments uses 45 to 60 MiB.
  package static let workingMemory: UInt64 = 128 << 20

  package let kernel: KernelFigures

  package init(kernel: KernelFigures = .typical) { self.kernel = kernel }

  /// What the kernel pays for knowing about `maximum` bytes of memory, whether it ever gets them: one `struct page` for
  /// every 4 KiB, 1/64 with 64 bytes. Source: include/linux/mm_types.h of x86-64.
  package func pageArray(maximum: UInt64) -> UInt64 {
    let (bytes, overflow) = (maximum / 4096).multipliedReportingOverflow(by: kernel.pageStructure)
    return overflow ? .max : bytes
  }

  /// What the kernel lets no program and no balloon have of the memory that is visible:
  /// - min_free_kbytes, with transparent huge pages 22 MiB for each zone, of which there are three when some memory
  ///   lies above 4 GiB, else two; never more than a twentieth of the maximum (set_recommended_min_free_kbytes in
  ///   mm/khugepaged.c);
  /// - what lowmem_reserve_ratio (256) keeps free in the lower zones: a 256th of all above them, the *maximum's*, since
  ///   the balloon does not lessen it (setup_per_zone_lowmem_reserve in mm/page_alloc.c).
  ///
  /// The second is why guests of samples/experiments ran out of memory at 40 GiB with 280 MiB to be seen.
  package func reserve(maximum: UInt64, chipset: Chipset? = nil) -> UInt64 {
    let chipset = chipset ?? .q35
    let isSplit = maximum >= chipset.split
    let low = isSplit ? chipset.lowMemory : maximum
    let zone: UInt64 = 16 << 20
    let dma = min((maximum - min(maximum, zone)) / 256, zone)
    let dma32 = min((maximum - min(maximum, low)) / 256, low)
    return min((isSplit ? 66 : 44) << 20, maximum / 20) + dma + dma32
  }

  /// What a guest with at most `maximum` bytes will see when the balloon leaves it `current` of them.
  /// - Parameters:
  ///   - maximum: `<memory>` without virtio-mem and without NVDIMMs.
  ///   - current: `<currentMemory>`, the balloon's target; more than `maximum` counts as that.
  ///   - plugged: what of `maximum` is in DIMMs (pc-dimm), which are no part of firmware's map and come after boot: the
  ///     kernel sets nothing aside for them then, and pays their page array out of what is visible when they come. What
  ///     will be seen is seen when they are online.
  ///   - chipset: `nil`: not known, which matters between 2.75 and 3.5 GiB only.
  ///   - processors: how many the guest has; 0 counts as 1.
  package func prediction(
    maximum: UInt64, current: UInt64, plugged: UInt64 = 0, chipset: Chipset? = nil, processors: UInt64 = 1
  ) -> VisibleMemoryPrediction {
    let current = min(current, maximum)
    let plugged = min(plugged, maximum)
    let start = maximum - plugged
    func parts(_ size: UInt64) -> [VisibleMemoryPrediction.Part] {
      keptParts(maximum: size, isExpandable: plugged > 0, chipset: chipset, processors: processors)
    }
    let kept = parts(start)
    let atBoot = Self.sum(kept.map(\.bytes))
    let less = Self.sum(parts(min(current, start)).map(\.bytes))
    let left = current > atBoot ? current - atBoot : 0
    let kernelReserve = reserve(maximum: maximum, chipset: chipset)
    let pluggedArray = pageArray(maximum: plugged)
    let visible = left > Self.sum([kernelReserve, pluggedArray]) ? left : nil
    let headroom = atBoot > less ? atBoot - less : 0
    let danger: VisibleMemoryPrediction.Danger
    if let visible {
      // A guest that is that small without much headroom is small because somebody wanted it so.
      let spare = visible - kernelReserve - pluggedArray
      let isTight = headroom > current / 2 || (headroom > current / 8 && spare < Self.workingMemory)
      danger = isTight ? .likely : .none
    } else {
      danger = .certain
    }
    let usable = usableMemory(of: start)
    let tables = SystemHashTable.all.filter { !$0.isEarly }.map { $0.size(memory: usable) }
    let balloon = VisibleMemoryPrediction.Part(
      id: .balloon, bytes: maximum - current,
      source: "The balloon has what lies between the current size and the maximum.")
    return VisibleMemoryPrediction(
      maximum: maximum, current: current, visible: visible,
      visibleBeforeBalloon: maximum > atBoot ? maximum - atBoot : nil, parts: kept + [balloon], atBoot: atBoot,
      usedByTables: Self.sum(tables), usedByPlugged: pluggedArray, headroomCost: headroom, reserve: kernelReserve,
      uncertainty: doubt(maximum: start, chipset: plugged > 0 ? chipset ?? .q35 : chipset), danger: danger)
  }

  /// - Parameter isExpandable: whether memory may be plugged in, which comes to lie above 4 GiB.
  private func keptParts(
    maximum: UInt64, isExpandable: Bool, chipset: Chipset?, processors: UInt64
  ) -> [VisibleMemoryPrediction.Part] {
    var parts: [VisibleMemoryPrediction.Part] = []
    func add(_ id: VisibleMemoryPrediction.Part.ID, _ bytes: UInt64, _ source: String) {
      if bytes > 0 { parts.append(.init(id: id, bytes: bytes, source: source)) }
    }
    add(
      .pageArray, pageArray(maximum: maximum),
      "Linux keeps a struct page of \(kernel.pageStructure) bytes for each 4 KiB of the maximum "
        + "(include/linux/mm_types.h).")
    let usable = usableMemory(of: maximum)
    add(
      .hashTables, Self.sum(SystemHashTable.all.filter(\.isEarly).map { $0.size(memory: usable) }),
      "The tables of the dentry and inode caches grow with the maximum (alloc_large_system_hash, fs/dcache.c, "
        + "fs/inode.c).")
    add(.kernelImage, kernel.image, "The kernel's code and data: \(kernel.source).")
    if maximum >= (chipset ?? .q35).split || isExpandable {
      add(
        .bounceBuffer, kernel.bounceBuffer,
        "Linux sets a bounce buffer of 64 MiB aside when some memory lies above 4 GiB, or may be plugged in there "
          + "(arch/x86/kernel/pci-dma.c).")
    }
    // One page of entries maps 1 GiB with pages of 2 MiB.
    add(
      .directMap, (maximum >> 30) * 4096,
      "The page tables that map all memory take 4 KiB for each gibibyte (arch/x86/mm/init_64.c).")
    let (each, overflow) = kernel.perProcessor.multipliedReportingOverflow(by: max(1, processors))
    add(
      .processors, overflow ? .max : each,
      "Linux sets memory aside for each processor (mm/percpu.c): \(kernel.source).")
    add(.firmware, kernel.firmware, "The firmware's own memory and its tables.")
    add(.crashKernel, kernel.crashKernel, "crashkernel= on the kernel's command line.")
    add(.other, kernel.other, "Smaller things that the kernel sets aside at boot: \(kernel.source).")
    return parts
  }

  /// What the kernel dimensions its tables by: nr_kernel_pages of mm/mm_init.c.
  private func usableMemory(of maximum: UInt64) -> UInt64 { maximum - min(maximum, pageArray(maximum: maximum)) }

  private func doubt(maximum: UInt64, chipset: Chipset?) -> UInt64 {
    var doubts = [kernel.uncertainty]
    let usable = usableMemory(of: maximum)
    let reserved = Self.sum([kernel.image, kernel.bounceBuffer, kernel.firmware, kernel.crashKernel, kernel.other])
    doubts += SystemHashTable.all.filter(\.isEarly).map { $0.doubt(memory: usable, reserved: reserved) }
    if chipset == nil, maximum >= Chipset.q35.split, maximum < Chipset.i440fx.split {
      doubts.append(kernel.bounceBuffer)
    }
    return Self.sum(doubts)
  }

  private static func sum(_ values: [UInt64]) -> UInt64 {
    values.reduce(0) { total, value in
      let (sum, overflow) = total.addingReportingOverflow(value)
      return overflow ? .max : sum
    }
  }
}
