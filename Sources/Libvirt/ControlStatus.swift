// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt

/// What libvirt's monitor connection to a running domain is doing.
package struct ControlStatus: Hashable, Sendable {
  /// `virDomainControlState`; open, so that a number of a newer libvirt is carried along.
  package struct State: RawRepresentable, Hashable, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }

    /// Ready for commands.
    package static let ready = State(rawValue: VIR_DOMAIN_CONTROL_OK.rawValue)
    /// A background job is running (migration, save, dump).
    package static let job = State(rawValue: VIR_DOMAIN_CONTROL_JOB.rawValue)
    /// A command is running; for long, when the hypervisor hangs.
    package static let occupied = State(rawValue: VIR_DOMAIN_CONTROL_OCCUPIED.rawValue)
    /// Unusable; ``ControlStatus/errorReason`` may say why.
    package static let error = State(rawValue: VIR_DOMAIN_CONTROL_ERROR.rawValue)
  }

  package let state: State
  /// `virDomainControlErrorReason`: 2 the monitor connection is broken, 3 libvirt failed; 0 and 1 say nothing.
  package let errorReason: UInt32
  /// How long it has been so; nil with ``State/ready`` and ``State/error``, where libvirt does not count.
  package let duration: Duration?

  /// The corresponding C function is `virDomainGetControlInfo`.
  init(_ domain: OpaquePointer, _ libvirt: LibvirtFunctions) throws(LibvirtError) {
    var info = virDomainControlInfo()
    guard libvirt.virDomainGetControlInfo(domain, &info, 0) == 0 else { throw libvirt.lastError() }
    state = State(rawValue: info.state)
    errorReason = info.details
    let counted = state != .ready && state != .error
    duration = counted ? .milliseconds(Int64(clamping: info.stateTime)) : nil
  }
}
