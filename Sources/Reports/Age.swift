// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// How long ago something was, in words.
enum Age {
  /// The seconds from `earlier` to `later`; `nil` when the two clocks cannot belong together, because the earlier one
  /// lies more than a second ahead. QEMU writes whole seconds, so less than that is rounding.
  static func seconds(from earlier: Double, to later: Double) -> Double? {
    let difference = later - earlier
    return difference.isFinite && difference >= -1 ? max(difference, 0) : nil
  }

  /// `3 s ago`; says so when the clocks differ.
  static func describe(from earlier: Double, to later: Double) -> String {
    guard let age = seconds(from: earlier, to: later) else {
      return "age not known (the clock of that host differs from this machine's)"
    }
    return duration(age) + " ago"
  }

  /// `less than 1 s`, `3 s`, `5 min`, `3 h`, `4 days`.
  static func duration(_ seconds: Double) -> String {
    // Beyond this no clock is right, and the number no longer fits an integer.
    guard seconds.isFinite, seconds < 1e12 else { return "a time beyond any clock" }
    let whole = Int(seconds)
    switch whole {
    case ..<1: return "less than 1 s"
    case ..<120: return "\(whole) s"
    case ..<7200: return "\(whole / 60) min"
    case ..<172_800: return "\(whole / 3600) h"
    default: return "\(whole / 86_400) days"
    }
  }

  /// When the guest last answered, seen from the moment of a reading.
  static func describe(lastUpdateOf reading: Reading) -> String {
    switch reading.lastUpdate {
    case .observed(let time, let provenance) where provenance.time == nil:
      "at \(time) s since 1970, age not known (nobody noted when it was read)"
    case .observed(let time, _): describe(from: Double(time), to: reading.time)
    case .absent: "never answered"
    case .failed(let failure, _): "age \(Known.unknown(failure))"
    }
  }
}
