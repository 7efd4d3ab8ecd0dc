// SPDX-License-Identifier: GPL-3.0-or-later

/// What ``VisibleMemoryModel`` says of one guest. All sizes are bytes.
package struct VisibleMemoryPrediction: Hashable, Sendable {
  /// One thing that the guest does not get to see, and why.
  package struct Part: Hashable, Sendable {
    package enum ID: String, Hashable, Sendable, CaseIterable {
      /// One `struct page` for each page of the maximum.
      case pageArray = "page-array"
      /// The tables of dentries and inodes, which are made before the page allocator.
      case hashTables = "hash-tables"
      /// The kernel's code and data.
      case kernelImage = "kernel-image"
      /// The bounce buffer for devices that cannot reach above 4 GiB.
      case bounceBuffer = "bounce-buffer"
      /// Page tables of the map of all memory.
      case directMap = "direct-map"
      /// What is set aside for each processor.
      case processors
      case firmware
      case crashKernel = "crash-kernel"
      /// The rest that was measured and has no rule.
      case other
      /// What the balloon takes.
      case balloon
    }
    package let id: ID
    package let bytes: UInt64
    /// Where the figure comes from, as a sentence.
    package let source: String
  }

  /// How near the guest is to running out of memory once the balloon has its target.
  package enum Danger: Hashable, Sendable, Comparable {
    case none
    /// The headroom costs more than half of what the guest is left with; or more than an eighth, and what it will see
    /// beside its reserve is less than ``VisibleMemoryModel/workingMemory``: whether it comes up depends on what it
    /// starts.
    case likely
    /// What the kernel has set aside for the maximum leaves no more than the reserve that Linux gives to no program
    /// (``VisibleMemoryModel/reserve(maximum:chipset:)``): the guest runs out of memory as the balloon grows. Seen in
    /// samples/experiments as a kernel panic, "System is deadlocked on memory".
    case certain
  }

  /// The size of the machine, and what the balloon is to leave of it; never more than that.
  package let maximum: UInt64
  package let current: UInt64
  /// MemTotal, once the balloon has reached its target and unless DEFLATE_ON_OOM was negotiated; `nil` where the guest
  /// cannot get there: it runs out of memory first.
  package let visible: UInt64?
  /// MemTotal before the balloon's driver is loaded, and for ever with DEFLATE_ON_OOM; `nil` when not even the maximum
  /// holds what the kernel sets aside.
  package let visibleBeforeBalloon: UInt64?
  /// Each thing that is missing from the maximum; where there is a ``visible``, it and their sum are the maximum.
  package let parts: [Part]
  /// What the kernel and the firmware keep: all of ``parts`` but the balloon. This must fit in ``current`` before any
  /// program does.
  package let atBoot: UInt64
  /// What the other hash tables take, out of what is visible, at boot.
  package let usedByTables: UInt64
  /// What the page array of plugged-in DIMMs takes, out of what is visible.
  package let usedByPlugged: UInt64
  /// How much more is kept than by the same guest with a maximum of ``current``: the price of headroom that is not
  /// used.
  package let headroomCost: UInt64
  /// What no program gets of what is visible: see ``VisibleMemoryModel/reserve(maximum:chipset:)``.
  package let reserve: UInt64
  /// How far ``visible`` may be wrong, either way.
  package let uncertainty: UInt64
  package let danger: Danger

  package subscript(part: Part.ID) -> UInt64 { parts.first { $0.id == part }?.bytes ?? 0 }
}
