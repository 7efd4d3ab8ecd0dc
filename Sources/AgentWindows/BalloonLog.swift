// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol
import CAgentWindows
import WindowsPnP

extension WindowsPlatform {
  /// The most lines that are told (specification, 9.8), always the latest.
  private static var lineLimit: Int { 4096 }

  /// SetupAPI's sections about the balloon and the System log's records about it, in the order of their times.
  package func log(from cursor: UInt64, _ body: (UInt64, LogLine) -> Bool) throws(ProtocolError) {
    var entries: [BalloonLogEntry] = []
    var failures: [WindowsError] = []
    do throws(WindowsError) { entries += try SetupLogFile.entries() } catch { failures.append(error) }
    do throws(WindowsError) { entries += try SystemEventLog.entries() } catch { failures.append(error) }
    if failures.count == 2, let first = failures.first {
      throw first.methodFailure("setupapi.dev.log and the System event log")
    }
    entries.sort { $0.order < $1.order }
    // A number is the line's time, and the count of those before it that have the same: it stays while nothing is
    // written into the past.
    var previous: UInt64?
    let boot = Self.bootMicroseconds
    for (index, entry) in entries.enumerated() {
      var number = UInt64(clamping: entry.milliseconds ?? 0) << 10
      if let previous, previous >= number { number = previous &+ 1 }
      previous = number
      guard entries.count &- index <= Self.lineLimit, number >= cursor, number <= 1 << 53 else { continue }
      guard body(number, entry.line(boot: boot)) else { return }
    }
  }

  /// When Windows booted, in microseconds since 1970.
  private static var bootMicroseconds: Int64? {
    FileTime.unixSeconds(vb_win_clock()).map { $0 &* 1_000_000 &- Int64(clamping: vb_win_ticks()) &* 1000 }
  }
}

/// A line about the balloon from one of Windows' logs.
struct BalloonLogEntry {
  /// Since 1970, UTC; `nil` when its log does not tell.
  let milliseconds: Int64?
  let text: String
  /// Tells lines of the same time and log apart.
  let sequence: UInt32

  /// Lines without a time come first.
  var order: (Int64, UInt32) { (milliseconds ?? 0, sequence) }

  func line(boot: Int64?) -> LogLine {
    // What was before this boot has no time since it; the text has its date.
    var microseconds: UInt64?
    if let milliseconds, let boot { microseconds = UInt64(exactly: milliseconds &* 1000 &- boot) }
    return LogLine(microseconds: microseconds, text: text.cut(toBytes: 2048))
  }
}

/// `%SystemRoot%\INF\setupapi.dev.log`: what happened when drivers were installed.
enum SetupLogFile {
  /// How much of its end is read.
  private static var tail: Int64 { 4 << 20 }

  static func entries() throws(WindowsError) -> [BalloonLogEntry] {
    var offset: Int64 = 0
    var file: UnsafeMutableRawPointer?
    let opened = vb_win_setup_log_open(tail, &offset, &file)
    guard opened >= 0, let file else { throw WindowsError(opened) }
    defer { vb_win_file_close(file) }
    var log = SetupLog()
    var chunk = [UInt8](repeating: 0, count: 16 << 10)
    var left = tail
    while left > 0 {
      let count = chunk.withUnsafeMutableBufferPointer { vb_win_file_read(file, $0.baseAddress, Int64($0.count)) }
      guard count >= 0, count <= chunk.count else { throw WindowsError(count) }
      guard count > 0 else { break }
      log.append(chunk[..<Int(count)])
      left &-= count
    }
    log.finish()
    var entries: [BalloonLogEntry] = []
    for section in log.sections {
      let start = section.start.flatMap(utcMilliseconds)
      for line in section.lines {
        entries.append(
          BalloonLogEntry(
            milliseconds: line.time.flatMap(utcMilliseconds) ?? start, text: "setupapi.dev.log: " + line.text,
            sequence: UInt32(clamping: entries.count)))
      }
    }
    return entries
  }

  /// The log has local times.
  private static func utcMilliseconds(_ time: SetupTime) -> Int64? {
    let utc = vb_win_utc_milliseconds(time.localMicroseconds / 1000)
    return utc >= 0 ? utc : nil
  }
}
