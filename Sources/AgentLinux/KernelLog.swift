// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol
import CAgentPlatform

extension LinuxPlatform {
  /// The most records that are looked through in one call: far more than a log buffer of 16 MiB can hold.
  private static var recordLimit: Int { 250_000 }

  /// Reads `/dev/kmsg` from its oldest record to its newest, never waiting (Linux, Documentation/ABI/testing/dev-kmsg).
  package func log(from cursor: UInt64, _ body: (UInt64, LogLine) -> Bool) throws(ProtocolError) {
    let path = "/dev/kmsg"
    let opened = vb_open_read(files.root + path)
    guard opened >= 0 else { throw SystemError(code: opened).methodFailure(path) }
    let descriptor = Int32(truncatingIfNeeded: opened)
    defer { vb_close(descriptor) }

    // The kernel gives one record a read, and refuses with EINVAL a buffer that is too small for it; a captured file
    // gives several, which lines tell apart just as well.
    var buffer = [UInt8](repeating: 0, count: 16 << 10)
    var unfinished: [UInt8] = []
    var records = 0
    var last: UInt64 = 0
    while records < Self.recordLimit {
      let count = buffer.withUnsafeMutableBufferPointer { vb_read(descriptor, $0.baseAddress, Int64($0.count)) }
      guard count > 0, count <= buffer.count else {
        if count == 0 { return }
        let error = SystemError(code: count)
        switch error.kind {
        case .again: return
        case .overwritten:
          // The next read goes on with the oldest record that is still there.
          records &+= 1
          continue
        default: throw error.methodFailure(path)
        }
      }
      unfinished += buffer[..<Int(count)]
      while let end = unfinished.firstIndex(of: UInt8(ascii: "\n")) {
        records &+= 1
        if let (number, line) = KernelLogRecord.balloonLine(unfinished[..<end]), number >= cursor {
          guard body(number, line) else { return }
          last = number
        }
        unfinished.removeSubrange(...end)
      }
      // No record is that long: this is no kernel log.
      guard unfinished.count <= 64 << 10 else { throw ProtocolError(.internalError, path + ": no records") }
    }
    _ = body(
      last &+ 1,
      LogLine(
        microseconds: nil, text: "the log has more than " + String(Self.recordLimit) + " records" + String.cutMark))
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
    guard isAboutBalloon(text) else { return nil }
    let fields = record[..<semicolon].split(separator: UInt8(ascii: ","), maxSplits: 3)
    guard fields.count >= 3, let number = decimalNumber(fields[1]), number < 1 << 53 else { return nil }
    return (number, LogLine(microseconds: decimalNumber(fields[2]), text: String(decoding: text, as: UTF8.self)))
  }

  /// Every spelling the kernel uses: the driver's (`virtio_balloon virtio0:`), udev's and modprobe's, and the message
  /// of a balloon that finds no page.
  private static func isAboutBalloon(_ text: ArraySlice<UInt8>) -> Bool {
    contains("virtio_balloon", in: text) || contains("virtio-balloon", in: text) || contains("Out of puff", in: text)
  }

  private static func contains(_ word: StaticString, in text: ArraySlice<UInt8>) -> Bool {
    let length = word.utf8CodeUnitCount
    guard text.count >= length else { return false }
    for start in text.startIndex...(text.endIndex &- length) where text[start] == word.utf8Start[0] {
      var matched = 1
      while matched < length, text[start &+ matched] == word.utf8Start[matched] { matched &+= 1 }
      if matched == length { return true }
    }
    return false
  }
}
