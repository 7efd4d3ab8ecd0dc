// SPDX-License-Identifier: GPL-3.0-or-later
import WindowsPnP

/// A driver's day as Windows' commands print it: CIM's form, or that of the guest's own language.
enum PastedDate {
  /// `2021-05-10`; `nil` for a text that is no day, and where day and month cannot be told apart.
  ///
  /// Read are `20210510000000.******+***` (CIM), `2021-05-10` and `2021/5/10`, `10.05.2021` (day first wherever points
  /// are written), and `05/13/2021` or `13/05/2021`, of which one number is no month; a time may follow.
  static func iso(_ text: Substring) -> String? {
    guard let word = text.trimmed.words.first, word.utf8.count <= 32 else { return nil }
    let digits = word.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    if digits.count == 14, word.utf8.count == 14 || word.utf8.dropFirst(14).first == UInt8(ascii: ".") {
      return day(word.prefix(4), word.dropFirst(4).prefix(2), word.dropFirst(6).prefix(2))
    }
    for separator in ["-", "/", "."] as [Character] {
      let parts = word.split(separator: separator, omittingEmptySubsequences: false)
      guard parts.count == 3 || (separator == "." && parts.count == 4 && parts[3].isEmpty) else { continue }
      if parts[0].utf8.count == 4 { return day(parts[0], parts[1], parts[2]) }
      guard parts[2].utf8.count == 4, let one = parts[0].decimal, let two = parts[1].decimal else { return nil }
      if separator == "." || one > 12 { return day(parts[2], parts[1], parts[0]) }
      return two > 12 || one == two ? day(parts[2], parts[0], parts[1]) : nil
    }
    return nil
  }

  /// By way of the one who knows the calendar.
  private static func day(_ year: Substring, _ month: Substring, _ day: Substring) -> String? {
    DriverDate.iso("\(month)-\(day)-\(year)")
  }
}
