// SPDX-License-Identifier: GPL-3.0-or-later

/// One `<shmem>`: QEMU's ivshmem, 1af4:1110, whose class 0500 makes Windows call it "PCI standard RAM Controller".
package struct SharedMemoryDevice: Sendable, Equatable {
  package var name: String?
  /// `ivshmem-plain`, `ivshmem-doorbell`, `ivshmem`.
  package var model: String?
  /// Bytes.
  package var size: UInt64?
  package var alias: String?
  package var address: DeviceAddress?
}
