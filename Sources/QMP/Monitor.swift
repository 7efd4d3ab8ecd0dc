// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
package import Transports

/// A QEMU monitor (QMP) on a stream of one's own: `-qmp unix:PATH,server=on,wait=off`, Proxmox's `VMID.qmp`.
///
/// The monitor serves one client at a time, so whoever holds it keeps others out: open it late, drop it early. Commands
/// run one after another; a caller who comes meanwhile waits for its turn, no longer than its own deadline. After a
/// command that timed out, or whose task was cancelled, the connection is given up.
package actor Monitor: MonitorCommands {
  /// What the monitor said first.
  package nonisolated let greeting: MonitorGreeting
  /// When it said so: from then on nobody else was served.
  package nonisolated let greeted: ContinuousClock.Instant
  /// What happened to the guest, as far as the replies that were read told. Events are read together with replies: run
  /// any command to see those that came since the last one.
  package private(set) var events = MonitorEvents()

  private let name: String
  /// `nil` once given up.
  private var transport: (any Transport)?
  private var lines: MonitorLines
  private var nextID: Int64 = 1
  private var isBusy = false
  private var waiting: [(turn: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
  private var nextTurn: UInt64 = 0

  /// How long a free monitor may take for its greeting; QEMU sends it in the same instant in which it accepts.
  package static let greetingTime = Duration.seconds(1)
  /// The longest greeting.
  private static let greetingLimit = 64 << 10

  /// Connects to the monitor's socket (or pty) at `path` and negotiates.
  /// - Throws: `.heldByAnother`, `.notQMP`, `.notFound`, `.denied`, `.unserved`, `.invalid`, `.timedOut`, …
  package static func connect(
    to path: String, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> Monitor {
    let greeted = min(deadline, .now + greetingTime)
    let socket: UnixSocket
    do { socket = try await UnixSocket.connect(to: path, until: greeted) } catch { throw QMPError(error) }
    return try await connect(over: socket, named: path, until: deadline)
  }

  /// Reads the greeting and negotiates over a stream that was just opened. `name` is what messages call it.
  ///
  /// - Parameter hold: how long the negotiation may take from the greeting on; `nil` for no limit but `deadline`.
  package static func connect(
    over transport: any Transport, named name: String, until deadline: ContinuousClock.Instant, hold: Duration? = nil
  ) async throws(QMPError) -> Monitor {
    var lines = MonitorLines(limit: greetingLimit)
    let greeting = try await readGreeting(transport, name, &lines, until: min(deadline, .now + greetingTime))
    var rest = MonitorLines()
    rest.append(Array(lines.pending))
    let monitor = Monitor(transport, name, greeting, rest)
    let end = hold.map { min(deadline, monitor.greeted + $0) } ?? deadline
    _ = try await monitor.execute("qmp_capabilities", until: end)
    return monitor
  }

  private init(_ transport: any Transport, _ name: String, _ greeting: MonitorGreeting, _ lines: MonitorLines) {
    self.transport = transport
    self.name = name
    self.greeting = greeting
    greeted = .now
    self.lines = lines
  }

  private static func readGreeting(
    _ transport: any Transport, _ name: String, _ lines: inout MonitorLines, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> MonitorGreeting {
    while true {
      let line: [UInt8]?
      do { line = try lines.next() } catch {
        throw QMPError(.notQMP, "\(name): sends bytes without end, but no greeting of a QEMU monitor (QMP)")
      }
      if let line {
        if case .greeting(let greeting)? = try? MonitorMessage(parsing: line) { return greeting }
        let human = String(decoding: line.prefix(256), as: UTF8.self).contains("monitor - type 'help'")
        throw QMPError(
          .notQMP,
          human
            ? "\(name): this is QEMU's human monitor; QMP is needed (-qmp, or -mon mode=control)"
            : "\(name): answers, but not with the greeting of a QEMU monitor (QMP)")
      }
      let bytes: [UInt8]
      do { bytes = try await transport.read(until: deadline) } catch {
        guard error.code == .timedOut else { throw QMPError(error) }
        guard lines.pending.isEmpty else {
          throw QMPError(.notQMP, "\(name): answers, but not with the greeting of a QEMU monitor (QMP)")
        }
        throw QMPError(
          .heldByAnother,
          "\(name): no greeting within a second: the monitor serves one client and another holds it")
      }
      guard !bytes.isEmpty else {
        throw QMPError(.notQMP, "\(name): closes the connection without the greeting of a QEMU monitor (QMP)")
      }
      lines.append(bytes)
    }
  }

  /// Lets the monitor go, for others to use. Commands fail with `.closed` from now on.
  package func close() { transport = nil }

  package func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> JSON {
    guard await turn(until: deadline) else {
      throw QMPError(.timedOut, "\(name): \(command) had no turn within the time given")
    }
    defer { passTurn() }
    guard let transport else { throw QMPError(.closed, "\(name): the monitor has been let go") }
    let id = JSON.integer(nextID)
    nextID &+= 1
    let outcome: Result<JSON, QMPError>
    do throws(QMPError) {
      let bytes = commandJSON(command, arguments, id: id).bytes + [UInt8(ascii: "\n")]
      do { try await transport.write(bytes, until: deadline) } catch { throw QMPError(error) }
      outcome = try await reply(to: id, over: transport, until: deadline)
    } catch {
      // A reply may still come, and the next command would have to tell it from its own.
      self.transport = nil
      guard error.code == .timedOut else { throw error }
      throw QMPError(.timedOut, "\(name): \(command) was not answered within the time given")
    }
    return try outcome.get()
  }

  /// Reads until the reply to `id` has come; events on the way are kept.
  private func reply(
    to id: JSON, over transport: any Transport, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> Result<JSON, QMPError> {
    while true {
      while let line = try lines.next() {
        switch try MonitorMessage(parsing: line) {
        case .event(let event): events.append(event)
        // An error without an id answers a command that QEMU could not read.
        case .reply(let answered, let result) where answered == id || answered == nil: return result
        case .reply, .greeting: throw QMPError(.malformed, "\(name): the monitor answers what was not asked")
        }
        // A monitor that sends lines without end does not outlast the deadline either.
        guard ContinuousClock.now < deadline else { throw QMPError(.timedOut, "") }
      }
      let bytes: [UInt8]
      do { bytes = try await transport.read(until: deadline) } catch { throw QMPError(error) }
      guard !bytes.isEmpty else {
        throw QMPError(.closed, "\(name): QEMU has closed the monitor; it ended, or its monitor was taken away")
      }
      lines.append(bytes)
    }
  }

  // MARK: - One command at a time

  /// Waits for the connection to be free; false when the deadline came first.
  private func turn(until deadline: ContinuousClock.Instant) async -> Bool {
    guard isBusy else {
      isBusy = true
      return true
    }
    let turn = nextTurn
    nextTurn &+= 1
    let timer = Task {
      do { try await Task.sleep(until: deadline, clock: .continuous) } catch { return }
      giveUp(turn)
    }
    defer { timer.cancel() }
    return await withCheckedContinuation { waiting.append((turn, $0)) }
  }

  private func passTurn() {
    if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().continuation.resume(returning: true) }
  }

  private func giveUp(_ turn: UInt64) {
    guard let index = waiting.firstIndex(where: { $0.turn == turn }) else { return }
    waiting.remove(at: index).continuation.resume(returning: false)
  }
}
