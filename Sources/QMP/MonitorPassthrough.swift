// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
import Transports

/// QEMU's monitor through somebody who holds it: libvirt's `virDomainQemuMonitorCommand`, which taints the domain
/// (`custom-monitor`).
package struct MonitorPassthrough: MonitorCommands {
  /// Takes the JSON of one command and returns the whole reply, `{"return": …}` or `{"error": …}`.
  package typealias Send = @Sendable (_ command: String) async throws -> String

  private let send: Send

  /// Creates a passthrough. An error of `send` becomes `.transport` unless it is a `QMPError`, a `TransportError`, a
  /// ``DeadlineExceeded`` or a cancellation; `send` is left behind when it ignores its deadline.
  package init(send: @escaping Send) { self.send = send }

  package func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> JSON {
    let request = String(decoding: commandJSON(command, arguments, id: nil).bytes, as: UTF8.self)
    let text: String
    do { text = try await withDeadline(deadline) { [send] in try await send(request) } } catch {
      switch error {
      case let error as QMPError: throw error
      case let error as TransportError: throw QMPError(error)
      case is DeadlineExceeded: throw QMPError(.timedOut, "\(command) was not answered within the time given")
      case is CancellationError: throw QMPError(.cancelled, "\(command) was cancelled")
      default: throw QMPError(.transport, "\(command): \(error)")
      }
    }
    guard case .reply(_, let result) = try MonitorMessage(parsing: Array(text.utf8)) else {
      throw QMPError(.malformed, "\(command): the monitor sent no reply")
    }
    return try result.get()
  }
}
