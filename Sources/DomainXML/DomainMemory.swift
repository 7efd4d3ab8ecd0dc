// SPDX-License-Identifier: GPL-3.0-or-later

/// How much memory the domain has, and how the host backs it. Sizes are bytes.
package struct DomainMemory: Sendable, Equatable {
  /// `<memory>`: what the guest is given at boot, and the most that a balloon can leave it.
  package var maximum: UInt64?
  /// `<currentMemory>`. In the XML of a running domain libvirt writes the balloon's *actual* size here, never its
  /// target; in an inactive one it is what the guest is meant to have.
  package var current: UInt64?
  /// `<maxMemory>`: to how much memory devices may be plugged in.
  package var hotplugMaximum: UInt64?
  /// How many memory devices may be plugged in.
  package var hotplugSlots: UInt32?
  /// The sizes of all `<memory model='virtio-mem'>` devices together, which ``maximum`` includes; `nil` without any.
  package var virtio: UInt64?
  /// Of all `<memory model='dimm'>`, which ``maximum`` includes; `nil` without any.
  package var dimm: UInt64?
  /// Of all that is no RAM, `<memory model='nvdimm'>` and `virtio-pmem`, which ``maximum`` includes as well (measured
  /// with libvirt 9.0, NVDIMMs; the stored ``current`` does, too); `nil` without any.
  package var persistent: UInt64?
  /// `<numa><cell memory>` together: what the machine is started with, where libvirt knows of nodes; `nil` without any.
  package var cells: UInt64?
  package var backing: Backing

  /// `<memoryBacking>`.
  package struct Backing: Sendable, Equatable {
    /// Whether the guest's memory is in huge pages, which a balloon of 4 KiB pages cannot give back.
    package var usesHugepages: Bool
    /// The page sizes asked for, in bytes; empty with huge pages of the host's default size.
    package var hugepageSizes: [UInt64]
    /// Whether the memory is locked in the host's RAM.
    package var isLocked: Bool
    /// Whether the host may not merge equal pages.
    package var forbidsSharing: Bool
    /// `file`, `anonymous` or `memfd`.
    package var source: String?
    /// `shared` or `private`.
    package var access: String?
    /// `immediate` or `ondemand`.
    package var allocation: String?
    /// Whether freed memory is discarded when the guest ends.
    package var discards: Bool
  }
}
