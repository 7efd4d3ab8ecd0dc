// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import GuestLink
import Transports

/// qemu-ga at its port's socket, connected to anew for each command: while a program runs in the guest, others who
/// share the port (`qm guest cmd`, a backup) are served.
struct QGATurns: QGACommands {
  let place: PortPlace

  func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QGAError) -> JSON {
    let socket: UnixSocket
    do throws(Failure) { socket = try await place.socket(until: deadline) } catch {
      throw QGAError(.transport, error.detail)
    }
    defer { socket.close() }
    let client = QGAClient(
      socket, limits: QGAClient.Limits(line: QGA.execLimits.bytes, bytesPerCall: 2 * QGA.execLimits.bytes))
    return try await client.execute(command, arguments, until: deadline)
  }
}
