// SPDX-License-Identifier: GPL-3.0-or-later

/// Reads a number and its unit as libvirt scales them (`virScaleInteger`, src/util/virutil.c): without regard to case,
/// `b`, `byte`, `bytes`; `k`, `KiB`, `M`, `MiB`, `G`… up to `E`, `EiB` by powers of 1024; `KB`, `MB`… by powers
/// of 1000.
enum MemorySize {
  /// The size in bytes; `nil` when `number` is no plain decimal number, `unit` is unknown, or it does not fit 64 bits.
  ///
  /// - Parameter unit: `nil` and the empty text mean KiB, libvirt's default for memory.
  static func bytes(_ number: String, unit: String?) -> UInt64? {
    guard !number.isEmpty, number.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let value = UInt64(number), let scale = scale(unit ?? "")
    else { return nil }
    let (bytes, overflow) = value.multipliedReportingOverflow(by: scale)
    return overflow ? nil : bytes
  }

  private static func scale(_ unit: String) -> UInt64? {
    let unit = unit.lowercased()
    if unit.isEmpty { return 1024 }
    if ["b", "byte", "bytes"].contains(unit) { return 1 }
    let base: UInt64
    switch unit.dropFirst() {
    case "", "ib": base = 1024
    case "b": base = 1000
    default: return nil
    }
    guard let letter = unit.first, let power = Array("kmgtpe").firstIndex(of: letter) else { return nil }
    // 1024^6 is 2^60.
    return (0...power).reduce(1) { scale, _ in scale &* base }
  }
}
