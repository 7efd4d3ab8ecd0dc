// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt

/// What libvirt knows of a domain's memory: some of it from the balloon driver in the guest, some from the host.
///
/// What the driver has not delivered is not there: libvirt leaves out QEMU's -1.
package struct MemoryStatistics: Hashable, Sendable {
  /// `virDomainMemoryStatTags`; open, so that a tag of a newer libvirt is carried along.
  package struct Tag: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// From the guest: memory read back from swap, KiB.
    package static let swapIn = Tag(VIR_DOMAIN_MEMORY_STAT_SWAP_IN)
    /// From the guest: memory written to swap, KiB.
    package static let swapOut = Tag(VIR_DOMAIN_MEMORY_STAT_SWAP_OUT)
    /// From the guest: page faults that needed input or output, a count.
    package static let majorFaults = Tag(VIR_DOMAIN_MEMORY_STAT_MAJOR_FAULT)
    /// From the guest: the other page faults, a count.
    package static let minorFaults = Tag(VIR_DOMAIN_MEMORY_STAT_MINOR_FAULT)
    /// From the guest: memory used for nothing (virtio's MEMFREE), KiB.
    package static let unused = Tag(VIR_DOMAIN_MEMORY_STAT_UNUSED)
    /// From the guest: all the memory that its system sees (virtio's MEMTOT, not MEMAVAIL), KiB.
    package static let available = Tag(VIR_DOMAIN_MEMORY_STAT_AVAILABLE)
    /// From QEMU: the memory left to the guest by the balloon, KiB. Not the target.
    package static let actual = Tag(VIR_DOMAIN_MEMORY_STAT_ACTUAL_BALLOON)
    /// From the host: resident memory of the hypervisor's process, KiB.
    package static let residentSet = Tag(VIR_DOMAIN_MEMORY_STAT_RSS)
    /// From the guest: what it could use without swapping (virtio's MEMAVAIL), KiB. Since libvirt 2.1.0.
    package static let usable = Tag(VIR_DOMAIN_MEMORY_STAT_USABLE)
    /// From QEMU: when the guest last delivered statistics, in seconds since the epoch by the clock of the domain's
    /// host; 0 when it never did. Since libvirt 2.1.0.
    package static let lastUpdate = Tag(VIR_DOMAIN_MEMORY_STAT_LAST_UPDATE)
    /// From the guest: caches that can be dropped at once, KiB. Since libvirt 4.6.0.
    package static let diskCaches = Tag(VIR_DOMAIN_MEMORY_STAT_DISK_CACHES)
    /// From the guest: successful huge page allocations, a count. Since libvirt 5.4.0.
    package static let hugePageAllocations = Tag(VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGALLOC)
    /// From the guest: failed huge page allocations, a count. Since libvirt 5.4.0.
    package static let hugePageFailures = Tag(VIR_DOMAIN_MEMORY_STAT_HUGETLB_PGFAIL)

    private init(_ tag: virDomainMemoryStatTags) { self.init(rawValue: Int32(bitPattern: tag.rawValue)) }
  }

  package struct Entry: Hashable, Sendable {
    package let tag: Tag
    /// In the tag's unit.
    package let value: UInt64
    package init(tag: Tag, value: UInt64) {
      self.tag = tag
      self.value = value
    }
  }

  /// In libvirt's order, unknown tags included.
  package let entries: [Entry]

  package init(entries: [Entry]) { self.entries = entries }

  /// The value in the tag's unit; nil when libvirt gave none, or gave 2^64-1, which stands for none.
  package subscript(tag: Tag) -> UInt64? {
    guard let value = entries.first(where: { $0.tag == tag })?.value, value != .max else { return nil }
    return value
  }

  /// The corresponding C function is `virDomainMemoryStats`.
  init(_ domain: OpaquePointer, _ libvirt: LibvirtFunctions) throws(LibvirtError) {
    // Room for what later versions may add: libvirt writes no more than it knows (13 tags in 9.0).
    var buffer = [virDomainMemoryStatStruct](repeating: virDomainMemoryStatStruct(), count: 64)
    let count = libvirt.virDomainMemoryStats(domain, &buffer, UInt32(buffer.count), 0)
    guard count >= 0 else { throw libvirt.lastError() }
    self.init(entries: buffer.prefix(Int(count)).map { Entry(tag: Tag(rawValue: $0.tag), value: $0.val) })
  }
}
