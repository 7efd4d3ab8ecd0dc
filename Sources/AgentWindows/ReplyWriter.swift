// SPDX-License-Identifier: BSD-3-Clause
import CAgentWindows

/// Writes replies to a port whose reader may be slow, absent, or never read.
///
/// A reply that the reader does not take in time is withdrawn and given up, half-written or not: the next one begins
/// with 0x1E, and the reader is in step again. After one was given up those after it hardly wait, so that a peer which
/// floods requests and reads nothing cannot hold up one that comes after it.
struct ReplyWriter {
  /// How long a reader may take nothing at all, in milliseconds.
  private static var patience: Int32 { 5_000 }
  /// How long it may once it has let a reply wait so long: what a reader needs that is just late.
  private static var impatience: Int32 { 20 }
  /// How long a reader may be away. The driver hands over the bytes of a host that has just connected maybe before it
  /// knows that it did, and refuses to write until then.
  private static var absence: UInt64 { 1_000 }

  /// Whether the last reply was given up.
  private var isStalled = false

  /// Writes one record, or gives it up.
  /// - Throws: what Windows says when the port is of no further use, and when the wait was called off.
  mutating func write(_ record: [UInt8], to port: borrowing PortChannel) throws(WindowsError) {
    var offset = 0
    var refusedSince: UInt64?
    var pause: Int32 = 1
    while offset < record.count {
      do throws(WindowsError) {
        let limit = isStalled ? Self.impatience : Self.patience
        let written = try port.write(record, from: offset, milliseconds: limit)
        guard written > 0 else {
          isStalled = true
          return
        }
        offset &+= written
        refusedSince = nil
        pause = 1
      } catch {
        guard error.kind == .cannotWait || error.kind == .noPeer else { throw error }
        // The host is away or its queue is full: the driver does not say which, nor when that ends.
        let now = vb_win_ticks()
        let since = refusedSince ?? now
        refusedSince = since
        guard !isStalled, now &- since < Self.absence else {
          isStalled = true
          return
        }
        try Pause.wait(milliseconds: pause)
        pause = min(pause &* 2, 100)
      }
    }
    isStalled = false
  }

  /// Notes that all requests so far were answered; the next comes from a peer that may be another one.
  mutating func inputHasEnded() { isStalled = false }
}
