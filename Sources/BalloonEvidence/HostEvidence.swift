// SPDX-License-Identifier: GPL-3.0-or-later

/// The machine that runs the guest, as its kernel describes it. All sizes in bytes.
package struct HostEvidence: Codable, Hashable, Sendable {
  /// The kernel's release, such as `6.1.0-42-amd64` (uname(2)).
  package var kernel: Observation<String>
  /// `MemTotal` and its kin of /proc/meminfo.
  package var memoryTotal: Observation<UInt64>
  package var memoryAvailable: Observation<UInt64>
  package var swapTotal: Observation<UInt64>
  package var swapFree: Observation<UInt64>
  /// Whether the kernel merges equal pages (`/sys/kernel/mm/ksm/run`): 0 no, 1 yes, 2 no more, and what was merged has
  /// been parted.
  package var ksm: Observation<UInt64>
  /// How many bytes merging saves: `pages_sharing` pages.
  package var ksmSaved: Observation<UInt64>
  /// The pools of huge pages that were set aside.
  package var hugepages: Observation<[HugePagePool]>
  /// When anonymous memory lies in huge pages without being asked: `always`, `madvise`, `never`.
  package var transparentHugepages: Observation<String>

  package init(_ unknown: Unknown) {
    kernel = unknown()
    memoryTotal = unknown()
    memoryAvailable = unknown()
    swapTotal = unknown()
    swapFree = unknown()
    ksm = unknown()
    ksmSaved = unknown()
    hugepages = unknown()
    transparentHugepages = unknown()
  }
}

/// Huge pages of one size, as `/sys/kernel/mm/hugepages` lists them.
package struct HugePagePool: Codable, Hashable, Sendable {
  /// Of one page, in bytes.
  package var pageSize: UInt64
  /// In pages.
  package var total: UInt64
  package var free: UInt64
  package init(pageSize: UInt64, total: UInt64, free: UInt64) {
    self.pageSize = pageSize
    self.total = total
    self.free = free
  }
}
