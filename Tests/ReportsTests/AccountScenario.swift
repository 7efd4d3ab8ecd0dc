// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Reports
import Rules

/// Synthesised evidence for accounts: libvirt alone, its statistics besides, and agents of Linux and Windows. The sizes
/// have the shape of what guests under QEMU 7.2 show.
extension Scenario {
  static let accounts = [accountLibvirt, accountStatistics, accountLinux, accountWindows, accountContradicted]

  private static func account(_ name: String, _ evidence: Evidence) -> Scenario {
    Scenario(name: name, evidence: evidence, diagnosis: Engine().diagnose(evidence))
  }

  private static func told(_ mebibytes: UInt64, _ source: String) -> Observation<UInt64> {
    .observed(mebibytes << 20, host(source))
  }

  private static func libvirt(maximum: UInt64, actual: UInt64) -> Evidence {
    var evidence = Evidence.unknown(
      Failure(.disconnected, "the guest has not opened the agent's port"),
      target: Target(kind: .libvirt, name: "web01", location: "qemu:///system"),
      collection: Collection(tool: "0.1.0", started: now, finished: now + 1, sampled: false))
    evidence.domain.state = .observed("running", host("virDomainGetState"))
    evidence.domain.machine = .observed("pc-q35-7.2", host("virDomainGetXMLDesc"))
    evidence.configuration.maximum = told(maximum, "virDomainGetXMLDesc")
    evidence.configuration.target = told(actual, "virDomainGetXMLDesc (inactive)")
    evidence.configuration.model = .observed("virtio", host("virDomainGetXMLDesc"))
    evidence.configuration.statsPeriod = .absent(host("virDomainGetXMLDesc"))
    evidence.configuration.virtioMemory = .absent(host("virDomainGetXMLDesc"))
    evidence.configuration.dimmMemory = .absent(host("virDomainGetXMLDesc"))
    evidence.configuration.baseMemory = .absent(host("virDomainGetXMLDesc"))
    evidence.readings = [
      Reading(
        time: now, actual: told(actual, "virDomainMemoryStats"), lastUpdate: .absent(host("virDomainMemoryStats")),
        statistics: .observed([:], host("virDomainMemoryStats")), rss: told(900, "virDomainMemoryStats"))
    ]
    return evidence
  }

  static let accountLibvirt = account("libvirt", libvirt(maximum: 4096, actual: 1024))

  static let accountStatistics: Scenario = {
    var evidence = libvirt(maximum: 4096, actual: 4096)
    evidence.configuration.statsPeriod = .observed(2, host("virDomainGetXMLDesc"))
    evidence.readings[0].lastUpdate = .observed(UInt64(now) - 1, host("virDomainMemoryStats"))
    evidence.readings[0].statistics = .observed(
      [
        "totalMemory": told(3900, "virDomainMemoryStats"), "freeMemory": told(3000, "virDomainMemoryStats"),
        "availableMemory": told(3300, "virDomainMemoryStats"), "diskCaches": told(400, "virDomainMemoryStats"),
      ], host("virDomainMemoryStats"))
    return account("statistics", evidence)
  }()

  private static func memory(_ values: [(name: String, mebibytes: UInt64, source: String)])
    -> Observation<[String: Observation<UInt64>]>
  {
    .observed(
      Dictionary(
        values.map { ($0.name, .observed($0.mebibytes << 20, guest("guest.memory: \($0.source)"))) }
      ) { first, _ in first }, guest("guest.memory"))
  }

  static let accountLinux: Scenario = {
    var evidence = libvirt(maximum: 4096, actual: 1024)
    evidence.device.status = .observed(
      ["ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK"], host("x-query-virtio-status"))
    evidence.device.guestFeatures = .observed(["STATS_VQ"], host("x-query-virtio-status"))
    evidence.guest.osFamily = .observed("linux", guest("guest.os"))
    evidence.guest.memory = memory([
      ("total", 840, "/proc/meminfo MemTotal"), ("free", 236, "/proc/meminfo MemFree"),
      ("available", 436, "/proc/meminfo MemAvailable"), ("cached", 220, "/proc/meminfo Cached"),
      ("buffers", 20, "/proc/meminfo Buffers"), ("anonymous", 240, "/proc/meminfo AnonPages"),
      ("slab", 60, "/proc/meminfo Slab"), ("slabReclaimable", 30, "/proc/meminfo SReclaimable"),
      ("kernelStack", 4, "/proc/meminfo KernelStack"), ("pageTables", 10, "/proc/meminfo PageTables"),
      ("percpu", 2, "/proc/meminfo Percpu"), ("vmalloc", 30, "/proc/meminfo VmallocUsed"),
      ("hugetlb", 0, "/proc/meminfo Hugetlb"), ("shared", 12, "/proc/meminfo Shmem"),
      ("swapCached", 0, "/proc/meminfo SwapCached"), ("balloonInflated", 3172, "/proc/vmstat balloon_inflate"),
      ("balloonDeflated", 100, "/proc/vmstat balloon_deflate"), ("firmwareRam", 4094, "/sys/firmware/memmap"),
      ("firmwareReserved", 2, "/sys/firmware/memmap"), ("kernelImage", 40, "/proc/iomem"),
      ("crashKernel", 0, "/sys/kernel/kexec_crash_size"), ("hashTables", 6, "kernel log"),
    ])
    var process = ProcessEvidence(
      Unknown(failure: Failure(.denied, "Permission denied"), provenance: host("/proc/PID/smaps_rollup")))
    process.resident = told(1500, "/proc/PID/status VmRSS")
    process.anonymous = told(1440, "/proc/PID/status RssAnon")
    process.file = told(60, "/proc/PID/status RssFile")
    process.shared = told(0, "/proc/PID/status RssShmem")
    process.guestRAM = told(1380, "/proc/PID/smaps")
    evidence.process = process
    var machine = HostEvidence(Unknown(failure: Failure(.notAsked, "not in this fixture"), provenance: host("/proc")))
    machine.memoryTotal = told(16_000, "/proc/meminfo MemTotal")
    machine.memoryAvailable = told(9_000, "/proc/meminfo MemAvailable")
    evidence.host = machine
    return account("linux", evidence)
  }()

  static let accountWindows: Scenario = {
    var evidence = libvirt(maximum: 8192, actual: 6144)
    evidence.guest.osFamily = .observed("windows", guest("guest.os"))
    evidence.guest.memory = memory([
      ("total", 8190, "GlobalMemoryStatusEx ullTotalPhys"), ("available", 3000, "GlobalMemoryStatusEx ullAvailPhys"),
      ("cached", 900, "GetPerformanceInfo SystemCache"), ("committed", 6000, "GetPerformanceInfo CommitTotal"),
      ("commitLimit", 9400, "GetPerformanceInfo CommitLimit"),
      ("installed", 8192, "GetPhysicallyInstalledSystemMemory"), ("pagedPool", 400, "GetPerformanceInfo KernelPaged"),
      ("nonpagedPool", 300, "GetPerformanceInfo KernelNonpaged"),
      ("kernelTotal", 700, "GetPerformanceInfo KernelTotal"),
    ])
    return account("windows", evidence)
  }()

  /// The guest has more free than it has.
  static let accountContradicted: Scenario = {
    var evidence = accountStatistics.evidence
    evidence.readings[0].statistics = .observed(
      ["totalMemory": told(3900, "virDomainMemoryStats"), "freeMemory": told(5000, "virDomainMemoryStats")],
      host("virDomainMemoryStats"))
    evidence.readings[0].actual = .observed(.max, host("virDomainMemoryStats"))
    return account("contradicted", evidence)
  }()
}
