// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentLinux
import AgentProtocol
import Testing

@Suite("Where a Linux guest's memory is")
struct MemoryAccountTests {
  private static let kibibyte: UInt64 = 1024

  private func size(_ name: String, _ memory: NamedFacts) throws -> UInt64 {
    try #require(memory[name].value, "\(name): \(memory[name])")
  }

  @Test("Every page of 1 GiB of which the balloon has a half is told by somebody")
  func addsUp() throws {
    let memory = try tree("half-inflated").memory()
    #expect(try size(MemoryField.firmwareRam, memory) == 1_048_063 * Self.kibibyte)
    #expect(try size(MemoryField.firmwareReserved, memory) == 513 * Self.kibibyte)
    let present = try size(MemoryField.present, memory)
    let balloon = try size(MemoryField.balloonInflated, memory) - size(MemoryField.balloonDeflated, memory)
    #expect(balloon == 512 << 20)
    let managed = try size(MemoryField.managed, memory)
    #expect(managed == memory[MemoryField.total].value)
    let boot = try size(MemoryField.bootReserved, memory) - size(MemoryField.bootFreed, memory)
    #expect(present == managed + boot + balloon)

    // What was set aside at boot, by its parts; the page array, which this kernel does not tell, is 64 of 4096 bytes.
    let reserved = try size(MemoryField.bootReserved, memory)
    let known =
      try size(MemoryField.kernelSpan, memory) + size(MemoryField.hashTables, memory)
      + size(MemoryField.percpuBoot, memory) + size(MemoryField.spanned, memory) / 64
    #expect(known <= reserved)
    #expect(reserved - known < 1 << 22, "the initrd and the first megabyte are the rest")
    #expect(memory[MemoryField.pageArray].isAbsent)
    #expect(memory[MemoryField.balloon].isAbsent)
    #expect(memory[MemoryField.crashKernel].value == 0)

    let used =
      try [
        MemoryField.free, MemoryField.percpuFree, MemoryField.anonymous, MemoryField.cached, MemoryField.buffers,
        MemoryField.swapCached, MemoryField.slab, MemoryField.pageTables, MemoryField.secondaryPageTables,
        MemoryField.vmalloc, MemoryField.hugetlb, MemoryField.laterHashTables,
      ].map { try size($0, memory) }.reduce(0, +)
      + size(MemoryField.percpu, memory) - size(MemoryField.percpuBoot, memory)
    #expect(used <= managed)
    #expect(managed - used < (1 << 30) / 100, "less than a hundredth of the maximum is nobody's: \(managed - used)")
  }

  @Test("Sources say where each comes from")
  func sources() throws {
    let memory = try tree("half-inflated").memory()
    #expect(memory[MemoryField.percpuFree].source == "/proc/zoneinfo count:")
    #expect(memory[MemoryField.bootReserved] == .observed(61_348 * 1024, source: "/dev/kmsg Memory: reserved"))
    #expect(memory[MemoryField.kernelImage].source == "/proc/iomem Kernel code + rodata + data + bss")
  }

  @Test("A log that has lost its beginning tells nothing of it, and neither does a system without one")
  func lostLog() throws {
    let log = "6,9,1,-;Memory: 1K/2K available (1K kernel code, 77K reserved, 0K cma-reserved)\n"
    for files in [["/dev/kmsg": Array(log.utf8)], ["/proc/stat": []]] {
      try withTree(files: files) { (platform, _) throws in
        let memory = try platform.memory()
        for name in [MemoryField.bootReserved, MemoryField.bootFreed, MemoryField.hashTables, MemoryField.percpuBoot] {
          #expect(memory[name].isAbsent, "\(name)")
        }
      }
    }
  }

  @Test("What is said after the first program began is nobody's boot, and hash tables count where they stand")
  func log() throws {
    let log = """
      5,0,0,-;Linux version 6.1
      6,1,0,-;Dentry cache hash table entries: 65536 (order: 7, 524288 bytes, linear)
      6,2,0,-;Memory: 219832K/523768K available (14343K kernel code, 52388K reserved, 0K cma-reserved)
      6,3,0,-;TCP established hash table entries: 4096 (order: 3, 32768 bytes, linear)
      6,4,0,-;IP idents hash table entries: 8192 (order: 4, 65536 bytes, vmalloc)
      6,5,0,-;Freeing initrd memory: 1300K
      6,6,0,-;Freeing x memory: 99999999999999999999K
      6,7,0,-;Run /init as init process
      6,8,0,-;Freeing what a program wrote memory: 5000K

      """
    try withTree(files: ["/dev/kmsg": Array(log.utf8)]) { (platform, _) throws in
      let memory = try platform.memory()
      #expect(memory[MemoryField.bootReserved].value == 52_388 * 1024)
      #expect(memory[MemoryField.bootFreed].value == 1_300 * 1024)
      #expect(memory[MemoryField.hashTables].value == 524_288)
      #expect(memory[MemoryField.laterHashTables].value == 32_768)
      #expect(memory[MemoryField.percpuBoot].isAbsent)
    }
  }

  @Test("Addresses that are hidden from who is not privileged are denied, not 0")
  func hidden() throws {
    let text = "00000000-00000000 : System RAM\n  00000000-00000000 : Kernel code\n"
    try withTree(files: ["/proc/iomem": Array(text.utf8)]) { (platform, _) throws in
      #expect(try platform.memory()[MemoryField.kernelImage].reason == .denied)
    }
  }

  /// The ranges in sysfs' form.
  private func ranges(_ ranges: [(String, String, String)]) -> [String: [UInt8]] {
    var files: [String: [UInt8]] = [:]
    for (index, range) in ranges.enumerated() {
      let folder = "/sys/firmware/memmap/\(index)/"
      files[folder + "start"] = Array((range.0 + "\n").utf8)
      files[folder + "end"] = Array((range.1 + "\n").utf8)
      files[folder + "type"] = Array((range.2 + "\n").utf8)
    }
    return files
  }

  @Test("Below 4 GiB what is no RAM up to its end is reserved, and the windows of devices are not")
  func firmware() throws {
    // As SeaBIOS of QEMU 7.2 has it for q35 with 4 GiB, but that PCI's window adjoins the RAM; synthesised.
    let files = ranges([
      ("0x100000000", "0x17fffffff", "System RAM"), ("0x0", "0x9fbff", "System RAM"),
      ("0x9fc00", "0x9ffff", "Reserved"), ("0x100000", "0x7ffdffff", "System RAM"),
      ("0x7ffe0000", "0x7fffffff", "Reserved"), ("0x80000000", "0x8fffffff", "Reserved"),
      ("0x180000000", "0x180000fff", "ACPI Tables"), ("0x180001000", "0x18fffffff", "System RAM"),
      ("0xfd00000000", "0xffffffffff", "Reserved"),
    ])
    try withTree(files: files) { (platform, _) throws in
      let memory = try platform.memory()
      #expect(memory[MemoryField.firmwareReserved].value == 513 * 1024 + 4096)
      #expect(memory[MemoryField.firmwareRam].value == (0x8000_0000 - 513 * 1024) + 0x9000_0000 - 4096)
    }
  }

  @Test(
    "A map that cannot be understood is malformed",
    arguments: [("0x0", "9fbff"), ("0x10", "0x0"), ("0x0", "0xffffffffffffffff"), ("0x0", "0x12345678901234567")])
  func badMap(_ start: String, _ end: String) throws {
    try withTree(files: ranges([(start, end, "System RAM")])) { (platform, _) throws in
      let memory = try platform.memory()
      #expect(memory[MemoryField.firmwareRam].reason == .malformed)
      #expect(memory[MemoryField.firmwareReserved].reason == .malformed)
    }
  }

  @Test("Sums past 64 bits, and files without end, cost only themselves")
  func hostile() throws {
    let zones = "  spanned 18446744073709551615\n        present  1\n  present 99999999999999999999\n"
    let files: [String: [UInt8]] = [
      "/proc/zoneinfo": Array(zones.utf8), "/proc/iomem": [UInt8](repeating: 0x20, count: 2 << 20),
      "/sys/kernel/kexec_crash_size": Array("-1\n".utf8), "/proc/meminfo": Array("AnonPages: 4 kB\n".utf8),
      "/dev/kmsg": [UInt8](repeating: 0x41, count: 1 << 20),
    ]
    try withTree(files: files) { (platform, _) throws in
      let memory = try platform.memory()
      #expect(memory[MemoryField.spanned].reason == .malformed)
      #expect(memory[MemoryField.present].value == 4096)
      #expect(memory[MemoryField.managed].isAbsent)
      #expect(memory[MemoryField.kernelImage].reason == .malformed)
      #expect(memory[MemoryField.crashKernel].reason == .malformed)
      #expect(memory[MemoryField.bootReserved].reason == .failed)
      #expect(memory[MemoryField.anonymous].value == 4096)
    }
  }
}
