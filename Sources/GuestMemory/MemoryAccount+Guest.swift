// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension MemoryAccount {
  /// From the guest's total to what it does with it.
  static func guest(_ source: AccountSource, _ balloon: BalloonFigures, _ place: BalloonPlace?) -> MemoryLevel? {
    guard let figures = source.figures, source.total != nil else { return nil }
    let use: GuestUse =
      switch (source.isWindows, figures.witness) {
      case (true, _): .windows(figures)
      case (false, .agent): .linux(figures, pluggedPageArray: ReservedMemory.pluggedPageArray(source))
      case (false, .statistics): .statistics(figures)
      }
    var parts = use.parts
    if place?.place == .insideTotal {
      var held = balloon.main
      held.explanation += " This guest counts it as used."
      parts.insert(held, at: 0)
    }
    return MemoryLevel(
      "guest", "what the guest does with its total", whole: total(figures), parts: parts, beside: use.beside,
      rest: use.rest, restKind: use.restKind)
  }
}

/// What a guest does with its memory, by one witness.
struct GuestUse {
  var parts: [MemoryBucket]
  var beside: [MemoryBucket]
  var rest: String
  var restKind: MemoryBucket.Kind

  /// A figure that was told; `nil` when it was not: an older kernel or agent has fewer of them.
  private static func told(
    _ figures: GuestFigures, _ name: String, _ id: String, _ label: String, _ kind: MemoryBucket.Kind,
    within: String? = nil, _ explanation: String
  ) -> MemoryBucket? {
    guard let leaf = figures[name], !leaf.isAbsent, leaf.failure?.reason != .unsupported else { return nil }
    return MemoryBucket("guest.\(id)", label, kind, leaf, within: within, explanation: explanation)
  }

  /// /proc/meminfo. The lines that are taken for parts do not count a page twice: Cached is without Buffers and the
  /// swap cache, AnonPages without shared memory. Source: Documentation/filesystems/proc.rst, fs/proc/meminfo.c.
  ///
  /// - Parameter pluggedPageArray: what no line of it counts.
  static func linux(_ figures: GuestFigures, pluggedPageArray: MemoryBucket? = nil) -> GuestUse {
    // With mapped stacks (CONFIG_VMAP_STACK, all distributions since 4.9) they are allocated by vmalloc and counted
    // there too; kernels that do not count vmalloc say 0.
    let stack = figures["kernelStack"]?.value ?? 0
    let stacksAreMapped = (figures["vmalloc"]?.value ?? 0) >= stack && stack > 0
    let stacks = told(
      figures, "kernelStack", "kernel-stacks", "kernel stacks", .used,
      within: stacksAreMapped ? "guest.vmalloc" : nil, "One stack for each thread.")
    let parts = [
      told(
        figures, "anonymous", "anonymous", "anonymous memory", .used,
        "The memory of processes that is no file's (AnonPages)."),
      told(
        figures, "slab", "slab", "the kernel's objects (slab)", .used,
        "Objects of the kernel and its drivers; directory entries and inodes are among them and can be given up."),
      told(figures, "pageTables", "page-tables", "page tables", .used, "The tables that map the memory of processes."),
      stacksAreMapped ? nil : stacks,
      told(
        figures, "vmalloc", "vmalloc", "the kernel's mapped memory", .used,
        "What the kernel maps page by page (vmalloc): modules, large tables, and the stacks of threads."),
      told(
        figures, "secondaryPageTables", "secondary-page-tables", "page tables of its guests and IOMMUs", .used,
        "The tables that map memory for its own guests and for devices."),
      percpu(figures), pluggedPageArray,
      told(
        figures, "laterHashTables", "hash-tables", "the kernel's later hash tables", .used,
        "Those that the kernel made after it had begun to count its memory."),
      told(
        figures, "hugetlb", "hugetlb", "the pool of huge pages", .used,
        "Set aside for programs that ask for huge pages, in use or not."),
      told(figures, "buffers", "buffers", "block buffers", .reclaimable, "Cached blocks of disks."),
      told(
        figures, "cached", "cached", "cached files", .reclaimable,
        "Pages of files, shared memory and tmpfs; the latter two cannot be dropped, only swapped."),
      told(figures, "free", "free", "free", .free, "Not used for anything."),
      told(
        figures, "percpuFree", "percpu-free", "free, kept for one processor", .free,
        "Free pages on the processors' own lists, which MemFree does not count."),
    ]
    let beside = [
      told(
        figures, "available", "available", "available", .free, within: "guest.total",
        "What the kernel could hand out without swapping: free memory and most of the caches."),
      told(
        figures, "shared", "shared", "shared memory", .used, within: "guest.cached",
        "Shared memory and tmpfs: counted among cached files, but cannot be dropped."),
      told(
        figures, "slabReclaimable", "slab-reclaimable", "reclaimable objects", .reclaimable,
        within: "guest.slab", "The part of slab that the kernel drops when it needs memory."),
      stacksAreMapped ? stacks : nil,
      told(
        figures, "swapCached", "swap-cached", "swap cache", .used, within: "guest.total",
        "Pages that stand in RAM and in swap; those that are mapped are anonymous memory too, so it is not added."),
    ]
    let isWhole = figures["anonymous"]?.value != nil
    return GuestUse(
      parts: parts.compactMap { $0 }, beside: beside.compactMap { $0 },
      rest: isWhole
        ? "No counter names it: pages that drivers and the kernel took for themselves, one by one."
        : "In use by processes and the kernel: these figures do not divide it.",
      restKind: isWhole ? .undivided : .used)
  }

  /// Percpu counts the first piece too, which was set aside at boot and is no part of the total.
  private static func percpu(_ figures: GuestFigures) -> MemoryBucket? {
    let explanation = "The kernel's counters and lists, per processor"
    guard let all = figures["percpu"], let first = figures["percpuBoot"], let bytes = AccountSource.plausible(all),
      let early = AccountSource.plausible(first), bytes >= early
    else { return told(figures, "percpu", "percpu", "per-processor memory", .used, explanation + ".") }
    return MemoryBucket(
      "guest.percpu", "per-processor memory", .used, .known(bytes - early), from: [all.provenance, first.provenance],
      explanation: explanation + ", without what was set aside for them at boot.")
  }

  /// The balloon's statistics: little more than total and free.
  static func statistics(_ figures: GuestFigures) -> GuestUse {
    GuestUse(
      parts: [
        told(
          figures, "caches", "cached", "disk caches", .reclaimable,
          "Caches of files and disks; shared memory is among them."),
        told(figures, "free", "free", "free", .free, "Not used for anything."),
      ].compactMap { $0 },
      beside: [
        told(
          figures, "available", "available", "available", .free, within: "guest.total",
          "What the guest could hand out without swapping: free memory and most of the caches.")
      ].compactMap { $0 },
      rest: "In use by the guest's processes and kernel: the balloon's statistics do not divide it.", restKind: .used)
  }

  /// GlobalMemoryStatusEx and GetPerformanceInfo, or what BalloonService passes on of them: there free memory is
  /// ullAvailPhys, which holds the standby lists, so caches are no part beside it.
  static func windows(_ figures: GuestFigures) -> GuestUse {
    let available = figures.witness == .agent ? "available" : "free"
    let parts = [
      told(
        figures, "nonpagedPool", "nonpaged-pool", "nonpaged pool", .used,
        "Memory of the kernel and its drivers that is never paged out."),
      told(
        figures, "pagedPool", "paged-pool", "paged pool", .used,
        "Memory of the kernel and its drivers that may be paged out."),
      told(
        figures, available, "available", "available", .free,
        "Free, zeroed and standby pages: what a program could get at once, caches of files included."),
    ]
    let beside = [
      told(
        figures, figures.witness == .agent ? "cached" : "caches", "cached", "system cache", .reclaimable,
        within: "guest.total", "Caches of files; most of it stands on the standby lists, which count as available."),
      told(
        figures, "kernelTotal", "kernel", "the kernel's pools", .used, within: "guest.total",
        "Paged and nonpaged pool together."),
      told(
        figures, "committed", "committed", "committed", .used, within: "guest.commit-limit",
        "What programs were promised, in RAM or in the page file; no part of RAM by itself."),
      told(
        figures, "commitLimit", "commit-limit", "the most that can be committed", .undivided,
        "RAM and page files together."),
    ]
    return GuestUse(
      parts: parts.compactMap { $0 }, beside: beside.compactMap { $0 },
      rest: "In use by processes, drivers and the system: no counter of Windows that is read here divides it.",
      restKind: .used)
  }
}
