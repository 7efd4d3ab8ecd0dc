// SPDX-License-Identifier: BSD-3-Clause
import Testing

@testable import WindowsPnP

@Suite("A list of hardware resources")
struct ResourceListTests {
  /// The layout of wdm.h; the numbers are synthesised.
  private func list(
    _ ranges: [(start: UInt64, length: UInt32, kind: UInt8, flags: UInt16)], size: Int = 20, count: UInt32? = nil
  ) -> [UInt8] {
    func little<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
      withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }
    var bytes = little(UInt32(1)) + little(UInt32(0)) + little(UInt32(0)) + little(UInt16(1)) + little(UInt16(1))
    bytes += little(count ?? UInt32(ranges.count))
    for range in ranges {
      var entry = [range.kind, 0] + little(range.flags) + little(range.start) + little(range.length)
      entry += [UInt8](repeating: 0, count: size - entry.count)
      bytes += entry
    }
    return bytes
  }

  @Test("Of memory is as large as its ranges together, by a kernel of 64 bits or of 32", arguments: [20, 16])
  func sums(_ size: Int) {
    let low = list([(0x1000, 0x9E000, 3, 0), (0x100000, 0x7FEE_0000, 3, 0)], size: size)
    #expect(ResourceList.memory(low) == 0x9E000 + 0x7FEE_0000)
    let large = list([(0x1000, 0x9E000, 3, 0), (1 << 32, 0x0080_0000, 7, 0x200), (1 << 40, 2, 7, 0x800)], size: size)
    #expect(ResourceList.memory(large) == 0x9E000 + 0x8000_0000 + (2 << 32))
  }

  @Test("That is cut, overlaps, wraps around or has other resources is none")
  func malformed() {
    let whole = list([(0x1000, 0x9E000, 3, 0), (0x100000, 0x1000, 3, 0)])
    for length in 0..<whole.count { #expect(ResourceList.memory(Array(whole.prefix(length))) == nil, "\(length)") }
    #expect(ResourceList.memory(whole + [0]) == nil)
    for ranges: [(start: UInt64, length: UInt32, kind: UInt8, flags: UInt16)] in [
      [], [(0x1000, 0x2000, 3, 0), (0x2000, 1, 3, 0)], [(.max, 2, 3, 0)], [(0, 0, 3, 0)], [(0, 1, 1, 0)],
      [(0, 1, 3, 0x200)], [(0, 1, 7, 0)], [(0, .max, 7, 0x800), (.max - 1, 9, 7, 0x800)],
    ] {
      #expect(ResourceList.memory(list(ranges)) == nil, "\(ranges)")
    }
    #expect(ResourceList.memory(list([(0, 1, 3, 0)], count: .max)) == nil)
  }
}
