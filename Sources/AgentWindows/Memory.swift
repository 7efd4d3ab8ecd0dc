// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol
import CAgentWindows
import WindowsPnP

extension WindowsPlatform {
  package func memory() throws(ProtocolError) -> NamedFacts {
    let memory = MemoryReading()
    return NamedFacts([
      NamedFacts.Member(MemoryField.total, memory.total),
      NamedFacts.Member(MemoryField.free, .failed(Self.noFreeMemory, source: "windows")),
      NamedFacts.Member(MemoryField.available, memory.available),
      NamedFacts.Member(MemoryField.cached, memory.pages("SystemCache") { $0.system_cache }),
      NamedFacts.Member(
        MemoryField.buffers, .failed(FactFailure(.unsupported, "Windows has no block buffers"), source: "windows")),
      NamedFacts.Member(MemoryField.swapTotal, .failed(Self.noSwap, source: "windows")),
      NamedFacts.Member(MemoryField.swapFree, .failed(Self.noSwap, source: "windows")),
      NamedFacts.Member(MemoryField.committed, memory.pages("CommitTotal") { $0.commit_total }),
      NamedFacts.Member(MemoryField.commitLimit, memory.pages("CommitLimit") { $0.commit_limit }),
      NamedFacts.Member(MemoryField.kernelTotal, memory.pages("KernelTotal") { $0.kernel_total }),
      NamedFacts.Member(MemoryField.pagedPool, memory.pages("KernelPaged") { $0.kernel_paged }),
      NamedFacts.Member(MemoryField.nonpagedPool, memory.pages("KernelNonpaged") { $0.kernel_nonpaged }),
      NamedFacts.Member(MemoryField.installed, Self.installed),
      NamedFacts.Member(MemoryField.firmwareRam, Self.firmwareRam),
    ])
  }

  /// What the firmware's tables say is plugged in.
  private static var installed: Fact<UInt64> {
    var kilobytes: UInt64 = 0
    let status = vb_win_installed_memory(&kilobytes)
    let reading: Reading<UInt64> = status >= 0 ? .value(kilobytes) : Reading(WindowsError(status))
    return reading.parsed(as: "a size") { kilobytes -> UInt64? in
      let (bytes, overflow) = kilobytes.multipliedReportingOverflow(by: 1024)
      return overflow || bytes == 0 ? nil : bytes
    }.fact(source: "GetPhysicallyInstalledSystemMemory")
  }

  /// The ranges of RAM that the loader handed to Windows' kernel, which keeps them for its own Resource Monitor: what
  /// the firmware reserved is no part of them.
  private static var firmwareRam: Fact<UInt64> {
    let key = "HARDWARE\\RESOURCEMAP\\System Resources\\Physical Memory"
    return Registry.value(key, ".Translated").then { $0.bytes }.parsed(as: "a list of memory ranges") { bytes in
      ResourceList.memory(bytes)
    }.fact(source: Registry.source(key, ".Translated"))
  }

  private static var noFreeMemory: FactFailure {
    FactFailure(.unsupported, "Windows tells what is available, of which what is free is a part")
  }
  private static var noSwap: FactFailure {
    FactFailure(.unsupported, "Windows tells what is committed, wherever it stands")
  }

  /// What blnsvr.exe writes (virtio-win, Balloon/app/memstat.cpp), as far as it comes from GlobalMemoryStatusEx. The
  /// rest it asks of WMI, which this agent leaves alone: asking it has been seen to use up a processor (virtio-win's
  /// issue 1098).
  package func statistics() throws(ProtocolError) -> NamedFacts {
    let memory = MemoryReading()
    let source = "Win32_PerfRawData_PerfOS_Memory"
    let ofWMI = FactFailure(.unsupported, "BalloonService asks WMI for this; the agent does not")
    let alwaysZero = FactFailure(.unsupported, "Windows has no such count; BalloonService always says 0")
    return NamedFacts([
      NamedFacts.Member(StatisticsField.swapIn, .failed(ofWMI, source: source)),
      NamedFacts.Member(StatisticsField.swapOut, .failed(ofWMI, source: source)),
      NamedFacts.Member(StatisticsField.majorFaults, .failed(ofWMI, source: source)),
      NamedFacts.Member(StatisticsField.minorFaults, .failed(ofWMI, source: source)),
      NamedFacts.Member(StatisticsField.freeMemory, memory.available),
      NamedFacts.Member(StatisticsField.totalMemory, memory.total),
      NamedFacts.Member(StatisticsField.availableMemory, .failed(ofWMI, source: source)),
      NamedFacts.Member(StatisticsField.diskCaches, .failed(ofWMI, source: source)),
      NamedFacts.Member(StatisticsField.hugetlbAllocations, .failed(alwaysZero, source: "windows")),
      NamedFacts.Member(StatisticsField.hugetlbFailures, .failed(alwaysZero, source: "windows")),
    ])
  }
}

/// Windows' two accounts of its memory, taken together.
struct MemoryReading {
  private let status: Reading<vb_win_memory>
  private let performance: Reading<vb_win_performance>

  init() {
    var status = vb_win_memory()
    let first = vb_win_memory(&status)
    self.status = first >= 0 ? .value(status) : Reading(WindowsError(first))
    var performance = vb_win_performance()
    let second = vb_win_performance(&performance)
    self.performance = second >= 0 ? .value(performance) : Reading(WindowsError(second))
  }

  /// What Windows manages, in bytes.
  var total: Fact<UInt64> {
    status.then { .value($0.physical_total) }.fact(source: "GlobalMemoryStatusEx ullTotalPhys")
  }
  /// What a program could get at once: free and standby pages.
  var available: Fact<UInt64> {
    status.then { .value($0.physical_available) }.fact(source: "GlobalMemoryStatusEx ullAvailPhys")
  }

  /// A member of PERFORMANCE_INFORMATION in bytes.
  func pages(_ name: String, _ member: (vb_win_performance) -> UInt64) -> Fact<UInt64> {
    performance.parsed(as: "a count of pages") { performance -> UInt64? in
      let (bytes, overflow) = member(performance).multipliedReportingOverflow(by: performance.page_size)
      return overflow ? nil : bytes
    }.fact(source: "GetPerformanceInfo " + name)
  }

  /// Whether both accounts have the same total: `nil` when one could not be had.
  var agrees: Bool? {
    guard case .value(let status) = status, case .value(let performance) = performance else { return nil }
    let (bytes, overflow) = performance.physical_total.multipliedReportingOverflow(by: performance.page_size)
    return !overflow && bytes == status.physical_total
  }
}
