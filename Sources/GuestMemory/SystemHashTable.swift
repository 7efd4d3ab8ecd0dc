// SPDX-License-Identifier: GPL-3.0-or-later

/// One of the kernel's hash tables that are as large as the memory suggests: of the *maximum*, since they are made at
/// boot and never again.
///
/// Source: alloc_large_system_hash() in mm/page_alloc.c up to 6.3 and mm/mm_init.c since; the callers, named at each
/// table, give the scale. Compared with what Debian's 6.1 and 6.12 print at boot, from 1 to 64 GiB.
package struct SystemHashTable: Hashable, Sendable {
  package let name: String
  /// One bucket for 2^scale bytes of memory.
  package let scale: UInt64
  /// Bytes of one bucket.
  package let bucket: UInt64
  /// The most buckets; `nil`: a sixteenth of all memory, and growing at half the speed from 64 GiB on.
  package let limit: UInt64?
  /// Made before the page allocator is there (HASH_EARLY): never part of MemTotal. Others are part of it, and used.
  package let isEarly: Bool

  /// What the kernels of distributions have.
  package static let all = [
    SystemHashTable(name: "dentry cache", scale: 13, bucket: 8, limit: nil, isEarly: true),  // fs/dcache.c
    SystemHashTable(name: "inode cache", scale: 14, bucket: 8, limit: nil, isEarly: true),  // fs/inode.c
    SystemHashTable(name: "mount cache", scale: 19, bucket: 8, limit: nil, isEarly: false),  // fs/namespace.c
    SystemHashTable(name: "mountpoint cache", scale: 19, bucket: 8, limit: nil, isEarly: false),
    SystemHashTable(name: "TCP established", scale: 17, bucket: 8, limit: 512 << 10, isEarly: false),  // net/ipv4/tcp.c
    SystemHashTable(name: "TCP bind", scale: 17, bucket: 32, limit: 64 << 10, isEarly: false),
    SystemHashTable(name: "TCP listening", scale: 21, bucket: 16, limit: 64 << 10, isEarly: false),
    SystemHashTable(name: "UDP", scale: 21, bucket: 32, limit: 64 << 10, isEarly: false),  // net/ipv4/udp.c
    SystemHashTable(name: "UDP-Lite", scale: 21, bucket: 32, limit: 64 << 10, isEarly: false),
    SystemHashTable(name: "IP idents", scale: 16, bucket: 8, limit: 256 << 10, isEarly: false),  // net/ipv4/route.c
    SystemHashTable(name: "MPTCP token", scale: 20, bucket: 24, limit: 64 << 10, isEarly: false),  // net/mptcp/token.c
  ]

  /// Its size in bytes with `memory` bytes that the kernel may use: the maximum less the page array.
  package func size(memory: UInt64) -> UInt64 {
    // The kernel rounds up to a whole mebibyte.
    let mebibyte: UInt64 = 1 << 20
    let (raised, overflow) = memory.addingReportingOverflow(mebibyte - 1)
    let rounded = overflow ? memory / mebibyte * mebibyte : raised / mebibyte * mebibyte
    var scale = scale
    if limit == nil {
      // ADAPT_SCALE_BASE, ADAPT_SCALE_SHIFT: from 64 GiB on, half the buckets for each quadrupling.
      var base: UInt64 = 64 << 30
      while base < rounded {
        scale += 1
        let (next, beyond) = base.multipliedReportingOverflow(by: 4)
        if beyond { break }
        base = next
      }
    }
    // A page at least, then the next power of two, then the limits, and down to a power of two again.
    let buckets = max(rounded >> scale, 4096 / bucket)
    let most = limit ?? max(1, memory / 16 / bucket)
    return Self.powerOfTwo(notAbove: min(Self.powerOfTwo(notBelow: buckets), most)) * bucket
  }

  /// How much smaller or larger it is if the kernel counts up to `reserved` bytes of `memory` as not usable: newer
  /// kernels leave out what is reserved already (calc_nr_kernel_pages), older ones do not. Mostly 0.
  package func doubt(memory: UInt64, reserved: UInt64) -> UInt64 {
    let (one, other) = (size(memory: memory), size(memory: memory - min(memory, reserved)))
    return max(one, other) - min(one, other)
  }

  private static func powerOfTwo(notBelow value: UInt64) -> UInt64 {
    guard value > 1 else { return 1 }
    let bits = UInt64.bitWidth - (value - 1).leadingZeroBitCount
    return bits < UInt64.bitWidth ? 1 << UInt64(bits) : 1 << 63
  }

  private static func powerOfTwo(notAbove value: UInt64) -> UInt64 {
    value == 0 ? 0 : 1 << UInt64(UInt64.bitWidth - 1 - value.leadingZeroBitCount)
  }
}
