// SPDX-License-Identifier: BSD-3-Clause

/// A time in SetupAPI's log: `2012/02/08 20:55:17.486`, by the guest's own clock and zone.
package struct SetupTime: Sendable {
  /// As it stood in the log.
  package let text: String
  /// Microseconds since the beginning of 1970 if the zone were UTC; the zone's offset is still to be taken off.
  package let localMicroseconds: Int64

  /// The first time in a line of the log; `nil` when there is none, or none that can be.
  package init?(in line: some Collection<UInt8>) {
    let bytes = Array(line)
    var start = 0
    while bytes.count &- start >= Self.length {
      if let time = Self.read(bytes[start..<(start &+ Self.length)]) {
        text = bytes[start..<(start &+ Self.length)].text
        localMicroseconds = time
        return
      }
      start &+= 1
    }
    return nil
  }

  /// The length of `yyyy/mm/dd hh:mm:ss.mmm`.
  private static let length = 23

  private static func read(_ bytes: ArraySlice<UInt8>) -> Int64? {
    var scanner = ASCIIScanner(bytes)
    guard let year = scanner.decimal(atMost: 9999), year >= 1970, scanner.skip(UInt8(ascii: "/")),
      let month = scanner.decimal(atMost: 12), scanner.skip(UInt8(ascii: "/")),
      let day = scanner.decimal(atMost: 31), scanner.skip(UInt8(ascii: " ")),
      let hour = scanner.decimal(atMost: 23), scanner.skip(UInt8(ascii: ":")),
      let minute = scanner.decimal(atMost: 59), scanner.skip(UInt8(ascii: ":")),
      let second = scanner.decimal(atMost: 60), scanner.skip(UInt8(ascii: ".")),
      let thousandth = scanner.decimal(atMost: 999), scanner.isAtEnd,
      let date = CalendarDay(year: year, month: month, day: day)
    else { return nil }
    let seconds = date.daysSince1970 &* 86_400 &+ Int64(hour &* 3600 &+ minute &* 60 &+ second)
    return seconds &* 1_000_000 &+ Int64(thousandth &* 1000)
  }
}
