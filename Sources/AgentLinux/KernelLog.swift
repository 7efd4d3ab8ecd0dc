// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol
import CAgentPlatform
import PCI

extension LinuxPlatform {
  /// The most records that are looked through in one call: more than a log buffer of 32 MiB can hold.
  private static var recordLimit: Int { 1_000_000 }
  /// The most lines that are told (specification, 9.8), always the latest.
  private static var lineLimit: Int { 4096 }

  /// Reads `/dev/kmsg` from its oldest record to its newest, never waiting (Linux, Documentation/ABI/testing/dev-kmsg).
  package func log(from cursor: UInt64, _ body: (UInt64, LogLine) -> Bool) throws(ProtocolError) {
    for (number, line) in try balloonLines().suffix(Self.lineLimit) where number >= cursor {
      guard body(number, line) else { return }
    }
  }

  /// The balloon's lines, the latest ``lineLimit`` of them among others at most.
  private func balloonLines() throws(ProtocolError) -> [(UInt64, LogLine)] {
    var lines: [(UInt64, LogLine)] = []
    try records { record in
      if let line = KernelLogRecord.balloonLine(record) { lines.append(line) }
      if lines.count >= 2 * Self.lineLimit { lines.removeFirst(lines.count &- Self.lineLimit) }
      return true
    }
    return lines
  }

  /// Gives the log's records, and the lines of their further properties, to `body`, oldest first, until that returns
  /// false.
  func records(_ body: (ArraySlice<UInt8>) -> Bool) throws(ProtocolError) {
    let path = "/dev/kmsg"
    let opened = vb_open_read(files.root + path)
    guard opened >= 0 else { throw SystemError(code: opened).methodFailure(path) }
    let descriptor = Int32(truncatingIfNeeded: opened)
    defer { vb_close(descriptor) }

    // The kernel gives one record a read, and refuses with EINVAL a buffer that is too small for it; a captured file
    // gives several, which lines tell apart just as well.
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    var unfinished: [UInt8] = []
    for _ in 0..<Self.recordLimit {
      let count = buffer.withUnsafeMutableBufferPointer { vb_read(descriptor, $0.baseAddress, Int64($0.count)) }
      guard count > 0, count <= buffer.count else {
        if count == 0 { return }
        let error = SystemError(code: count)
        switch error.kind {
        case .again: return
        // The next read goes on with the oldest record that is still there.
        case .overwritten: continue
        default: throw error.methodFailure(path)
        }
      }
      buffer.withUnsafeBufferPointer { unfinished += UnsafeBufferPointer(rebasing: $0[..<Int(count)]) }
      var start = 0
      while let end = unfinished[start...].firstIndex(of: UInt8(ascii: "\n")) {
        guard body(unfinished[start..<end]) else { return }
        start = end &+ 1
      }
      unfinished.removeSubrange(..<start)
      // No record is that long: this is no kernel log.
      guard unfinished.count <= 64 << 10 else { throw ProtocolError(.internalError, path + ": no records") }
    }
    throw ProtocolError(.internalError, path + ": more than " + String(Self.recordLimit) + " records")
  }
}

/// One record of `/dev/kmsg`: `6,339,5140900,-;virtio_balloon virtio0: Out of puff! Can't get 1 pages`.
enum KernelLogRecord {
  /// The record's sequence number and line, if it is about the balloon.
  static func balloonLine(_ record: ArraySlice<UInt8>) -> (number: UInt64, line: LogLine)? {
    // Lines that begin with a space are a record's further properties.
    guard record.first != UInt8(ascii: " "), let semicolon = record.firstIndex(of: UInt8(ascii: ";")) else {
      return nil
    }
    let text = record[record.index(after: semicolon)...]
    guard contains("virtio_balloon", in: text) else { return nil }
    let fields = record[..<semicolon].split(separator: UInt8(ascii: ","), maxSplits: 3)
    guard fields.count >= 3, let number = decimalNumber(fields[1]), number < 1 << 53 else { return nil }
    let unescaped = String(decoding: unescaped(text), as: UTF8.self).cut(toBytes: textLimit)
    return (number, LogLine(microseconds: decimalNumber(fields[2]), text: unescaped))
  }

  /// The kernel itself cuts a line's text at 1 KiB (LOG_LINE_MAX).
  private static var textLimit: Int { 2048 }

  /// The kernel writes control characters, bytes above 0x7e and the backslash as `\x1b`.
  private static func unescaped(_ text: ArraySlice<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = text
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3, rest.first == UInt8(ascii: "x"),
        let high = hexDigit(rest[rest.startIndex &+ 1]), let low = hexDigit(rest[rest.startIndex &+ 2])
      {
        bytes.append(high << 4 | low)
        rest.removeFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }

  private static func contains(_ word: StaticString, in text: ArraySlice<UInt8>) -> Bool {
    let length = word.utf8CodeUnitCount
    return text.withUnsafeBufferPointer { text in
      guard text.count >= length, length > 0 else { return false }
      let first = word.utf8Start[0]
      for start in 0...(text.count &- length) where text[start] == first {
        var matched = 1
        while matched < length, text[start &+ matched] == word.utf8Start[matched] { matched &+= 1 }
        if matched == length { return true }
      }
      return false
    }
  }
}
