// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt

/// What a domain is doing (`virDomainState`); open, so that a number of a newer libvirt is carried along.
package struct DomainState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  package let rawValue: Int32
  package init(rawValue: Int32) { self.rawValue = rawValue }

  package static let noState = DomainState(VIR_DOMAIN_NOSTATE)
  package static let running = DomainState(VIR_DOMAIN_RUNNING)
  /// Blocked on a resource (Xen).
  package static let blocked = DomainState(VIR_DOMAIN_BLOCKED)
  package static let paused = DomainState(VIR_DOMAIN_PAUSED)
  /// The guest is shutting down.
  package static let shuttingDown = DomainState(VIR_DOMAIN_SHUTDOWN)
  package static let shutOff = DomainState(VIR_DOMAIN_SHUTOFF)
  package static let crashed = DomainState(VIR_DOMAIN_CRASHED)
  /// Suspended by the guest's power management.
  package static let suspended = DomainState(VIR_DOMAIN_PMSUSPENDED)

  private init(_ number: virDomainState) { self.init(rawValue: Int32(bitPattern: number.rawValue)) }

  /// virsh's word for it (`virsh domstate`), or the number of an unknown one.
  package var description: String {
    switch self {
    case .noState: "no state"
    case .running: "running"
    case .blocked: "idle"
    case .paused: "paused"
    case .shuttingDown: "in shutdown"
    case .shutOff: "shut off"
    case .crashed: "crashed"
    case .suspended: "pmsuspended"
    default: "state \(rawValue)"
    }
  }
}

/// A domain's state and why it is in it.
package struct DomainStatus: Hashable, Sendable {
  package let state: DomainState
  /// A number whose meaning depends on ``state`` (`virDomainRunningReason`, `virDomainPausedReason`, …); 0 is
  /// "unknown".
  package let reason: Int32

  package init(state: DomainState, reason: Int32) {
    self.state = state
    self.reason = reason
  }

  /// The corresponding C function is `virDomainGetState`.
  init(_ domain: OpaquePointer, _ libvirt: LibvirtFunctions) throws(LibvirtError) {
    var state: Int32 = 0
    var reason: Int32 = 0
    guard libvirt.virDomainGetState(domain, &state, &reason, 0) == 0 else { throw libvirt.lastError() }
    self.init(state: DomainState(rawValue: state), reason: reason)
  }

  /// virsh's word for the reason (`virsh domstate --reason`); nil for one that is not known here.
  package var reasonName: String? {
    let names: [String]
    switch state {
    case .running: names = Self.running
    case .paused: names = Self.paused
    case .shuttingDown: names = ["unknown", "user"]
    case .shutOff: names = Self.shutOff
    case .crashed: names = ["unknown", "panicked"]
    case .noState, .blocked, .suspended: names = ["unknown"]
    default: return nil
    }
    guard let index = Int(exactly: reason), names.indices.contains(index) else { return nil }
    return names[index]
  }

  /// It has a running instance: a hypervisor process with memory, whether or not its processors run.
  ///
  /// nil for a state that is not known here.
  package var isActive: Bool? {
    switch state {
    case .running, .blocked, .paused, .shuttingDown, .suspended: true
    case .shutOff: false
    // A crashed domain's process is there only with on_crash preserve.
    default: nil
    }
  }

  // In the order of the enumerations in libvirt-domain.h (8.5 and later), with the words of virsh-domain-monitor.c.
  private static let running = [
    "unknown", "booted", "migrated", "restored", "from snapshot", "unpaused", "migration canceled", "save canceled",
    "event wakeup", "crashed", "post-copy", "post-copy failed",
  ]
  private static let paused = [
    "unknown", "user", "migrating", "saving", "dumping", "I/O error", "watchdog", "from snapshot", "shutting down",
    "creating snapshot", "crashed", "starting up", "post-copy", "post-copy failed",
  ]
  private static let shutOff = [
    "unknown", "shutdown", "destroyed", "crashed", "migrated", "saved", "failed", "from snapshot", "daemon",
  ]
}
