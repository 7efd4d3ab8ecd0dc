// SPDX-License-Identifier: BSD-3-Clause

/// A day of the Gregorian calendar, between the years 1601 and 9999.
package struct CalendarDay {
  let year: Int64
  /// 1 to 12.
  let month: Int64
  /// 1 to 31.
  let day: Int64

  /// `nil` for a day that the calendar does not have.
  init?(year: UInt64, month: UInt64, day: UInt64) {
    guard year >= 1601, year <= 9999, month >= 1, month <= 12, day >= 1 else { return nil }
    let year = Int64(year)
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days: UInt64
    switch month {
    case 2: days = isLeap ? 29 : 28
    case 4, 6, 9, 11: days = 30
    default: days = 31
    }
    guard day <= days else { return nil }
    self.year = year
    self.month = Int64(month)
    self.day = Int64(day)
  }

  /// Reads `2006-06-21`; `nil` for any other form.
  package init?(iso text: String) {
    guard text.utf8.count == 10 else { return nil }
    var scanner = ASCIIScanner(text)
    guard let year = scanner.decimal(atMost: 9999), scanner.skip(UInt8(ascii: "-")),
      let month = scanner.decimal(atMost: 12), scanner.skip(UInt8(ascii: "-")), let day = scanner.decimal(atMost: 31),
      scanner.isAtEnd
    else { return nil }
    self.init(year: year, month: month, day: day)
  }

  /// `nil` before 1601 and after 9999.
  init?(daysSince1601 days: Int64) {
    guard days >= 0, days < 3_067_671 else { return nil }
    // Years that begin with March have their leap day at the end; 400 of them have 146,097 days (and 1600-03-01 stands
    // 306 days before 1601).
    let shifted = days &+ 306
    let era = shifted / 146_097
    let ofEra = shifted % 146_097
    let yearOfEra = (ofEra &- ofEra / 1460 &+ ofEra / 36_524 &- ofEra / 146_096) / 365
    let ofYear = ofEra &- (365 &* yearOfEra &+ yearOfEra / 4 &- yearOfEra / 100)
    let shiftedMonth = (5 &* ofYear &+ 2) / 153
    day = ofYear &- (153 &* shiftedMonth &+ 2) / 5 &+ 1
    month = shiftedMonth < 10 ? shiftedMonth &+ 3 : shiftedMonth &- 9
    year = 1600 &+ era &* 400 &+ yearOfEra &+ (month <= 2 ? 1 : 0)
  }

  /// Days since the first of 1970.
  package var daysSince1970: Int64 {
    let shiftedYear = month <= 2 ? year &- 1601 : year &- 1600
    let shiftedMonth = month <= 2 ? month &+ 9 : month &- 3
    let ofYear = (153 &* shiftedMonth &+ 2) / 5 &+ day &- 1
    // 1970 began 135,080 days after the first of March 1600.
    return shiftedYear &* 365 &+ shiftedYear / 4 &- shiftedYear / 100 &+ shiftedYear / 400 &+ ofYear &- 135_080
  }

  /// `2006-06-21`.
  var iso: String { String(year) + "-" + Self.twoDigits(month) + "-" + Self.twoDigits(day) }

  private static func twoDigits(_ number: Int64) -> String { (number < 10 ? "0" : "") + String(number) }
}
