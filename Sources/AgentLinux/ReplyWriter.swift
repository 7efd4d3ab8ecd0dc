// SPDX-License-Identifier: BSD-3-Clause
import CAgentPlatform

/// Writes replies to a descriptor whose reader may be slow, absent, or never read.
///
/// A reply that the reader does not take in time is given up, half-written or not: the next one begins with 0x1E, and
/// the reader is in step again. After one was given up the following ones do not wait again, so that a peer which
/// floods requests and reads nothing cannot hold up one that comes after it.
struct ReplyWriter {
  let descriptor: Int32

  /// How long a reader may take nothing at all, in milliseconds.
  private static let patience: Int64 = 5_000
  /// How long a reader may be away, in milliseconds. A virtio port may hand over the bytes of a host that has just
  /// connected before the kernel has heard that it did (a control message, handled by a work queue): until then a
  /// write finds nobody there.
  private static let absence: Int64 = 1_000

  /// Why the last reply was given up.
  private enum Stall { case none, unread, away }
  private var stall = Stall.none

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes one record, or gives it up.
  /// - Throws: what the system says when the descriptor is of no further use.
  mutating func write(_ record: [UInt8]) throws(SystemError) {
    var offset = 0
    while offset < record.count {
      let written = record.withUnsafeBufferPointer { bytes in
        bytes.baseAddress.map { vb_write(descriptor, $0 + offset, Int64(bytes.count &- offset)) } ?? 0
      }
      if written > 0 {
        offset &+= Int(written)
        continue
      }
      let error = SystemError(code: written)
      guard written == 0 || error.kind == .again else { throw error }
      guard try waitForRoom() else { return }
    }
    stall = .none
  }

  /// Notes that all requests so far were answered; the next comes from a peer that may be another one.
  mutating func inputHasEnded(peerIsAway: Bool) {
    if peerIsAway || stall == .away { stall = .none }
  }

  /// Waits until the descriptor takes bytes; false when the reply is to be given up.
  private mutating func waitForRoom() throws(SystemError) -> Bool {
    if stall == .away { return false }
    // Who read nothing has gone by now; whoever comes gets time of its own.
    if stall == .unread, try !Self.hasHungUp(vb_poll(descriptor, 1, 0)) { return false }

    let opened = vb_edge_open(descriptor, 1)
    guard opened >= 0 else { throw SystemError(code: opened) }
    let edge = Int32(truncatingIfNeeded: opened)
    defer { vb_close(edge) }
    let start = vb_monotonic_milliseconds()
    var isAway = false
    while true {
      let limit = start &+ (isAway ? Self.absence : Self.patience)
      let ready = vb_edge_wait(edge, Int32(clamping: max(0, limit &- vb_monotonic_milliseconds())))
      guard ready >= 0 else { throw SystemError(code: ready) }
      if ready == 0 {
        stall = isAway ? .away : .unread
        return false
      }
      if UInt32(truncatingIfNeeded: ready) & VB_WRITABLE.rawValue != 0 { return true }
      isAway = try Self.hasHungUp(ready)
    }
  }

  private static func hasHungUp(_ ready: Int64) throws(SystemError) -> Bool {
    guard ready >= 0 else { throw SystemError(code: ready) }
    return UInt32(truncatingIfNeeded: ready) & VB_HUNG_UP.rawValue != 0
  }
}
