// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
internal import Glibc
internal import Synchronization
internal import Transports

/// Notices what happens to a domain while it is being looked at: reset, paused, resumed, stopped, migrated, its balloon
/// given another size.
///
/// A watch has a connection of its own, for the reason that a ``DomainChannel`` has one: two threads must never wait in
/// calls of one `virConnect` (with libvirt 9.0 one of them was left hanging once in some hundred times). Here calls are
/// made on the connection's thread alone, and events are taken by libvirt's event loop, which makes no calls. A
/// read-only connection serves. The daemon is asked for this domain's events only.
///
/// The phase of a live migration in which the guest still runs here is not announced by these events; its end is.
///
/// A watch that is released closes itself.
package final class DomainWatch: Sendable {
  /// The most different events that are kept: more than there are, of a libvirt that means well.
  private static let limit = 64
  /// How many events ``history(until:)`` has at most.
  package static let historyLimit = 1_000

  private let connection: Connection
  private let log: Log
  private let callbacks: [Int32]

  /// Watches the domain `uuid` on `connection`, which libvirt's event loop serves and nobody else uses.
  ///
  /// The corresponding C functions are `virDomainLookupByUUIDString` and `virConnectDomainEventRegisterAny`.
  init(
    _ uuid: String, on connection: Connection, until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) {
    let log = Log()
    callbacks = try await connection.call(until: deadline) { (raw, libvirt) throws(LibvirtError) in
      let found = try uuid.withWholeCString { (text) throws(LibvirtError) in
        libvirt.virDomainLookupByUUIDString(raw, text)
      }
      guard let domain = found else { throw libvirt.lastError() }
      defer { _ = libvirt.virDomainFree(domain) }
      let lifecycle: virConnectDomainEventCallback = { _, _, kind, detail, opaque in
        guard let opaque else { return 0 }
        Unmanaged<Log>.fromOpaque(opaque).takeUnretainedValue()
          .add(.lifecycle(DomainEvent.Lifecycle(rawValue: kind), detail: detail))
        return 0
      }
      let reboot: virConnectDomainEventGenericCallback = { _, _, opaque in
        guard let opaque else { return }
        Unmanaged<Log>.fromOpaque(opaque).takeUnretainedValue().add(.reboot)
      }
      let balloon: virConnectDomainEventBalloonChangeCallback = { _, _, actual, opaque in
        guard let opaque else { return }
        Unmanaged<Log>.fromOpaque(opaque).takeUnretainedValue().add(.balloonChange(actual: actual))
      }
      // VIR_DOMAIN_EVENT_CALLBACK: libvirt calls it by the event's own type.
      let wanted = [
        (VIR_DOMAIN_EVENT_ID_LIFECYCLE, unsafeBitCast(lifecycle, to: virConnectDomainEventGenericCallback.self)),
        (VIR_DOMAIN_EVENT_ID_REBOOT, reboot),
        (VIR_DOMAIN_EVENT_ID_BALLOON_CHANGE, unsafeBitCast(balloon, to: virConnectDomainEventGenericCallback.self)),
      ]
      var callbacks: [Int32] = []
      for (event, callback) in wanted {
        let held = Unmanaged.passRetained(log)
        let id = libvirt.virConnectDomainEventRegisterAny(
          raw, domain, Int32(bitPattern: event.rawValue), callback, held.toOpaque(),
          { opaque in
            guard let opaque else { return }
            Unmanaged<Log>.fromOpaque(opaque).release()
          })
        guard id >= 0 else {
          let error = libvirt.lastError()
          held.release()
          for callback in callbacks { _ = libvirt.virConnectDomainEventDeregisterAny(raw, callback) }
          throw error
        }
        callbacks.append(id)
      }
      return callbacks
    }
    self.log = log
    self.connection = connection
  }

  deinit {
    // A callback that stays registered would keep the connection open.
    Task { [connection, callbacks] in
      try? await Self.deregister(callbacks, on: connection, until: .now + .seconds(5))
    }
  }

  /// What has happened since the watch was opened: each different event once, in the order of their first times.
  ///
  /// Asks the daemon something first, so that events which were on their way are here.
  /// - Throws: when the daemon does not answer: then nobody knows whether all events came.
  package func events(until deadline: ContinuousClock.Instant) async throws(LibvirtError) -> [DomainEvent] {
    try await deliver(until: deadline)
    return log.events
  }

  /// What has happened since the watch was opened: each event with its time, the first ``historyLimit``, and how many
  /// more there were.
  ///
  /// - Throws: as ``events(until:)``.
  package func history(
    until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> (events: [DatedDomainEvent], omitted: Int) {
    try await deliver(until: deadline)
    return log.history
  }

  /// What has arrived since the last time that this was asked, the first ``historyLimit``, and how many more there
  /// were: for whoever watches without end. Asks nobody; what it gives is in no later ``history(until:)``.
  package func take() -> (events: [DatedDomainEvent], omitted: Int) { log.take() }

  /// Has `body` called after each event from now on, by libvirt's event loop: it must not wait.
  package func notify(_ body: @escaping @Sendable () -> Void) { log.notify(body) }

  /// Waits for what is on its way.
  private func deliver(until deadline: ContinuousClock.Instant) async throws(LibvirtError) {
    let libvirt = try await connection.call(until: deadline) { (raw, libvirt) throws(LibvirtError) in
      var version: UInt = 0
      guard libvirt.virConnectGetLibVersion(raw, &version) == 0 else { throw libvirt.lastError() }
      return libvirt
    }
    // What has arrived is delivered by the loop.
    do { try await withDeadline(deadline) { await EventLoop.turn(libvirt) } } catch {
      throw LibvirtError(error is DeadlineExceeded ? .timedOut : .cancelled, "libvirt's event loop did not come round")
    }
  }

  /// Closes the watch and its connection; a second call does nothing. When the deadline passes first, they close in
  /// their own time.
  package func close(until deadline: ContinuousClock.Instant) async {
    try? await Self.deregister(callbacks, on: connection, until: deadline)
    await connection.close(until: deadline)
  }

  /// The corresponding C function is `virConnectDomainEventDeregisterAny`.
  private static func deregister(
    _ callbacks: [Int32], on connection: Connection, until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) {
    try await connection.call(until: deadline) { (raw, libvirt) throws(LibvirtError) in
      for callback in callbacks { _ = libvirt.virConnectDomainEventDeregisterAny(raw, callback) }
    }
  }

  /// What libvirt's event loop writes to.
  private final class Log: Sendable {
    private struct State {
      /// Each different one once. Sizes of the balloon are without number, and stand in the history alone.
      var seen: [DomainEvent] = []
      var history: [DatedDomainEvent] = []
      var omitted = 0
      var notice: (@Sendable () -> Void)?
    }
    private let state = Mutex(State())
    var events: [DomainEvent] { state.withLock { $0.seen } }
    var history: (events: [DatedDomainEvent], omitted: Int) { state.withLock { ($0.history, $0.omitted) } }

    func take() -> (events: [DatedDomainEvent], omitted: Int) {
      state.withLock { state in
        defer { (state.history, state.omitted) = ([], 0) }
        return (state.history, state.omitted)
      }
    }

    func notify(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.notice = body } }

    func add(_ event: DomainEvent) {
      var time = timespec()
      clock_gettime(CLOCK_REALTIME, &time)
      let dated = DatedDomainEvent(
        time: Double(time.tv_sec) + Double(time.tv_nsec / 1_000_000) / 1_000, event: event)
      let notice = state.withLock { state in
        if state.history.count < historyLimit { state.history.append(dated) } else { state.omitted &+= 1 }
        if case .balloonChange = event { return state.notice }
        guard state.seen.count < limit, !state.seen.contains(event) else { return state.notice }
        state.seen.append(event)
        return state.notice
      }
      notice?()
    }
  }
}

extension Domain {
  /// Watches what happens to the domain from now on, over another connection to the same URI. Allowed on a read-only
  /// connection; taints nothing.
  /// - Throws: ``LibvirtError/isUnsupported`` where the driver announces nothing.
  package func watch(until deadline: ContinuousClock.Instant) async throws(LibvirtError) -> DomainWatch {
    let own = try await connection.openAnother(takesEvents: true, until: deadline)
    do throws(LibvirtError) { return try await DomainWatch(uuid, on: own, until: deadline) } catch {
      await own.close(until: deadline)
      throw error
    }
  }
}
