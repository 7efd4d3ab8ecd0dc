// SPDX-License-Identifier: BSD-3-Clause
import AgentLinux
import AgentProtocol
import Testing

@Suite("The system, its memory and its drivers from procfs and sysfs")
struct SystemTests {
  @Test("A Debian guest tells its name, version, kernel and times")
  func debian() throws {
    let os = try tree("built-in").os()
    #expect(os.family.value == "linux")
    #expect(os.name == .observed("Debian GNU/Linux 12 (bookworm)", source: "/etc/os-release PRETTY_NAME"))
    #expect(os.version.value == "12")
    #expect(os.kernel.value == "6.18.44-fc-v595")
    #expect(os.architecture == .observed("x86_64", source: "/proc/sys/kernel/arch"))
    #expect(os.uptime == .observed(4971, source: "/proc/uptime"))
    #expect((os.clock.value ?? 0) > 1_700_000_000)
  }

  @Test("A guest without os-release has no name, and a boot time all the same")
  func noRelease() throws {
    let os = try tree("transitional").os()
    #expect(os.name.isAbsent && os.version.isAbsent)
    #expect(os.bootTime == .observed(1_795_236_702, source: "/proc/stat btime"))
  }

  @Test(
    "os-release's quotes, escapes and comments are read as the shell reads them",
    arguments: [
      ("PRETTY_NAME=\"A \\\"B\\\" \\$C\"\n", "A \"B\" $C"), ("PRETTY_NAME='it''s'\n", "it"),
      ("PRETTY_NAME=Plain \r\n", "Plain"),
      ("#PRETTY_NAME=no\nXPRETTY_NAME=no\nPRETTY_NAME=one\nPRETTY_NAME=two", "two"), ("NAME=\"Only\"\n", "Only"),
      ("PRETTY_NAME=\"unfinished", "unfinished"), ("PRETTY_NAME=\"end\\", "end\\"),
    ])
  func release(content: String, name: String) throws {
    try withTree(files: ["/usr/lib/os-release": Array(content.utf8)]) { (platform, _) throws in
      #expect(try platform.os().name.value == name)
    }
  }

  @Test(
    "A hostile os-release yields a failed fact and nothing else",
    arguments: [
      [UInt8]("PRETTY_NAME=\"".utf8) + [0xff, 0x22, 0x0a],
      Array("PRETTY_NAME=\(String(repeating: "x", count: 2_000))\n".utf8),
      [UInt8](repeating: 0x41, count: 100_000),
    ])
  func hostileRelease(content: [UInt8]) throws {
    try withTree(files: ["/etc/os-release": content]) { (platform, _) throws in
      let os = try platform.os()
      #expect(os.name.reason == .malformed)
      #expect(os.kernel.isAbsent)
    }
  }

  @Test("Memory is /proc/meminfo in bytes, each field with its source")
  func memory() throws {
    let memory = try tree("transitional").memory()
    #expect(memory[MemoryField.total] == .observed(481_296 * 1024, source: "/proc/meminfo MemTotal"))
    #expect(memory[MemoryField.available] == .observed(449_712 * 1024, source: "/proc/meminfo MemAvailable"))
    #expect(memory[MemoryField.cached].value == 2_636 * 1024)
    #expect(memory[MemoryField.swapTotal].value == 0)
  }

  @Test("Statistics are what virtio_balloon.c computes from the same counters")
  func statistics() throws {
    let statistics = try tree("transitional").statistics()
    #expect(statistics.members.map { $0.name } == StatisticsField.all)
    #expect(statistics[StatisticsField.minorFaults] == .observed(2_469, source: "/proc/vmstat pgfault"))
    #expect(statistics[StatisticsField.totalMemory].value == 481_296 * 1024)
    #expect(statistics[StatisticsField.hugetlbFailures].value == 0)
  }

  @Test("Pages become bytes, and a field that the kernel lacks is absent")
  func pages() throws {
    try withTree(files: ["/proc/vmstat": Array("nr_file_pages_x 9\npswpin 3\nnr_file_pages 659\n".utf8)]) {
      (platform, _) throws in
      let statistics = try platform.statistics()
      let swapped = try #require(statistics[StatisticsField.swapIn].value)
      #expect(swapped > 0 && swapped % 3 == 0 && (swapped / 3).nonzeroBitCount == 1)
      #expect(statistics[StatisticsField.diskCaches].value == 659 * (swapped / 3))
      #expect(statistics[StatisticsField.hugetlbAllocations].isAbsent)
      #expect(statistics[StatisticsField.totalMemory].isAbsent)
    }
  }

  @Test(
    "A number that is none, or does not fit, is malformed and never 0",
    arguments: [
      "MemTotal:\n", "MemTotal: x kB\n", "MemTotal: -1 kB\n", "MemTotal: 18446744073709551615 kB\n",
      "MemTotal: 99999999999999999999 kB\n", "MemTotal: ",
    ])
  func badNumber(content: String) throws {
    try withTree(files: ["/proc/meminfo": Array((content + "MemFree: 1 kB\n").utf8)]) { (platform, _) throws in
      #expect(try platform.memory()[MemoryField.total].reason == .malformed)
    }
  }

  @Test("A table without end is refused, and a folder in its place")
  func endless() throws {
    try withTree(files: [
      "/proc/meminfo": [UInt8](repeating: 0x0a, count: 300 << 10), "/proc/vmstat/x": [], "/proc/uptime": [],
    ]) { (platform, _) throws in
      #expect(try platform.memory()[MemoryField.total].reason == .malformed)
      #expect(try platform.statistics()[StatisticsField.swapIn].reason == .failed)
      #expect(try platform.os().uptime.reason == .malformed)
    }
  }

  @Test("Loaded modules run, drivers built in run, and others are absent")
  func services() throws {
    func state(_ name: String, _ root: String) throws -> Fact<String> {
      try #require(try tree(root).services().first { $0.name == name }).state
    }
    #expect(
      try state("virtio_balloon", "transitional")
        == .observed("running", source: "/sys/module/virtio_balloon/initstate"))
    #expect(try state("virtio_balloon", "transport-only").isAbsent)
    #expect(try state("uio_pci_generic", "generic").value == "running")
    #expect(try state("uio_pci_generic", "transitional").isAbsent)
    let builtIn = try state("virtio_balloon", "built-in")
    #expect(builtIn.value == "running" && builtIn.source.hasSuffix("(built into the kernel)"))
  }

  @Test("The balloon's counters are the kernel's")
  func counters() throws {
    let services = try tree("transitional").services()
    let balloon = try #require(services.first { $0.name == "virtio_balloon" })
    #expect(balloon.counters["balloon_inflate"] == .observed(0, source: "/proc/vmstat balloon_inflate"))
    #expect(balloon.counters["nr_balloon_pages"].isAbsent)
    #expect(services.filter { $0.name != "virtio_balloon" }.allSatisfy { $0.counters.members.isEmpty })
    #expect(services.first { $0.name == "virtio_pci" }?.version.value == "1")
  }

  @Test("A module that is going says so in the kernel's word")
  func going() throws {
    try withTree(files: ["/sys/module/virtio_balloon/initstate": Array("going\n".utf8)]) { (platform, _) throws in
      #expect(try platform.services().first?.state.value == "going")
    }
  }
}
