// SPDX-License-Identifier: BSD-3-Clause
import CAgentPlatform

/// Writes replies to a descriptor whose reader may be slow, absent, or never read.
///
/// A reply that the reader does not take in time is given up, half-written or not: the next one begins with 0x1E, and
/// the reader is in step again. After that no reply waits until one has gone out whole, so that a peer which floods
/// requests and reads nothing cannot hold up one that comes after it.
struct ReplyWriter {
  let descriptor: Int32
  /// How long a reader may take nothing at all, in milliseconds.
  static let patience: Int64 = 5_000

  private var isCongested = false

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
      guard !isCongested, try waitForRoom() else { return }
    }
    isCongested = false
  }

  /// Waits until the descriptor takes bytes; false when it hung up or ``patience`` is over.
  private mutating func waitForRoom() throws(SystemError) -> Bool {
    let ready = vb_poll(descriptor, 1, Int32(Self.patience))
    guard ready >= 0 else { throw SystemError(code: ready) }
    let bits = UInt32(truncatingIfNeeded: ready)
    if bits == 0 { isCongested = true }
    return bits & VB_WRITABLE.rawValue != 0
  }
}
