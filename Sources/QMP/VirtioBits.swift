// SPDX-License-Identifier: GPL-3.0-or-later

/// Status and features as numbers, for a QEMU that does not put them into words: the command is unstable by its name.
///
/// Source: virtio 1.2, 2.1, 5.5.3 and 6; the words are QEMU's.
enum VirtioBits {
  typealias Word = (bit: UInt64, name: String)

  static let status: [Word] = [
    (0, "ACKNOWLEDGE"), (1, "DRIVER"), (3, "FEATURES_OK"), (2, "DRIVER_OK"), (6, "NEEDS_RESET"), (7, "FAILED"),
  ]
  static let balloon: [Word] = [
    (0, "MUST_TELL_HOST"), (1, "STATS_VQ"), (2, "DEFLATE_ON_OOM"), (3, "FREE_PAGE_HINT"), (4, "PAGE_POISON"),
    (5, "REPORTING"),
  ]
  static let transport: [Word] = [
    (24, "NOTIFY_ON_EMPTY"), (27, "ANY_LAYOUT"), (28, "INDIRECT_DESC"), (29, "EVENT_IDX"), (32, "VERSION_1"),
    (33, "IOMMU_PLATFORM"), (34, "RING_PACKED"), (35, "IN_ORDER"), (36, "ORDER_PLATFORM"),
  ]

  /// The words of the bits that are set, and the bits that have none; `nil` when all have one.
  static func words(_ bits: UInt64, _ words: [Word]) -> (names: [String], unknown: UInt64?) {
    var rest = bits
    var names: [String] = []
    for (bit, name) in words where bits & (1 << bit) != 0 {
      names.append(name)
      rest &= ~(1 << bit)
    }
    return (names, rest == 0 ? nil : rest)
  }
}
