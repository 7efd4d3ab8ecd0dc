// SPDX-License-Identifier: GPL-3.0-or-later

/// Sizes of memory as people write and read them.
package enum ByteCount {
  private static let steps: [(letter: Character, power: Int)] = [("K", 1), ("M", 2), ("G", 3), ("T", 4), ("P", 5)]

  /// `1 GiB`, `512 MiB`, `1.5 GiB`: powers of 1024, exact where it is whole, else one decimal, rounded down.
  package static func text(_ bytes: UInt64) -> String {
    let units: [(UInt64, String)] = [(1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")]
    for (unit, name) in units where bytes >= unit {
      if bytes % unit == 0 { return "\(bytes / unit) \(name)" }
      return "\(bytes / unit).\(bytes % unit * 10 / unit) \(name)"
    }
    return "\(bytes) bytes"
  }

  /// The same of a difference, with a minus where it is less than nothing.
  package static func text(signed bytes: Int64) -> String {
    (bytes < 0 ? "-" : "") + text(bytes.magnitude)
  }

  /// The bytes of `32G`, `1024M`, `1.5GiB`, `512 MB`; `nil` for what is no size or has no unit: virsh takes a bare
  /// number for KiB and QEMU's `-m` for MiB, so here it means nothing.
  ///
  /// As libvirt has it (virScaleInteger), `K`, `M`, `G`, `T`, `P` and those with `iB` are powers of 1024, those with
  /// `B` powers of 1000; QEMU knows the letters alone, as powers of 1024. `B` and `bytes` stand for single bytes.
  package static func parse(_ text: String) -> UInt64? {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text[digits.endIndex...].drop { $0 == " " }
    guard let scale = scale(of: unit) else { return nil }
    let halves = digits.split(separator: ".", omittingEmptySubsequences: false)
    guard let first = halves.first, halves.count <= 2, let whole = UInt64(first) else { return nil }
    let (bytes, overflow) = whole.multipliedReportingOverflow(by: scale)
    guard !overflow else { return nil }
    guard halves.count == 2 else { return bytes }
    guard (1...6).contains(halves[1].count), var fraction = UInt64(halves[1]), scale > 1 else { return nil }
    // No more than six digits of less than 2^50 are scaled, one digit after the other.
    var rest: UInt64 = 0
    for _ in halves[1] {
      rest = (rest + fraction % 10 * scale) / 10
      fraction /= 10
    }
    let (sum, carry) = bytes.addingReportingOverflow(rest)
    return carry ? nil : sum
  }

  private static func scale(of unit: Substring) -> UInt64? {
    let unit = unit.uppercased()
    if ["B", "BYTES"].contains(unit) { return 1 }
    guard let letter = unit.first, let step = steps.first(where: { $0.letter == letter }) else { return nil }
    switch unit.dropFirst() {
    case "", "IB": return 1 << (10 * UInt64(step.power))
    case "B": return (0..<step.power).reduce(1) { scale, _ in scale * 1000 }
    default: return nil
    }
  }
}
