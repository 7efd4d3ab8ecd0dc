// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol

/// The sums of `/proc/zoneinfo` over all zones of all nodes.
///
/// `spanned`, `present` and `managed` stand once a zone; `count:` once for each processor of a zone: what is free and
/// kept for that processor, which the count of free pages leaves out (Linux mm/vmstat.c, `zoneinfo_show_print`).
struct ZoneTable {
  let present: Fact<UInt64>
  let managed: Fact<UInt64>
  let spanned: Fact<UInt64>
  let perProcessor: Fact<UInt64>

  /// A machine of 64 nodes and 4096 processors has about this much.
  private static var limit: Int { 16 << 20 }

  init(in files: SystemFiles, page: UInt64) {
    var present = ByteSum()
    var managed = ByteSum()
    var spanned = ByteSum()
    var perProcessor = ByteSum()
    let content = files.lines("/proc/zoneinfo", limit: Self.limit) { line in
      let text = line.drop { $0 == UInt8(ascii: " ") }
      func number(_ word: StaticString) -> UInt64? {
        guard starts(text, with: word) else { return nil }
        return decimalNumber(text.dropFirst(word.utf8CodeUnitCount).drop { $0 == UInt8(ascii: " ") })
      }
      if let count = number("present ") {
        present.add(count, unit: page)
      } else if let count = number("managed ") {
        managed.add(count, unit: page)
      } else if let count = number("spanned ") {
        spanned.add(count, unit: page)
      } else if let count = number("count: ") {
        perProcessor.add(count, unit: page)
      }
      return true
    }
    func fact(_ name: String, _ sum: ByteSum) -> Fact<UInt64> {
      content.then { _ in sum.reading }.fact(source: "/proc/zoneinfo " + name)
    }
    self.present = fact("present", present)
    self.managed = fact("managed", managed)
    self.spanned = fact("spanned", spanned)
    self.perProcessor = fact("count:", perProcessor)
  }
}
