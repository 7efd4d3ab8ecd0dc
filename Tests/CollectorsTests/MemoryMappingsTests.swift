// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Testing

@testable import Collectors

@Suite("The mappings of QEMU's process")
struct MemoryMappingsTests {
  private func mapping(_ start: UInt64, _ mebibytes: UInt64, _ file: String = "00:00 0", resident: UInt64 = 1)
    -> MemoryMappings.Mapping
  {
    .init(start: start << 20, end: (start + mebibytes) << 20, file: file, resident: resident << 20)
  }

  private func resident(_ mappings: [MemoryMappings.Mapping], _ mebibytes: UInt64) -> UInt64? {
    (try? MemoryMappings(mappings).resident(holding: mebibytes << 20)).map { $0 >> 20 }
  }

  @Test("Of which one is as large as the guest's RAM tell what is resident of it")
  func one() {
    #expect(resident([mapping(0, 16), mapping(100, 1_024, resident: 300), mapping(2_000, 8)], 1_024) == 300)
  }

  @Test("Of one file, or side by side, hold the RAM together")
  func together() {
    let file = [
      mapping(0, 512, "00:01 7", resident: 100), mapping(600, 512, "00:01 7", resident: 50), mapping(2_000, 64),
    ]
    #expect(resident(file, 1_024) == 150)
    let split = [mapping(0, 1_000, resident: 5), mapping(1_000, 24, resident: 6), mapping(2_000, 1_000)]
    #expect(resident(split, 1_024) == 11)
  }

  @Test("Of one kind that are the largest hold several backends")
  func backends() {
    let nodes = [
      mapping(0, 512, "00:01 7", resident: 100), mapping(600, 256, "00:01 8", resident: 50),
      mapping(900, 256, "00:01 9", resident: 25), mapping(2_000, 64, resident: 3),
    ]
    #expect(resident(nodes, 1_024) == 175)
  }

  @Test("Of which one is larger, joined with a neighbour, hold it")
  func joined() {
    #expect(resident([mapping(0, 1_040, resident: 900), mapping(2_000, 64)], 1_024) == 900)
  }

  @Test("Of which it cannot be told are no guess: two as large, equal ones of which one is too many, or none")
  func ambiguous() {
    for mappings in [
      [mapping(0, 1_024), mapping(2_000, 1_024)],
      [mapping(0, 512), mapping(600, 512), mapping(1_200, 512)],
      [mapping(0, 1_025), mapping(2_000, 1_026)], [mapping(0, 4_096)], [mapping(0, 16)], [],
    ] {
      #expect(throws: Failure.self) { try MemoryMappings(mappings).resident(holding: 1_024 << 20) }
    }
  }

  @Test("Of a QEMU without KVM are told from what it translates, which is larger than two nodes' RAM together")
  func translated() throws {
    // QEMU 7.2, -m 512, two memory backends of 256 MiB for two nodes, -accel tcg: captured, without the smaller ones.
    let text = """
      7f84afc00000-7f84bfc00000 rw-p 00000000 00:00 0
      Rss:               69632 kB
      7f84bfe00000-7f84cfe00000 rw-p 00000000 00:00 0
      Rss:               67584 kB
      7f84d0000000-7f850ffff000 rwxp 00000000 00:00 0
      Rss:               47104 kB
      """
    try withRoot(["/smaps": text]) { root in
      let mappings = try MemoryMappings(smaps: root + "/smaps", until: .now + .seconds(10))
      #expect(try mappings.resident(holding: 512 << 20) == (69_632 + 67_584) << 10)
    }
  }

  @Test("Are read from smaps: huge pages of hugetlbfs count, and what nobody may write to does not")
  func read() throws {
    // The form of Documentation/filesystems/proc.rst; the numbers are synthesised.
    let text = """
      55d000000000-55d040000000 r--p 00000000 fe:00 253911                     /usr/bin/qemu-system-x86_64
      Size:            1048576 kB
      Rss:                   8 kB
      7f0000000000-7f0040000000 rw-s 00000000 00:0f 4242                       /dev/hugepages/a b (deleted)
      Size:            1048576 kB
      Rss:                   0 kB
      Shared_Hugetlb:     2048 kB
      Private_Hugetlb:    4096 kB
      VmFlags: rd wr sh mr mw me ms de ht
      7f0050000000-7f0050001000 rw-p 00000000 00:00 0
      Rss:                   4 kB
      """
    try withRoot(["/smaps": text, "/bad": "no mappings\nRss: -1 kB\nRss: 99999999999999999999 kB\n"]) { root in
      let deadline = ContinuousClock.now + .seconds(10)
      let mappings = try MemoryMappings(smaps: root + "/smaps", until: deadline)
      #expect(try mappings.resident(holding: 1 << 30) == 6 << 20)
      #expect(try MemoryMappings(smaps: root + "/bad", until: deadline).mappings.isEmpty)
    }
  }
}
