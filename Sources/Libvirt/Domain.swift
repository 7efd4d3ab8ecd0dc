// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
internal import Glibc

/// A domain of libvirt, by a handle that was looked up.
///
/// Name, UUID and id are those of the look-up and cost nothing. A guest that was restarted since has another id: look
/// it up again to see that.
package final class Domain: Sendable {
  /// The most that is accepted of a domain's XML or a monitor's reply: 16 MiB. (libvirt's own messages end at 32 MiB.)
  package static let textLimit = 16 << 20

  /// The connection it was looked up on, which it keeps open.
  package let connection: Connection
  package let name: String
  /// In the usual form of 36 characters, lower case.
  package let uuid: String
  /// The number of the running instance; nil when it did not run at the look-up.
  package let id: Int32?

  private let handle: Handle
  private let libvirt: LibvirtFunctions

  /// A `virDomainPtr`. Sendable, because libvirt's domain objects are immutable but for the id, counted atomically, and
  /// may be used from any thread; this module uses it on the connection's thread alone.
  private struct Handle: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  /// Takes over a reference to `pointer`.
  init(
    taking pointer: OpaquePointer, of connection: Connection, _ libvirt: LibvirtFunctions
  ) throws(LibvirtError) {
    var uuid = [CChar](repeating: 0, count: Int(VIR_UUID_STRING_BUFLEN))
    guard let name = libvirt.virDomainGetName(pointer), libvirt.virDomainGetUUIDString(pointer, &uuid) == 0 else {
      let error = libvirt.lastError()
      _ = libvirt.virDomainFree(pointer)
      throw error
    }
    self.connection = connection
    self.libvirt = libvirt
    self.name = BoundedText.string(name, limit: 4096)
    self.uuid = String(decoding: uuid.lazy.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    // (unsigned int)-1 stands for "not running".
    id = Int32(exactly: libvirt.virDomainGetID(pointer))
    handle = Handle(pointer: pointer)
  }

  deinit {
    // On the connection's thread, because freeing the last object of a closed connection talks to the daemon.
    connection.later { [handle, libvirt] in _ = libvirt.virDomainFree(handle.pointer) }
  }

  /// Whether it runs, and why it is in that state.
  ///
  /// The corresponding C function is `virDomainGetState`.
  package func status(until deadline: ContinuousClock.Instant) async throws(LibvirtError) -> DomainStatus {
    try await call(until: deadline) { (domain, libvirt) throws(LibvirtError) in
      try DomainStatus(domain, libvirt)
    }
  }

  /// Whether it has a configuration that outlives the running instance.
  ///
  /// The corresponding C function is `virDomainIsPersistent`.
  package func isPersistent(until deadline: ContinuousClock.Instant) async throws(LibvirtError) -> Bool {
    try await call(until: deadline) { (domain, libvirt) throws(LibvirtError) in
      switch libvirt.virDomainIsPersistent(domain) {
      case 0: return false
      case 1...: return true
      default: throw libvirt.lastError()
      }
    }
  }

  /// Which of a domain's two configurations is meant.
  package enum Configuration: Hashable, Sendable {
    /// Of the running instance, with addresses and aliases; the persistent one when it does not run.
    case live
    /// Of the next start. Its `currentMemory` is what someone asked for.
    case persistent
  }

  /// The domain's XML, without passwords, as libvirt wrote it: not yet parsed, and to be trusted as far as its author.
  ///
  /// The corresponding C function is `virDomainGetXMLDesc`.
  /// - Throws: ``LibvirtError/Code/tooLarge`` beyond ``textLimit``.
  package func xml(
    _ configuration: Configuration, until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> [UInt8] {
    let flags: UInt32 = configuration == .live ? 0 : VIR_DOMAIN_XML_INACTIVE.rawValue
    return try await call(until: deadline) { (domain, libvirt) throws(LibvirtError) in
      guard let text = libvirt.virDomainGetXMLDesc(domain, flags) else { throw libvirt.lastError() }
      defer { free(text) }
      guard let bytes = BoundedText.bytes(text, limit: Domain.textLimit) else {
        throw LibvirtError(.tooLarge, "the domain's XML is larger than 16 MiB")
      }
      return bytes
    }
  }

  /// The most memory it may have, in KiB: the ceiling of the balloon.
  ///
  /// The corresponding C function is `virDomainGetMaxMemory`.
  package func maximumMemory(until deadline: ContinuousClock.Instant) async throws(LibvirtError) -> UInt64 {
    try await call(until: deadline) { (domain, libvirt) throws(LibvirtError) in
      let size = libvirt.virDomainGetMaxMemory(domain)
      guard size != 0 else { throw libvirt.lastError() }
      return UInt64(size)
    }
  }

  /// What the balloon device and the host know of its memory. Allowed on a read-only connection; taints nothing.
  ///
  /// The corresponding C function is `virDomainMemoryStats`.
  /// - Throws: ``LibvirtError/isInvalidNow`` when it does not run.
  package func memoryStatistics(
    until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> MemoryStatistics {
    try await call(until: deadline) { (domain, libvirt) throws(LibvirtError) in
      try MemoryStatistics(domain, libvirt)
    }
  }

  /// **Changes the guest:** asks its balloon for a size, in KiB, of the running instance alone; the stored configuration
  /// stays as it is. That it was accepted does not say that the guest follows. For callers whose user has asked for it.
  ///
  /// The corresponding C function is `virDomainSetMemoryFlags` with `VIR_DOMAIN_AFFECT_LIVE`. Taints nothing.
  /// - Throws: ``LibvirtError/isDenied`` on a read-only connection, ``LibvirtError/isInvalidNow`` when it does not run
  ///   or has no balloon, ``LibvirtError/Code/invalidArgument`` above its maximum.
  package func setLiveMemory(_ kibibytes: UInt64, until deadline: ContinuousClock.Instant) async throws(LibvirtError) {
    guard let size = UInt(exactly: kibibytes), size > 0 else {
      throw LibvirtError(.invalidArgument, "\(kibibytes) KiB is no size of a guest's memory")
    }
    try await call(until: deadline) { (domain, libvirt) throws(LibvirtError) in
      guard libvirt.virDomainSetMemoryFlags(domain, size, VIR_DOMAIN_AFFECT_LIVE.rawValue) == 0 else {
        throw libvirt.lastError()
      }
    }
  }

  /// What libvirt's monitor connection to it is doing: a hypervisor that hangs shows here, and this call does not.
  ///
  /// The corresponding C function is `virDomainGetControlInfo`.
  /// - Throws: ``LibvirtError/isInvalidNow`` when it does not run.
  package func controlStatus(until deadline: ContinuousClock.Instant) async throws(LibvirtError) -> ControlStatus {
    try await call(until: deadline) { (domain, libvirt) throws(LibvirtError) in
      try ControlStatus(domain, libvirt)
    }
  }

  /// Passes one QMP command to QEMU's monitor and returns its whole reply, `{"return": …}` or `{"error": …}`.
  ///
  /// libvirt marks the domain as tainted, `custom-monitor`, from the first such command on. The corresponding C
  /// function is `virDomainQemuMonitorCommand`.
  /// - Throws: ``LibvirtError/isDenied`` on a read-only connection, ``LibvirtError/isUnsupported`` where the driver is
  ///   not QEMU's, ``LibvirtError/Code/tooLarge`` beyond ``textLimit``.
  package func monitorCommand(
    _ command: String, library: String = "libvirt-qemu.so.0", until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> [UInt8] {
    try await call(until: deadline) { (domain, libvirt) throws(LibvirtError) in
      let qemu = try LibvirtQEMUFunctions(loading: library)
      return try command.withWholeCString { (text) throws(LibvirtError) in
        var reply: UnsafeMutablePointer<CChar>?
        defer { free(reply) }
        guard qemu.virDomainQemuMonitorCommand(domain, text, &reply, 0) == 0 else { throw libvirt.lastError() }
        guard let reply else { throw LibvirtError(.internalError, "the monitor's reply is missing") }
        guard let bytes = BoundedText.bytes(reply, limit: Domain.textLimit) else {
          throw LibvirtError(.tooLarge, "the monitor's reply is larger than 16 MiB")
        }
        return bytes
      }
    }
  }

  /// Passes one command to qemu-ga in the guest and returns its whole reply, `{"return": …}`.
  ///
  /// libvirt marks the domain as tainted, `custom-ga-command`, from the first such command on. It keeps the agent's
  /// replies in step by itself. A call occupies its connection as long as the agent takes: give it one of its own. The
  /// corresponding C function is `virDomainQemuAgentCommand`.
  /// - Parameter seconds: how long libvirt itself waits for the reply, from 1.
  /// - Throws: ``LibvirtError/isDenied`` on a read-only connection, ``LibvirtError/isUnsupported`` where the driver is
  ///   not QEMU's, ``LibvirtError/Code/argumentUnsupported`` without the agent's channel,
  ///   ``LibvirtError/Code/agentUnresponsive`` when the agent is not there or is late, and
  ///   ``LibvirtError/Code/internalError`` for the agent's own errors, whose class stands in the message alone.
  package func agentCommand(
    _ command: String, seconds: Int32, library: String = "libvirt-qemu.so.0", until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> [UInt8] {
    try await call(until: deadline) { (domain, libvirt) throws(LibvirtError) in
      let qemu = try LibvirtQEMUFunctions(loading: library)
      return try command.withWholeCString { (text) throws(LibvirtError) in
        guard let reply = qemu.virDomainQemuAgentCommand(domain, text, max(1, seconds), 0) else {
          throw libvirt.lastError()
        }
        defer { free(reply) }
        guard let bytes = BoundedText.bytes(reply, limit: Domain.textLimit) else {
          throw LibvirtError(.tooLarge, "qemu-ga's reply is larger than 16 MiB")
        }
        return bytes
      }
    }
  }

  /// Opens the host's end of the domain's channel of that name (`<channel type='unix'>` with this `<target name=…>`).
  ///
  /// Needs a read-write connection; taints nothing. Opens another connection to the same URI, for this channel alone
  /// (see ``DomainChannel``). The corresponding C function is `virDomainOpenChannel`. That the
  /// guest has opened its end is not told by this: see the channel's `state` in the XML.
  /// - Parameter ready: a connection that ``Connection/openAnother(takesEvents:until:)`` has opened for this channel,
  ///   with events; `nil` opens one.
  /// - Throws: ``LibvirtError/Code/operationFailed`` when another client holds the channel (libvirt has no code of its
  ///   own for this), ``LibvirtError/isDenied`` on a read-only connection, ``LibvirtError/isInvalidNow`` when the
  ///   domain does not run.
  package func openChannel(
    _ name: String, on ready: Connection? = nil, until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> DomainChannel {
    let own: Connection
    if let ready { own = ready } else { own = try await connection.openAnother(takesEvents: true, until: deadline) }
    return try await DomainChannel(
      opening: name, of: uuid, label: "channel \(name) of \(self.name)", on: own, until: deadline)
  }

  private func call<Value: Sendable>(
    until deadline: ContinuousClock.Instant,
    _ body: @escaping @Sendable (OpaquePointer, LibvirtFunctions) throws(LibvirtError) -> Value
  ) async throws(LibvirtError) -> Value {
    // The closure holds the domain, so that an abandoned call never works on a freed one.
    try await connection.call(until: deadline) { [self] (_, libvirt) throws(LibvirtError) in
      try body(handle.pointer, libvirt)
    }
  }
}
