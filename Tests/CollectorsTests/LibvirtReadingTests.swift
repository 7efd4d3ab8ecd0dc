// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import Libvirt
import Testing

@testable import Collectors

@Suite("A reading of libvirt's statistics")
struct LibvirtReadingTests {
  private func reading(_ values: [(MemoryStatistics.Tag, UInt64)]) -> Reading {
    Reading(MemoryStatistics(entries: values.map { .init(tag: $0.0, value: $0.1) }), time: 7)
  }

  @Test("Has sizes in bytes, counts as they are, and whose word each is")
  func units() {
    let reading = reading([
      (.actual, 1_024), (.residentSet, 2), (.lastUpdate, 1_700_000_000), (.unused, 3), (.available, 4), (.usable, 5),
      (.diskCaches, 6), (.swapIn, 7), (.swapOut, 8), (.majorFaults, 9), (.minorFaults, 10), (.hugePageAllocations, 11),
      (.hugePageFailures, 12), (MemoryStatistics.Tag(rawValue: 99), 13),
    ])
    #expect(reading.actual.value == 1 << 20 && reading.actual.provenance.trust == .host)
    #expect(reading.rss.value == 2_048 && reading.lastUpdate.value == 1_700_000_000 && reading.time == 7)
    let expected: [String: UInt64] = [
      StatisticsField.freeMemory: 3_072, StatisticsField.totalMemory: 4_096, StatisticsField.availableMemory: 5_120,
      StatisticsField.diskCaches: 6_144, StatisticsField.swapIn: 7_168, StatisticsField.swapOut: 8_192,
      StatisticsField.majorFaults: 9, StatisticsField.minorFaults: 10, StatisticsField.hugetlbAllocations: 11,
      StatisticsField.hugetlbFailures: 12,
    ]
    #expect(reading.values == expected)
    #expect(Set(expected.keys) == Set(StatisticsField.all))
    #expect(reading.statistics.provenance.trust == .guest)
  }

  @Test("Takes 0 for never, nothing for unsupported, and 2^64-1 for absent")
  func unknown() {
    #expect(reading([(.lastUpdate, 0)]).lastUpdate.isAbsent)
    #expect(reading([]).lastUpdate.failure?.reason == .unsupported)
    let unset = reading([(.actual, .max), (.unused, .max)])
    #expect(unset.actual.isAbsent && unset.statistics.isAbsent && unset.rss.isAbsent)
    #expect(reading([(.unused, 0)]).values == [StatisticsField.freeMemory: 0])
  }

  @Test("Calls a size that no 64 bits hold malformed, and nothing else with it")
  func overflow() {
    let reading = reading([(.actual, .max - 1), (.unused, 1 << 54), (.available, 1)])
    #expect(reading.actual.failure?.reason == .malformed)
    #expect(reading.statistics.value?[StatisticsField.freeMemory]?.failure?.reason == .malformed)
    #expect(reading.values == [StatisticsField.totalMemory: 1_024])
  }
}
