// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt

/// What libvirt announced of a domain.
package enum DomainEvent: Hashable, Sendable {
  /// `VIR_DOMAIN_EVENT_ID_LIFECYCLE`; what the detail means depends on the kind (`virDomainEventSuspendedDetailType`,
  /// …).
  case lifecycle(Lifecycle, detail: Int32)
  /// `VIR_DOMAIN_EVENT_ID_REBOOT`: the machine was reset, by its guest or from the host (QEMU's `RESET`).
  case reboot
  /// `VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE`: the balloon has another size from now on, in KiB.
  case balloonChange(actual: UInt64)

  /// `virDomainEventType`; open, so that a number of a newer libvirt is carried along.
  package struct Lifecycle: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    /// The configuration was stored or changed: nothing happened to the guest.
    package static let defined = Lifecycle(VIR_DOMAIN_EVENT_DEFINED)
    /// The configuration was removed: nothing happened to the guest.
    package static let undefined = Lifecycle(VIR_DOMAIN_EVENT_UNDEFINED)
    package static let started = Lifecycle(VIR_DOMAIN_EVENT_STARTED)
    /// Its processors were stopped.
    package static let suspended = Lifecycle(VIR_DOMAIN_EVENT_SUSPENDED)
    package static let resumed = Lifecycle(VIR_DOMAIN_EVENT_RESUMED)
    /// The hypervisor's process is gone.
    package static let stopped = Lifecycle(VIR_DOMAIN_EVENT_STOPPED)
    /// The guest has shut down; its process may go on for a while.
    package static let shutdown = Lifecycle(VIR_DOMAIN_EVENT_SHUTDOWN)
    /// The guest put itself to sleep.
    package static let slept = Lifecycle(VIR_DOMAIN_EVENT_PMSUSPENDED)
    package static let crashed = Lifecycle(VIR_DOMAIN_EVENT_CRASHED)

    private init(_ number: virDomainEventType) { self.init(rawValue: Int32(bitPattern: number.rawValue)) }
  }

  /// It is a step of a migration, away from this host or to it.
  package var isMigration: Bool {
    guard case .lifecycle(let kind, let detail) = self, let detail = UInt32(exactly: detail) else { return false }
    return switch kind {
    case .started: detail == VIR_DOMAIN_EVENT_STARTED_MIGRATED.rawValue
    case .suspended:
      detail == VIR_DOMAIN_EVENT_SUSPENDED_MIGRATED.rawValue || detail == VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY.rawValue
        || detail == VIR_DOMAIN_EVENT_SUSPENDED_POSTCOPY_FAILED.rawValue
    case .resumed:
      // The last is VIR_DOMAIN_EVENT_RESUMED_POSTCOPY_FAILED, since libvirt 8.5.0.
      detail == VIR_DOMAIN_EVENT_RESUMED_MIGRATED.rawValue || detail == VIR_DOMAIN_EVENT_RESUMED_POSTCOPY.rawValue
        || detail == 4
    case .stopped: detail == VIR_DOMAIN_EVENT_STOPPED_MIGRATED.rawValue
    default: false
    }
  }

  /// It started because the guest was woken from its sleep: no new boot.
  package var isWakeUp: Bool {
    self == .lifecycle(.started, detail: Int32(bitPattern: VIR_DOMAIN_EVENT_STARTED_WAKEUP.rawValue))
  }
}

/// An event, and when it reached this program.
package struct DatedDomainEvent: Hashable, Sendable {
  /// Seconds since 1970 by this machine's clock: libvirt's events carry no time.
  package let time: Double
  package let event: DomainEvent
  package init(time: Double, event: DomainEvent) {
    self.time = time
    self.event = event
  }
}
