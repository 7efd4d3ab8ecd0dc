// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol
import CAgentPlatform

/// The guest's facts from sysfs, procfs and `/etc`, for Linux.
package struct LinuxPlatform: GuestPlatform, Sendable {
  let files: SystemFiles

  /// - Parameter root: the folder that holds `proc`, `sys` and `etc`: `/`, or a captured tree.
  package init(root: String = "/") { files = SystemFiles(root: root) }

  package var system: String { "linux" }

  package func os() throws(ProtocolError) -> GuestOS {
    let release = OSRelease(in: files)
    return GuestOS(
      family: .observed(system, source: "the agent's build"),
      name: release.fact("PRETTY_NAME", or: "NAME"), version: release.fact("VERSION_ID"),
      kernel: files.line("/proc/sys/kernel/osrelease").fact(source: "/proc/sys/kernel/osrelease"),
      architecture: architecture, bootTime: bootTime, uptime: uptime, clock: clock)
  }

  /// Linux 6.1 and later have the file; before, only the running kernel can be asked.
  private var architecture: Fact<String> {
    let path = "/proc/sys/kernel/arch"
    let reading = files.line(path)
    if case .missing = reading, files.root.isEmpty {
      var buffer = [UInt8](repeating: 0, count: 65)
      let count = buffer.withUnsafeMutableBufferPointer { vb_machine($0.baseAddress, Int64($0.count)) }
      guard count >= 0, count <= buffer.count else { return .failed(SystemError(code: count).failure, source: "uname") }
      return files.text(buffer[..<Int(count)]).fact(source: "uname machine")
    }
    return reading.fact(source: path)
  }

  private var bootTime: Fact<Int64> {
    let boot = NumberTable("/proc/stat", in: files)["btime"]
    switch boot {
    case .observed(let value, let source):
      guard let time = Int64(exactly: value) else {
        return .failed(FactFailure(.malformed, "past 63 bits"), source: source)
      }
      return .observed(time, source: source)
    case .absent(let source): return .absent(source: source)
    case .failed(let failure, let source): return .failed(failure, source: source)
    }
  }

  private var uptime: Fact<UInt64> {
    files.line("/proc/uptime").parsed(as: "a number of seconds") { line in
      // "350735.47 234388.90": seconds since boot, then seconds idle.
      decimalNumber(line.utf8.prefix { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: " ") })
    }.fact(source: "/proc/uptime")
  }

  private var clock: Fact<Int64> {
    let seconds = vb_clock_seconds()
    // Before 1970 means an error here: no guest's clock stands there on purpose.
    return seconds >= 0
      ? .observed(seconds, source: "clock_gettime CLOCK_REALTIME")
      : .failed(SystemError(code: seconds).failure, source: "clock_gettime CLOCK_REALTIME")
  }

  /// What `update_balloon_stats` of the kernel's drivers/virtio/virtio_balloon.c computes, from the same counters as
  /// procfs shows them: swapped pages as bytes, PGFAULT (major faults included) as the minor faults, NR_FILE_PAGES
  /// (buffers and shared memory included) as the caches.
  package func statistics() throws(ProtocolError) -> NamedFacts {
    let memory = NumberTable("/proc/meminfo", in: files)
    let events = NumberTable("/proc/vmstat", in: files)
    let page = UInt64(max(1, vb_page_size()))
    return NamedFacts([
      NamedFacts.Member(StatisticsField.swapIn, events["pswpin", unit: page]),
      NamedFacts.Member(StatisticsField.swapOut, events["pswpout", unit: page]),
      NamedFacts.Member(StatisticsField.majorFaults, events["pgmajfault"]),
      NamedFacts.Member(StatisticsField.minorFaults, events["pgfault"]),
      NamedFacts.Member(StatisticsField.freeMemory, memory["MemFree"]),
      NamedFacts.Member(StatisticsField.totalMemory, memory["MemTotal"]),
      NamedFacts.Member(StatisticsField.availableMemory, memory["MemAvailable"]),
      NamedFacts.Member(StatisticsField.diskCaches, events["nr_file_pages", unit: page]),
      NamedFacts.Member(StatisticsField.hugetlbAllocations, events["htlb_buddy_alloc_success"]),
      NamedFacts.Member(StatisticsField.hugetlbFailures, events["htlb_buddy_alloc_fail"]),
    ])
  }
}
