// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
internal import Glibc
internal import Synchronization
internal import Transports

/// A connection to libvirt.
///
/// Every call of libvirt runs on this connection's own thread, one after the other, and ends for its caller at its
/// deadline. libvirt has no way to cancel a call that has begun. So when a deadline passes in the middle of one, the
/// connection is *abandoned*: every further call fails at once with ``LibvirtError/Code/timedOut``, and thread and
/// connection are left to themselves until the call returns, if it ever does. Open another connection to go on. A call
/// whose deadline passes while it still waits behind another is withdrawn, and the connection stays good; so does it
/// when a caller is cancelled.
///
/// A connection that is released closes itself.
package actor Connection {
  /// The name under which libvirt's client library is looked for.
  package static let defaultLibrary = "libvirt.so.0"

  private enum Condition: Sendable {
    case usable
    case abandoned
    case closed
  }

  private nonisolated let executor: ThreadExecutor
  private nonisolated let condition = Mutex(Condition.usable)
  /// How many streams it carries.
  nonisolated let channels = Mutex(0)
  /// What the connection was opened with.
  private nonisolated let parameters: Parameters
  private var pointer: OpaquePointer?
  private var functions: LibvirtFunctions?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  private struct Parameters: Sendable {
    let uri: String?
    let readOnly: Bool
    let library: String
    /// Whether libvirt's event loop serves it.
    let takesEvents: Bool
  }

  /// How messages call the connection.
  private nonisolated var label: String { parameters.uri ?? "libvirt's default URI" }

  private init(_ parameters: Parameters) throws(LibvirtError) {
    executor = try ThreadExecutor()
    self.parameters = parameters
  }

  isolated deinit {
    if let pointer, let functions { _ = functions.virConnectClose(pointer) }
  }

  /// Opens a connection.
  ///
  /// The corresponding C functions are `virConnectOpen` and `virConnectOpenReadOnly`. Nobody is asked for a password:
  /// an authentication that needs one fails.
  /// - Parameters:
  ///   - uri: libvirt's URI; nil for libvirt's default as virsh finds it (`LIBVIRT_DEFAULT_URI`, `uri_default` of
  ///     libvirt.conf, or what libvirt's probing finds).
  ///   - readOnly: a read-only connection may need fewer rights, and is refused channels and monitor commands.
  ///   - library: the library to load.
  /// - Throws: ``LibvirtError/Code/libraryMissing`` without the library; ``LibvirtError/isNotReachable`` without a
  ///   daemon; ``LibvirtError/isDenied`` without the right to connect.
  package static func open(
    _ uri: String?, readOnly: Bool, library: String = Connection.defaultLibrary,
    until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> Connection {
    try await open(Parameters(uri: uri, readOnly: readOnly, library: library, takesEvents: false), until: deadline)
  }

  private static func open(
    _ parameters: Parameters, until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> Connection {
    let connection = try Connection(parameters)
    try await connection.perform(until: deadline) { (connection: isolated Connection) throws(LibvirtError) in
      try connection.connect()
    }
    return connection
  }

  /// Begins to load libvirt, for a program that knows early that it will connect. Whether that succeeds, the first
  /// connection tells.
  package static func prepare(library: String = Connection.defaultLibrary) {
    guard let thread = try? ThreadExecutor() else { return }
    thread.run { _ = try? LibvirtFunctions.load(library) }
  }

  /// Loads libvirt and starts its event loop, for a program that will open several connections at once: none of them
  /// may be opening while the loop is registered.
  package static func prepareForSeveral(
    library: String = Connection.defaultLibrary, until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) {
    let thread = try ThreadExecutor()
    do {
      let result = try await withDeadline(deadline) {
        await withCheckedContinuation { (waiter: CheckedContinuation<Result<Void, LibvirtError>, Never>) in
          thread.run {
            do throws(LibvirtError) {
              try EventLoop.start(try LibvirtFunctions.load(library))
              waiter.resume(returning: .success(()))
            } catch { waiter.resume(returning: .failure(error)) }
          }
        }
      }
      try result.get()
    } catch let error as LibvirtError {
      throw error
    } catch {
      throw LibvirtError(error is DeadlineExceeded ? .timedOut : .cancelled, "libvirt could not be made ready")
    }
  }

  /// Opens another connection with this one's parameters; that this one was closed or abandoned is no hindrance.
  /// - Parameter takesEvents: whether libvirt's event loop is to serve it, as channels and watches need.
  package nonisolated func openAnother(
    takesEvents: Bool = false, until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> Connection {
    try await Connection.open(
      Parameters(
        uri: parameters.uri, readOnly: parameters.readOnly, library: parameters.library, takesEvents: takesEvents),
      until: deadline)
  }

  /// Whether a call missed its deadline, so that nothing more can be asked over this connection.
  package nonisolated var isAbandoned: Bool {
    condition.withLock { condition in
      if case .abandoned = condition { true } else { false }
    }
  }

  /// Whether a channel is open on it, so that it must serve nothing else.
  package nonisolated var hasChannel: Bool { channels.withLock { $0 > 0 } }

  private func connect() throws(LibvirtError) {
    let functions = try LibvirtFunctions.load(parameters.library)
    self.functions = functions
    if parameters.takesEvents { try EventLoop.start(functions) }
    let connect = parameters.readOnly ? functions.virConnectOpenReadOnly : functions.virConnectOpen
    // Should the caller have given up meanwhile, the release of this actor closes what was opened.
    if let uri = parameters.uri {
      pointer = try uri.withWholeCString { (text) throws(LibvirtError) in connect(text) }
    } else {
      pointer = connect(nil)
    }
    guard pointer != nil else { throw functions.lastError() }
  }

  /// Closes the connection; a second call, or one after the connection was abandoned, does nothing.
  ///
  /// Calls that are waiting fail with ``LibvirtError/Code/closed``. Channels that are still open keep working.
  package nonisolated func close(until deadline: ContinuousClock.Instant) async {
    let mine = condition.withLock { condition in
      guard case .usable = condition else { return false }
      condition = .closed
      return true
    }
    guard mine else { return }
    // When the deadline passes, the thread closes the connection in its own time.
    try? await withDeadline(deadline) { await self.disconnect() }
  }

  /// Gives back the pages that libvirt and this program have only read so far: most of them served the calls that are
  /// done, and what comes next reads again what it needs. For a program that goes on to other work.
  package static func giveBackUnchangedPages() { LoadedLibraries.none.releasePagesOfNewer() }

  private func disconnect() {
    guard let pointer, let functions else { return }
    self.pointer = nil
    _ = functions.virConnectClose(pointer)
  }

  /// Whether the connection is still up, as far as this end has noticed; asks nobody.
  ///
  /// The corresponding C function is `virConnectIsAlive`.
  package nonisolated func isAlive(until deadline: ContinuousClock.Instant) async throws(LibvirtError) -> Bool {
    try await call(until: deadline) { (connection, libvirt) throws(LibvirtError) in
      switch libvirt.virConnectIsAlive(connection) {
      case 0: return false
      case 1...: return true
      default: throw libvirt.lastError()
      }
    }
  }

  /// The URI that was connected to, which tells what the default was.
  ///
  /// The corresponding C function is `virConnectGetURI`.
  package nonisolated func uri(until deadline: ContinuousClock.Instant) async throws(LibvirtError) -> String {
    try await call(until: deadline) { (connection, libvirt) throws(LibvirtError) in
      guard let uri = libvirt.virConnectGetURI(connection) else { throw libvirt.lastError() }
      defer { free(uri) }
      return BoundedText.string(uri, limit: 4096)
    }
  }

  /// What answers on the other end, and in which versions.
  package nonisolated func hypervisor(
    until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) -> Hypervisor {
    try await call(until: deadline) { (connection, libvirt) throws(LibvirtError) in
      try Hypervisor(connection, libvirt)
    }
  }

  // MARK: - Calls

  /// Runs `body` on the connection's thread with the connection and libvirt's functions, as one call.
  nonisolated func call<Value: Sendable>(
    until deadline: ContinuousClock.Instant,
    _ body: @escaping @Sendable (OpaquePointer, LibvirtFunctions) throws(LibvirtError) -> Value
  ) async throws(LibvirtError) -> Value {
    try await perform(until: deadline) { (connection: isolated Connection) throws(LibvirtError) -> Value in
      guard let pointer = connection.pointer, let functions = connection.functions else {
        throw connection.closedError
      }
      return try body(pointer, functions)
    }
  }

  private nonisolated func perform<Value: Sendable>(
    until deadline: ContinuousClock.Instant,
    _ body: @escaping @Sendable (isolated Connection) throws(LibvirtError) -> Value
  ) async throws(LibvirtError) -> Value {
    try checkUsable()
    let turn = Turn()
    do {
      return try await withDeadline(deadline) {
        try await self.take(turn, body)
      }
    } catch let error as LibvirtError {
      throw error
    } catch is DeadlineExceeded {
      if turn.withdraw() {
        throw LibvirtError(.timedOut, "\(label): the time was up before the call could begin")
      }
      abandon()
      throw LibvirtError(.timedOut, "\(label) did not answer in time")
    } catch {
      _ = turn.withdraw()
      throw LibvirtError(.cancelled, "\(label): cancelled")
    }
  }

  private func take<Value: Sendable>(
    _ turn: Turn, _ body: @Sendable (isolated Connection) throws(LibvirtError) -> Value
  ) throws(LibvirtError) -> Value {
    // What is thrown here when the turn was withdrawn reaches nobody.
    guard turn.begin() else { throw LibvirtError(.cancelled, "\(label): withdrawn") }
    try checkUsable()
    return try body(self)
  }

  private nonisolated func checkUsable() throws(LibvirtError) {
    switch condition.withLock({ $0 }) {
    case .usable: return
    case .abandoned: throw LibvirtError(.timedOut, "\(label) did not answer an earlier call in time")
    case .closed: throw closedError
    }
  }

  private nonisolated var closedError: LibvirtError { LibvirtError(.closed, "\(label): the connection is closed") }

  private nonisolated func abandon() {
    condition.withLock { condition in
      if case .usable = condition { condition = .abandoned }
    }
  }

  /// Runs `closure` on the connection's thread behind what is queued, waiting for nothing: for releasing what libvirt
  /// may take its time to release.
  nonisolated func later(_ closure: @escaping @Sendable () -> Void) {
    executor.run(closure)
  }
}

/// Whether a call has begun on the connection's thread, or was given up before.
private final class Turn: Sendable {
  private enum State {
    case waiting
    case begun
    case withdrawn
  }
  private let state = Mutex(State.waiting)

  /// False when the caller is gone.
  func begin() -> Bool {
    state.withLock { state in
      guard case .waiting = state else { return false }
      state = .begun
      return true
    }
  }

  /// False when the call has begun.
  func withdraw() -> Bool {
    state.withLock { state in
      if case .begun = state { return false }
      state = .withdrawn
      return true
    }
  }
}
