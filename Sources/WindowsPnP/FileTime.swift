// SPDX-License-Identifier: BSD-3-Clause

/// Reads a FILETIME: 100-nanosecond steps since the beginning of 1601, UTC.
package enum FileTime {
  /// From 1601 to 1970.
  private static let secondsBefore1970: Int64 = 11_644_473_600

  /// Seconds since 1970; `nil` for 0, which stands for "never", and for what no FILETIME can be (2^63 and above).
  package static func unixSeconds(_ value: UInt64) -> Int64? {
    guard value != 0, let steps = Int64(exactly: value) else { return nil }
    return steps / 10_000_000 &- secondsBefore1970
  }

  /// The day, as `2025-06-17`; `nil` for what ``unixSeconds(_:)`` does not read and for years above 9999.
  package static func date(_ value: UInt64) -> String? {
    guard unixSeconds(value) != nil, let steps = Int64(exactly: value) else { return nil }
    return CalendarDay(daysSince1601: steps / 864_000_000_000)?.iso
  }
}
