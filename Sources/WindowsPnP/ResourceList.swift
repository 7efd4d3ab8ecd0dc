// SPDX-License-Identifier: BSD-3-Clause

/// A list of hardware resources as Windows' registry has it (REG_RESOURCE_LIST).
///
/// Source: Windows' wdm.h: CM_RESOURCE_LIST, CM_FULL_RESOURCE_DESCRIPTOR, CM_PARTIAL_RESOURCE_LIST and
/// CM_PARTIAL_RESOURCE_DESCRIPTOR, the latter of 20 bytes by 64-bit kernels and of 16 by 32-bit ones; the flags
/// CM_RESOURCE_MEMORY_LARGE_40, _48 and _64, which say how far a length is shifted.
package enum ResourceList {
  /// The sum of the memory ranges of a list with one full descriptor, in bytes; `nil` when it is none, or has other
  /// resources, or ranges that overlap.
  package static func memory(_ bytes: [UInt8]) -> UInt64? {
    guard bytes.count >= 20, number(bytes, 0, 4) == 1, let count = number(bytes, 16, 4), count > 0, count <= 2_048
    else { return nil }
    let body = UInt64(bytes.count) - 20
    guard body % count == 0, case let size = Int(body / count), size == 20 || size == 16 else { return nil }
    var total: UInt64 = 0
    var reached: UInt64 = 0
    for index in 0..<Int(count) {
      let place = 20 + index * size
      guard let kind = number(bytes, place, 1), let flags = number(bytes, place + 2, 2),
        let start = number(bytes, place + 4, 8), let length = number(bytes, place + 12, 4),
        let shift = shift(kind: kind, flags: flags)
      else { return nil }
      let span = length << shift
      let (end, overflow) = start.addingReportingOverflow(span)
      // Windows has them in their order.
      guard !overflow, span > 0, start >= reached else { return nil }
      reached = end
      total += span
    }
    return total
  }

  /// How far the length of a memory resource is shifted: CmResourceTypeMemory (3), CmResourceTypeMemoryLarge (7).
  private static func shift(kind: UInt64, flags: UInt64) -> UInt64? {
    switch (kind, flags & 0xE00) {
    case (3, 0): 0
    case (7, 0x200): 8
    case (7, 0x400): 16
    case (7, 0x800): 32
    default: nil
    }
  }

  /// A little-endian number; `nil` past the end.
  private static func number(_ bytes: [UInt8], _ start: Int, _ length: Int) -> UInt64? {
    guard start + length <= bytes.count else { return nil }
    var value: UInt64 = 0
    for byte in bytes[start..<(start + length)].reversed() { value = value << 8 | UInt64(byte) }
    return value
  }
}
