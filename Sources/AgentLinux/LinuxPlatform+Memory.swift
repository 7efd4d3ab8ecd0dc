// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol
import CAgentPlatform

extension LinuxPlatform {
  /// The system's account of its memory, and what it was given by the firmware and took for itself before there was an
  /// account. What only root may see is denied or absent to others, each for itself.
  package func memory() throws(ProtocolError) -> NamedFacts {
    let page = UInt64(max(1, vb_page_size()))
    let table = NumberTable("/proc/meminfo", in: files)
    let events = NumberTable("/proc/vmstat", in: files)
    let zones = ZoneTable(in: files, page: page)
    let firmware = FirmwareMemory(in: files)
    let kernel = KernelResources(in: files)
    let boot = BootLog(of: self, page: page)
    let crash = "/sys/kernel/kexec_crash_size"
    return NamedFacts([
      NamedFacts.Member(MemoryField.total, table["MemTotal"]),
      NamedFacts.Member(MemoryField.free, table["MemFree"]),
      NamedFacts.Member(MemoryField.available, table["MemAvailable"]),
      NamedFacts.Member(MemoryField.cached, table["Cached"]),
      NamedFacts.Member(MemoryField.buffers, table["Buffers"]),
      NamedFacts.Member(MemoryField.swapTotal, table["SwapTotal"]),
      NamedFacts.Member(MemoryField.swapFree, table["SwapFree"]),
      NamedFacts.Member(MemoryField.swapCached, table["SwapCached"]),
      NamedFacts.Member(MemoryField.anonymous, table["AnonPages"]),
      NamedFacts.Member(MemoryField.shared, table["Shmem"]),
      NamedFacts.Member(MemoryField.slab, table["Slab"]),
      NamedFacts.Member(MemoryField.slabReclaimable, table["SReclaimable"]),
      NamedFacts.Member(MemoryField.kernelStack, table["KernelStack"]),
      NamedFacts.Member(MemoryField.pageTables, table["PageTables"]),
      NamedFacts.Member(MemoryField.secondaryPageTables, table["SecPageTables"]),
      NamedFacts.Member(MemoryField.percpu, table["Percpu"]),
      NamedFacts.Member(MemoryField.vmalloc, table["VmallocUsed"]),
      NamedFacts.Member(MemoryField.hugetlb, table["Hugetlb"]),
      NamedFacts.Member(MemoryField.balloon, table["Balloon"]),
      NamedFacts.Member(MemoryField.balloonInflated, events["balloon_inflate", unit: page]),
      NamedFacts.Member(MemoryField.balloonDeflated, events["balloon_deflate", unit: page]),
      NamedFacts.Member(MemoryField.present, zones.present),
      NamedFacts.Member(MemoryField.managed, zones.managed),
      NamedFacts.Member(MemoryField.spanned, zones.spanned),
      NamedFacts.Member(MemoryField.percpuFree, zones.perProcessor),
      NamedFacts.Member(MemoryField.pageArray, pageArray(events, page)),
      NamedFacts.Member(MemoryField.firmwareRam, firmware.ram),
      NamedFacts.Member(MemoryField.firmwareReserved, firmware.reserved),
      NamedFacts.Member(MemoryField.kernelImage, kernel.image),
      NamedFacts.Member(MemoryField.kernelSpan, kernel.span),
      NamedFacts.Member(
        MemoryField.crashKernel,
        files.line(crash).parsed(as: "a number") { decimalNumber($0.utf8) }.fact(source: crash)),
      NamedFacts.Member(MemoryField.bootReserved, boot.reserved),
      NamedFacts.Member(MemoryField.bootFreed, boot.freed),
      NamedFacts.Member(MemoryField.hashTables, boot.hashTables),
      NamedFacts.Member(MemoryField.laterHashTables, boot.laterHashTables),
      NamedFacts.Member(MemoryField.percpuBoot, boot.percpu),
    ])
  }

  /// The descriptors of all pages, which kernels since 6.11 count: those from before there was an account, and those
  /// that came later (include/linux/mmzone.h, NR_MEMMAP_BOOT and NR_MEMMAP). Others do not tell.
  private func pageArray(_ events: NumberTable, _ page: UInt64) -> Fact<UInt64> {
    let boot = events["nr_memmap_boot_pages", unit: page]
    guard case .observed(let first, _) = boot else { return boot }
    let later = events["nr_memmap_pages", unit: page]
    guard case .observed(let second, _) = later else { return later }
    let source = "/proc/vmstat nr_memmap_boot_pages + nr_memmap_pages"
    let (sum, overflow) = first.addingReportingOverflow(second)
    return overflow
      ? .failed(FactFailure(.malformed, "past 64 bits"), source: source) : .observed(sum, source: source)
  }
}
