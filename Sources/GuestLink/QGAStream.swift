// SPDX-License-Identifier: GPL-3.0-or-later

/// Divides qemu-ga's bytes into lines, whatever pieces they come in.
///
/// A reply is one line of JSON. 0xFF, which no UTF-8 text holds, precedes the reply to `guest-sync-delimited`: whatever
/// stands unfinished before it belongs to nobody. Source: QEMU qga/qapi-schema.json, guest-sync-delimited.
package struct QGAStream: Sendable {
  /// What the bytes amount to.
  package enum Event: Hashable, Sendable {
    /// A whole line without its end; never a blank one.
    case line([UInt8])
    /// So many bytes of a line that a sentinel cut short.
    case cut(bytes: Int)
    /// A line beyond the limit; its bytes are gone.
    case oversize
  }

  /// The byte that no JSON text holds.
  package static let sentinel: UInt8 = 0xff

  private let limit: Int
  private var pending: [UInt8] = []
  /// Whether the present line has exceeded the limit, so that its rest is dropped.
  private var isSkipping = false
  private var events: [Event] = []
  private var taken = 0

  /// - Parameter limit: the longest line that is kept, in bytes.
  package init(limit: Int) { self.limit = limit }

  /// Takes the next bytes of the stream.
  package mutating func append(_ bytes: [UInt8]) {
    for byte in bytes {
      switch byte {
      case Self.sentinel:
        if isSkipping {
          events.append(.oversize)
        } else if !pending.isEmpty {
          events.append(.cut(bytes: pending.count))
        }
        reset()
      case UInt8(ascii: "\n"):
        if isSkipping {
          events.append(.oversize)
        } else if !pending.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) {
          events.append(.line(pending))
        }
        reset()
      default:
        guard !isSkipping else { continue }
        if pending.count < limit {
          pending.append(byte)
        } else {
          pending = []
          isSkipping = true
        }
      }
    }
  }

  /// The next event; `nil` when more bytes are needed.
  package mutating func next() -> Event? {
    guard taken < events.count else {
      events.removeAll(keepingCapacity: true)
      taken = 0
      return nil
    }
    taken += 1
    return events[taken - 1]
  }

  /// Drops everything that has come; returns whether that was more than nothing.
  package mutating func drop() -> Bool {
    let hadMore = taken < events.count || !pending.isEmpty || isSkipping
    events = []
    taken = 0
    reset()
    return hadMore
  }

  private mutating func reset() {
    pending = []
    isSkipping = false
  }
}
