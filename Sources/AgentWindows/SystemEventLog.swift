// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import CAgentWindows
import WindowsPnP

/// The System event log's records about the balloon: those of its driver and service, and those of the service manager
/// that name them. Names are compared, never words.
enum SystemEventLog {
  /// How many records are looked through, from the newest.
  private static var recordLimit: Int { 16_384 }
  /// How many are kept, the newest.
  private static var entryLimit: Int { 512 }

  static func entries() throws(WindowsError) -> [BalloonLogEntry] {
    var log: UnsafeMutableRawPointer?
    let opened = vb_win_events_open(&log)
    guard opened >= 0, let log else { throw WindowsError(opened) }
    defer { vb_win_events_close(log) }
    var entries: [BalloonLogEntry] = []
    for _ in 0..<recordLimit where entries.count < entryLimit {
      var event = vb_win_event()
      let result = vb_win_events_next(log, &event)
      guard result >= 0 else { throw WindowsError(result) }
      if result == 0 { break }
      if let entry = entry(of: event) { entries.append(entry) }
    }
    return entries
  }

  private static func entry(of event: vb_win_event) -> BalloonLogEntry? {
    let source = WideText.string(UnsafeBufferPointer(start: event.source, count: Int(event.source_units)), limit: 256)
    let isOwn = names.contains { source.isSameWindowsName(as: $0) }
    guard isOwn || source.isSameWindowsName(as: "Service Control Manager") else { return nil }
    let strings = strings(of: event)
    guard isOwn || strings.contains(where: namesBalloon) else { return nil }
    let seconds = Int64(event.time)
    var text = UTCTime.text(seconds) + " " + source + " " + String(event.id & 0xffff)
    if !strings.isEmpty { text += ":" }
    for string in strings { text += " " + string }
    return BalloonLogEntry(milliseconds: seconds &* 1000, text: text, sequence: event.number)
  }

  private static var names: [String] { [BalloonNames.driverService, BalloonNames.statisticsService] }

  /// The service manager writes a service's name or its display name, which differs from installer to installer
  /// (`Balloon Service`, `BalloonService`; the driver's is `VirtIO Balloon Service`).
  private static func namesBalloon(_ string: String) -> Bool {
    [BalloonNames.driverService, BalloonNames.statisticsService, "Balloon Service", "VirtIO Balloon Service"]
      .contains { string.isSameWindowsName(as: $0) }
  }

  private static func strings(of event: vb_win_event) -> [String] {
    guard event.string_count > 0, let start = event.strings else { return [] }
    var strings: [String] = []
    var rest = UnsafeBufferPointer(start: start, count: Int(event.string_units))[...]
    while strings.count < 16, strings.count < event.string_count, let end = rest.firstIndex(of: 0) {
      strings.append(WideText.string(rest[..<end], limit: 512))
      rest = rest[(end &+ 1)...]
    }
    return strings
  }
}

/// `2026-11-21 06:49:58Z` of seconds since 1970.
enum UTCTime {
  static func text(_ seconds: Int64) -> String {
    // FileTime tells the day; steps of 100 ns since 1601.
    let steps = UInt64(clamping: (seconds &+ 11_644_473_600) &* 10_000_000)
    guard let day = FileTime.date(steps) else { return String(seconds) }
    let time = UInt64(clamping: seconds) % 86_400
    return day + " " + two(time / 3600) + ":" + two(time / 60 % 60) + ":" + two(time % 60) + "Z"
  }

  private static func two(_ number: UInt64) -> String { (number < 10 ? "0" : "") + String(number) }
}
