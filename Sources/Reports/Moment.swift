// SPDX-License-Identifier: GPL-3.0-or-later

/// Moments and spans for people, without a locale or a time zone: the same bytes everywhere.
enum Moment {
  /// `2026-05-28 20:26:40 UTC`; `nil` for a time that no calendar of ours has (before 1970 or after 9999).
  static func utc(_ seconds: Double) -> String? {
    guard seconds.isFinite, seconds >= 0, seconds < 253_402_300_800 else { return nil }
    let whole = Int(seconds)
    let (year, month, day) = civil(daysSince1970: whole / 86_400)
    let clock = whole % 86_400
    return "\(year)-\(two(month))-\(two(day)) \(two(clock / 3600)):\(two(clock / 60 % 60)):\(two(clock % 60)) UTC"
  }

  /// Howard Hinnant's days-to-civil algorithm, for days of 1970 and later.
  private static func civil(daysSince1970 days: Int) -> (year: Int, month: Int, day: Int) {
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }

  private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// `0 s`, `12.5 s`, `1 min`, `4 min 10 s`, `2 h 5 min`, `3 d 4 h`: seconds since the beginning.
  static func offset(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e11 else { return "?" }
    let tenths = Int((seconds * 10).rounded())
    let whole = tenths / 10
    switch whole {
    case 60 where tenths % 10 == 0: return "1 min"
    case ..<120: return tenths % 10 == 0 ? "\(whole) s" : "\(whole).\(tenths % 10) s"
    case ..<7200: return pair(whole / 60, "min", whole % 60, "s")
    case ..<172_800: return pair(whole / 3600, "h", whole / 60 % 60, "min")
    default: return pair(whole / 86_400, "d", whole / 3600 % 24, "h")
    }
  }

  private static func pair(_ large: Int, _ largeUnit: String, _ small: Int, _ smallUnit: String) -> String {
    small == 0 ? "\(large) \(largeUnit)" : "\(large) \(largeUnit) \(small) \(smallUnit)"
  }
}
