// SPDX-License-Identifier: GPL-3.0-or-later

/// The marks of an axis at round numbers.
enum Axis {
  struct Tick: Hashable {
    let value: Double
    let label: String
  }

  /// From 0 to a power of two's multiple at or above `top` bytes, at most `limit` steps.
  static func sizes(upTo top: UInt64, atMost limit: Int = 5) -> [Tick] {
    var step: UInt64 = 1
    while step < 1 << 62, Double(top) / Double(step) > Double(limit) { step *= 2 }
    let count = max(Int((Double(top) / Double(step)).rounded(.up)), 1)
    return (0...count).map { index in
      let value = Double(index) * Double(step)
      return Tick(value: value, label: size(value))
    }
  }

  /// `0`, `768 MiB`, `1.25 GiB`: at most three decimals, none of them cut.
  private static func size(_ bytes: Double) -> String {
    if bytes == 0 { return "0" }
    let units: [(Double, String)] = [
      (1_152_921_504_606_846_976, "EiB"), (1_125_899_906_842_624, "PiB"), (1_099_511_627_776, "TiB"),
      (1_073_741_824, "GiB"), (1_048_576, "MiB"), (1024, "KiB"),
    ]
    for (unit, name) in units where bytes >= unit {
      let thousandths = Int((bytes / unit * 1000).rounded())
      var decimals = "\(thousandths % 1000 + 1000)".dropFirst()
      while decimals.last == "0" { decimals.removeLast() }
      return "\(thousandths / 1000)" + (decimals.isEmpty ? "" : ".\(decimals)") + " " + name
    }
    return "\(Int(bytes)) B"
  }

  /// From 0 to `duration` seconds, at most `limit` steps.
  static func times(upTo duration: Double, atMost limit: Int) -> [Tick] {
    let steps: [Double] = [
      0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
    ]
    var step = steps.first { duration / $0 <= Double(limit) } ?? 86_400
    while duration / step > Double(limit), step < 1e12 { step *= 2 }
    let count = Int((duration / step).rounded(.down))
    return (0...max(count, 0)).map { index in
      let value = Double(index) * step
      return Tick(value: value, label: Moment.offset(value))
    }
  }
}
