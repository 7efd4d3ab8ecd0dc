// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Libvirt
import QMP

extension MachineEvent {
  /// An event of QEMU's monitor.
  /// - Parameter now: stands in where QEMU could not tell the time.
  init(_ event: MonitorEvent, now: Double) {
    self.init(
      time: event.microseconds.map { Double($0 / 1_000) / 1_000 } ?? now, name: event.name, actual: event.actual)
  }

  /// An event of libvirt, by QEMU's name where it has one; `nil` for what says nothing of the guest.
  init?(_ dated: DatedDomainEvent) {
    if case .balloonChange(let size) = dated.event {
      // In KiB; a size beyond 64 bits is none.
      let (bytes, overflow) = size.multipliedReportingOverflow(by: 1_024)
      self.init(time: dated.time, name: MonitorEvent.balloonChange, actual: overflow ? nil : bytes)
      return
    }
    guard let name = dated.event.interruption else { return nil }
    self.init(time: dated.time, name: name)
  }

  /// What a report must tell of events that were not kept; `nil` when all were.
  static func notice(kept: Int, omitted: Int) -> String? {
    guard omitted > 0 else { return nil }
    return "The first \(kept) events of the machine are kept; \(omitted) more came."
  }
}
