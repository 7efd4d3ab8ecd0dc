// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import BalloonEvidence
package import QMP

extension Reading {
  /// Takes over what QEMU keeps of the guest's statistics. What is unset is absent.
  package mutating func take(_ told: GuestStatistics, host: Provenance, guest: Provenance) {
    lastUpdate = told.lastUpdate.map { .observed($0, host) } ?? .absent(host)
    var leaves: [String: Observation<UInt64>] = [:]
    for (name, value) in told.values { leaves[Self.fieldName(name)] = .observed(value, guest) }
    for name in told.unset { leaves[Self.fieldName(name)] = .absent(guest) }
    statistics = told.values.isEmpty ? .absent(guest) : .observed(leaves, guest)
  }

  /// The protocol's name of one of QEMU's statistics, and such a name for those that QEMU 9.1 has added; still newer
  /// ones keep QEMU's. Source: QEMU hw/virtio/virtio-balloon.c, `balloon_stat_names`.
  private static func fieldName(_ name: String) -> String {
    switch name {
    case "stat-swap-in": StatisticsField.swapIn
    case "stat-swap-out": StatisticsField.swapOut
    case "stat-major-faults": StatisticsField.majorFaults
    case "stat-minor-faults": StatisticsField.minorFaults
    case "stat-free-memory": StatisticsField.freeMemory
    case "stat-total-memory": StatisticsField.totalMemory
    case "stat-available-memory": StatisticsField.availableMemory
    case "stat-disk-caches": StatisticsField.diskCaches
    case "stat-htlb-pgalloc": StatisticsField.hugetlbAllocations
    case "stat-htlb-pgfail": StatisticsField.hugetlbFailures
    case "stat-oom-kills": "oomKills"
    case "stat-alloc-stalls": "allocationStalls"
    case "stat-async-scans": "asynchronousScans"
    case "stat-direct-scans": "directScans"
    case "stat-async-reclaims": "asynchronousReclaims"
    case "stat-direct-reclaims": "directReclaims"
    default: name
    }
  }
}
