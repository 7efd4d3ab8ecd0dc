// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension EvidenceReader {
  /// The most that the balloon can leave the guest: its maximum without virtio-mem, which a balloon's size does not
  /// count (QEMU hw/virtio/virtio-balloon.c; measured with 7.2: `actual` is the memory at start and its DIMMs).
  ///
  /// Cited; `nil`, with what is missing noted, when it is not known.
  mutating func balloonMaximum() -> UInt64? {
    guard let maximum = require(\.configuration.maximum) else { return nil }
    guard let virtio = virtioMemory() else { return maximum }
    guard virtio < maximum else {
      note(
        missing:
          "virtio-mem has \(EvidenceText.size(virtio)), no less than the maximum, so the balloon's part of it is "
          + "not known", at: "configuration.virtioMemory", ask: nil)
      return nil
    }
    return maximum - virtio
  }

  /// How much memory comes by plugged-in DIMMs, cited where there are any; else 0.
  mutating func dimmMemory() -> UInt64 {
    guard let bytes = peek(\.configuration.dimmMemory).value, bytes > 0 else { return 0 }
    _ = read(\.configuration.dimmMemory)
    return bytes
  }

  /// How much memory comes by virtio-mem, cited; `nil` when none does or nobody knows of any.
  mutating func virtioMemory() -> UInt64? {
    guard let bytes = peek(\.configuration.virtioMemory).value, bytes > 0 else { return nil }
    _ = read(\.configuration.virtioMemory)
    return bytes
  }
}
