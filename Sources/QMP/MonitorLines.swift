// SPDX-License-Identifier: GPL-3.0-or-later

/// Divides a monitor's bytes into lines, whatever pieces they come in. Source: QEMU docs/interop/qmp-spec: one JSON
/// object a line, ended by CR LF.
package struct MonitorLines: Sendable {
  /// The longest line that is taken, in bytes without its end: 16 MiB.
  package static let limit = 16 << 20

  private var bytes: [UInt8] = []
  /// Where the next line begins.
  private var start = 0
  /// How far the search for its end has come.
  private var searched = 0
  private let limit: Int

  package init(limit: Int = MonitorLines.limit) { self.limit = limit }

  /// The bytes that belong to no finished line.
  package var pending: ArraySlice<UInt8> { bytes[start...] }

  /// Takes the next bytes of the stream.
  package mutating func append(_ more: [UInt8]) {
    if start > 0, start >= bytes.count / 2 {
      bytes.removeFirst(start)
      searched -= start
      start = 0
    }
    bytes += more
  }

  /// The next line without its end; `nil` when more bytes are needed. Empty lines are skipped.
  /// - Throws: `.malformed` when a line exceeds the limit; the stream is of no use then.
  package mutating func next() throws(QMPError) -> [UInt8]? {
    while let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
      var line = bytes[start..<end]
      if line.last == UInt8(ascii: "\r") { line = line.dropLast() }
      start = end + 1
      searched = start
      guard line.count <= limit else { throw tooLong }
      if !line.isEmpty { return Array(line) }
    }
    searched = bytes.count
    guard bytes.count - start <= limit else { throw tooLong }
    return nil
  }

  private var tooLong: QMPError { QMPError(.malformed, "the monitor sent a line longer than \(limit) bytes") }
}
