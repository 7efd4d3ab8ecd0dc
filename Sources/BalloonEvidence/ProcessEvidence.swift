// SPDX-License-Identifier: GPL-3.0-or-later

/// The memory of the QEMU process that runs the guest, as the host's kernel counts it. All sizes in bytes.
///
/// Source: proc(5), /proc/PID/status, /proc/PID/smaps_rollup, /proc/PID/smaps. All of it is the host's word.
package struct ProcessEvidence: Codable, Hashable, Sendable {
  /// What of it is in RAM, huge pages of hugetlbfs not counted (`VmRSS`).
  package var resident: Observation<UInt64>
  /// The same with every shared page divided by the number of processes that share it (`Pss`).
  package var proportional: Observation<UInt64>
  /// The three kinds that ``resident`` is the sum of: `RssAnon`, `RssFile`, `RssShmem`.
  package var anonymous: Observation<UInt64>
  package var file: Observation<UInt64>
  package var shared: Observation<UInt64>
  /// What was swapped out, without shared memory (`VmSwap`).
  package var swapped: Observation<UInt64>
  /// In huge pages of hugetlbfs (`HugetlbPages`).
  package var hugetlb: Observation<UInt64>
  /// In transparent huge pages (`AnonHugePages`).
  package var transparentHuge: Observation<UInt64>
  /// Locked, so never swapped (`VmLck`), and pinned by the kernel's drivers (`VmPin`).
  package var locked: Observation<UInt64>
  package var pinned: Observation<UInt64>
  /// Pages that KSM has merged with equal ones (`/proc/PID/ksm_merging_pages`).
  package var merged: Observation<UInt64>
  /// What of the guest's own RAM is resident: the mapping, or the mappings of one file, that are as large as the RAM.
  /// The rest of ``resident`` is QEMU's own.
  package var guestRAM: Observation<UInt64>

  package init(_ unknown: Unknown) {
    resident = unknown()
    proportional = unknown()
    anonymous = unknown()
    file = unknown()
    shared = unknown()
    swapped = unknown()
    hugetlb = unknown()
    transparentHuge = unknown()
    locked = unknown()
    pinned = unknown()
    merged = unknown()
    guestRAM = unknown()
  }
}
