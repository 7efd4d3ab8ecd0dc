// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import BalloonEvidence
package import Libvirt

extension Reading {
  /// A reading from `virDomainMemoryStats`, whose sizes are in KiB. What libvirt leaves out is absent.
  package init(_ statistics: MemoryStatistics, time: Double) {
    self.init(
      statistics, time: time, host: Provenance("virDomainMemoryStats", trust: .host, time: time),
      guest: Provenance("virDomainMemoryStats (from the guest's driver)", trust: .guest, time: time))
  }

  /// The same from another place, such as virsh's output.
  package init(
    _ statistics: MemoryStatistics, time: Double, host provenance: Provenance, guest delivered: Provenance
  ) {
    func bytes(_ tag: MemoryStatistics.Tag, _ provenance: Provenance) -> Observation<UInt64> {
      guard let kibibytes = statistics[tag] else { return .absent(provenance) }
      let (value, overflow) = kibibytes.multipliedReportingOverflow(by: 1024)
      return overflow
        ? .failed(Failure(.malformed, "\(kibibytes) KiB is no size"), provenance) : .observed(value, provenance)
    }
    func count(_ tag: MemoryStatistics.Tag) -> Observation<UInt64> {
      statistics[tag].map { .observed($0, delivered) } ?? .absent(delivered)
    }
    let values: [String: Observation<UInt64>] = [
      StatisticsField.swapIn: bytes(.swapIn, delivered), StatisticsField.swapOut: bytes(.swapOut, delivered),
      StatisticsField.majorFaults: count(.majorFaults), StatisticsField.minorFaults: count(.minorFaults),
      StatisticsField.freeMemory: bytes(.unused, delivered),
      StatisticsField.totalMemory: bytes(.available, delivered),
      StatisticsField.availableMemory: bytes(.usable, delivered),
      StatisticsField.diskCaches: bytes(.diskCaches, delivered),
      StatisticsField.hugetlbAllocations: count(.hugePageAllocations),
      StatisticsField.hugetlbFailures: count(.hugePageFailures),
    ]
    // 0 is libvirt's word for "never".
    let lastUpdate: Observation<UInt64> =
      switch statistics[.lastUpdate] {
      case 0?: .absent(provenance)
      case let time?: .observed(time, provenance)
      case nil: .failed(Failure(.unsupported, "this libvirt gives no last_update"), provenance)
      }
    self.init(
      time: time, actual: bytes(.actual, provenance), lastUpdate: lastUpdate,
      statistics: values.values.allSatisfy(\.isAbsent) ? .absent(delivered) : .observed(values, delivered),
      rss: bytes(.residentSet, provenance))
  }

  /// A reading that could not be taken.
  package init(failed failure: Failure, source: String, time: Double) {
    let unknown = Unknown(failure: failure, provenance: Provenance(source, trust: .host, time: time))
    self.init(time: time, actual: unknown(), lastUpdate: unknown(), statistics: unknown(), rss: unknown())
  }
}
