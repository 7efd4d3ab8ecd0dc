// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser

/// A size as people write it: `512M`, `512MiB`, `2G`, `2GiB`, `1.5G`; MiB where no unit is given. Units are binary.
struct SizeArgument: ExpressibleByArgument {
  /// Whole MiB, in bytes.
  let bytes: UInt64
  /// As it was given.
  let defaultValueDescription: String

  init?(argument: String) {
    let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let mebibytes: Double
    switch argument.dropFirst(number.count).lowercased() {
    case "", "m", "mib": mebibytes = 1
    case "g", "gib": mebibytes = 1_024
    case "t", "tib": mebibytes = 1_048_576
    default: return nil
    }
    // 16 TiB are more than any of them may be.
    guard let value = Double(number), value.isFinite, value > 0, value * mebibytes <= 16_777_216 else { return nil }
    bytes = UInt64((value * mebibytes).rounded(.up)) << 20
    defaultValueDescription = argument
  }
}
