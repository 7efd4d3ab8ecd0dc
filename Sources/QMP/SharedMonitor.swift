// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
import Transports

/// A QEMU monitor that others use too, and that serves one client at a time: Proxmox's `VMID.qmp`, which pvestatd asks
/// every few seconds and `qm` in between.
///
/// It is taken in short turns: opened for the first command, let go when the caller says that it has what it wanted,
/// and in any case before ``holdTime`` has passed; a command that comes later opens it anew. Whoever waits is served in
/// between, because QEMU takes its clients in the order in which they came. Only for queries: one that had no answer
/// within a turn is asked once more.
package actor SharedMonitor: MonitorCommands {
  /// The longest turn, from QEMU's greeting to the end of the connection: under half a second.
  package static let holdTime = Duration.milliseconds(450)
  /// When a command no longer begins in the turn that is under way.
  private static let renewalTime = Duration.milliseconds(150)
  /// How often a monitor that does not greet within a second is tried.
  private static let attempts = 3

  private struct Turn {
    let number: UInt64
    let monitor: Monitor
    let socket: UnixSocket
    var end: ContinuousClock.Instant { monitor.greeted + SharedMonitor.holdTime }
  }

  /// The monitor's socket.
  package nonisolated let path: String
  private var turn: Turn?
  private var count: UInt64 = 0
  private var isServing = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  /// Opens nothing yet.
  package init(_ path: String) { self.path = path }

  /// Lets the monitor go until the next command.
  package func release() {
    guard let turn else { return }
    self.turn = nil
    turn.socket.close()
  }

  package func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> JSON {
    await begin()
    defer { end() }
    do throws(QMPError) { return try await executeOnce(command, arguments, until: deadline) } catch {
      // The turn ended before the answer came, the command's own time has not.
      guard error.code == .timedOut || error.code == .closed, ContinuousClock.now < deadline else { throw error }
    }
    do throws(QMPError) { return try await executeOnce(command, arguments, until: deadline) } catch {
      guard error.code == .timedOut || error.code == .closed, ContinuousClock.now < deadline else { throw error }
      throw QMPError(
        error.code,
        error.code == .closed
          ? error.message
          : "\(path): \(command) was not answered within the half second for which a shared monitor is held")
    }
  }

  private func executeOnce(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> JSON {
    let turn = try await open(until: deadline)
    do throws(QMPError) {
      let result = try await turn.monitor.execute(command, arguments, until: min(deadline, turn.end))
      if ContinuousClock.now >= turn.end { release() }
      return result
    } catch {
      // What QEMU itself refused leaves the connection good.
      if error.errorClass == nil || ContinuousClock.now >= turn.end { release() }
      throw error
    }
  }

  /// The turn that is under way, or a new one.
  private func open(until deadline: ContinuousClock.Instant) async throws(QMPError) -> Turn {
    if let turn {
      if ContinuousClock.now < turn.monitor.greeted + Self.renewalTime { return turn }
      release()
    }
    var attempt = 1
    while true {
      do throws(QMPError) {
        let turn = try await connect(until: deadline)
        self.turn = turn
        Task {
          try? await Task.sleep(until: turn.end, clock: .continuous)
          expire(turn.number)
        }
        return turn
      } catch {
        guard error.code == .heldByAnother, attempt < Self.attempts, ContinuousClock.now < deadline else { throw error }
        attempt += 1
      }
    }
  }

  private func connect(until deadline: ContinuousClock.Instant) async throws(QMPError) -> Turn {
    let socket: UnixSocket
    do throws(TransportError) {
      socket = try await UnixSocket.connect(to: path, until: min(deadline, .now + Monitor.greetingTime))
    } catch { throw QMPError(error) }
    do throws(QMPError) {
      let monitor = try await Monitor.connect(over: socket, named: path, until: deadline, hold: Self.holdTime)
      count &+= 1
      return Turn(number: count, monitor: monitor, socket: socket)
    } catch {
      socket.close()
      throw error
    }
  }

  /// Ends a turn whose caller dawdles; a command under way ends it itself.
  private func expire(_ number: UInt64) {
    if turn?.number == number, !isServing { release() }
  }

  // MARK: One command at a time

  private func begin() async {
    if isServing { await withCheckedContinuation { waiting.append($0) } } else { isServing = true }
  }

  private func end() {
    if waiting.isEmpty { isServing = false } else { waiting.removeFirst().resume() }
  }
}
