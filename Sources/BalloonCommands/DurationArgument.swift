// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser

/// A time as people write it: `90`, `90s`, `2m`, `1h`, `500ms`; seconds where no unit is given.
struct DurationArgument: ExpressibleByArgument {
  let duration: Duration
  /// As it was given.
  let defaultValueDescription: String

  init(_ duration: Duration, _ text: String) {
    self.duration = duration
    defaultValueDescription = text
  }

  init?(argument: String) {
    let number = argument.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let milliseconds: Double
    switch argument.dropFirst(number.count) {
    case "", "s": milliseconds = 1_000
    case "ms": milliseconds = 1
    case "m", "min": milliseconds = 60_000
    case "h": milliseconds = 3_600_000
    default: return nil
    }
    // A day is more than any of them may be; what is above it is no time at all.
    guard let value = Double(number), value.isFinite, value >= 0, value * milliseconds <= 86_400_000 else { return nil }
    self.init(.milliseconds(Int64(value * milliseconds)), argument)
  }
}
