// SPDX-License-Identifier: BSD-3-Clause

/// Writes and reads records: RFC 7464 JSON text sequences (0x1E, JSON text, LF), whose text holds no raw line feed.
package enum Record {
  /// RS, the byte that begins a record; it cannot occur inside a JSON text.
  package static let separator: UInt8 = 0x1e
  /// LF, the byte that ends a record.
  package static let terminator: UInt8 = 0x0a

  /// One record around a JSON value.
  package static func encode(_ value: JSON) -> [UInt8] {
    var out: [UInt8] = []
    // Most replies fit, and longer ones grow fewer times.
    out.reserveCapacity(4096)
    out.append(separator)
    value.write(to: &out)
    out.append(terminator)
    return out
  }
}

/// Cuts a stream of bytes into records, and is in step again at the next 0x1E whatever came before it.
///
/// Holds at most ``limit`` bytes and the last chunk given to it.
package struct RecordDecoder: Sendable {
  /// What the stream held next.
  package enum Event: Hashable, Sendable {
    /// A whole record: the bytes between 0x1E and LF.
    case record([UInt8])
    /// A record that another 0x1E cut short after `bytes` bytes.
    case truncated(bytes: Int)
    /// A record longer than the limit; the rest of it, to the next 0x1E or LF, is skipped.
    case oversize
    /// `bytes` bytes that stood outside any record. One stretch of them is told in as many parts as it arrived in.
    case garbage(bytes: Int)
  }

  /// The longest record, in bytes without its separator and terminator.
  package let limit: Int

  private enum State: Sendable { case outside, inside, skipping }
  private var state = State.outside
  /// Bytes not yet told about; `scanned` of them are known to hold no separator or terminator.
  private var pending: [UInt8] = []
  private var start = 0
  private var scanned = 0

  package init(limit: Int) { self.limit = limit }

  /// Whether a record has begun and not ended.
  package var isInsideRecord: Bool { state != .outside }

  /// Adds the next bytes of the stream.
  package mutating func append(_ bytes: some Collection<UInt8>) {
    if start > 0 {
      pending.removeSubrange(..<start)
      scanned -= start
      start = 0
    }
    pending += bytes
  }

  /// The next event, `nil` when more bytes are needed.
  package mutating func next() -> Event? {
    while true {
      switch state {
      case .outside:
        guard start < pending.count else { return nil }
        let separator = pending[start...].firstIndex(of: Record.separator)
        let end = separator ?? pending.count
        let count = end - start
        consume(to: separator.map { $0 + 1 } ?? end)
        if separator != nil { state = .inside }
        if count > 0 { return .garbage(bytes: count) }
      case .skipping:
        guard start < pending.count else { return nil }
        let found = pending[start...].firstIndex { $0 == Record.separator || $0 == Record.terminator }
        guard let found else {
          consume(to: pending.count)
          return nil
        }
        state = pending[found] == Record.separator ? .inside : .outside
        consume(to: found + 1)
      case .inside:
        let found = pending[scanned...].firstIndex { $0 == Record.separator || $0 == Record.terminator }
        let end = found ?? pending.count
        guard end - start <= limit else {
          // The byte that ended it, if it has come, is left in place for the state that follows.
          consume(to: end)
          state = .skipping
          return .oversize
        }
        guard let found else {
          scanned = end
          return nil
        }
        let record = Array(pending[start..<found])
        consume(to: found + 1)
        if pending[found] == Record.terminator {
          state = .outside
          return .record(record)
        }
        // RFC 7464, 2.1: separators in a row stand for one.
        if !record.isEmpty { return .truncated(bytes: record.count) }
      }
    }
  }

  private mutating func consume(to index: Int) {
    start = index
    scanned = index
  }
}
