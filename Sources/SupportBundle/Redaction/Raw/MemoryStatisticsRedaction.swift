// SPDX-License-Identifier: GPL-3.0-or-later

extension Redactor {
  /// virDomainMemoryStats as `name value` lines: the lines of statistics that libvirt has, and no other; `nil` when
  /// there is none. Source: libvirt tools/virsh-domain-monitor.c, `cmdDomMemStat`.
  mutating func redact(memoryStatistics bytes: [UInt8]) -> [UInt8]? {
    var output: [UInt8] = []
    for line in bytes.split(separator: UInt8(ascii: "\n")) {
      let words = line.split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }.map { String(decoding: $0, as: UTF8.self) }
      guard words.count == 2, Self.statistics.contains(words[0]), FieldText.isNumber(words[1]) else { continue }
      output += Array("\(words[0]) \(words[1])\n".utf8)
      guard output.count < 4_096 else { break }
    }
    return output.isEmpty ? nil : output
  }

  private static let statistics: Set<String> = [
    "actual", "swap_in", "swap_out", "major_fault", "minor_fault", "unused", "available", "usable", "last_update",
    "disk_caches", "hugetlb_pgalloc", "hugetlb_pgfail", "rss",
  ]
}
