// SPDX-License-Identifier: BSD-3-Clause

/// Reads a driver's date: `6-21-2006` in the registry (DriverDate), `06/21/2006` in an INF and in SetupAPI's log.
package enum DriverDate {
  /// `2006-06-21`; `nil` for any other form and for a day that the calendar does not have.
  package static func iso(_ text: String) -> String? {
    guard text.utf8.count <= 10 else { return nil }
    var scanner = ASCIIScanner(text)
    guard let month = scanner.decimal(atMost: 12), let separator = scanner.next,
      separator == UInt8(ascii: "-") || separator == UInt8(ascii: "/")
    else { return nil }
    scanner.advance()
    guard let day = scanner.decimal(atMost: 31), scanner.skip(separator), let year = scanner.decimal(atMost: 9999),
      scanner.isAtEnd
    else { return nil }
    return CalendarDay(year: year, month: month, day: day)?.iso
  }
}
