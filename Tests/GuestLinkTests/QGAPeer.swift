// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import GuestLink
import Transports

/// qemu-ga's end of a connection, for scripts: it sends what it is told and nothing of its own.
actor QGAPeer {
  private let end: UnixSocket
  private var pending: [UInt8] = []
  /// How many sentinels have come.
  private(set) var sentinels = 0

  init(_ end: UnixSocket) { self.end = end }

  /// A client, and its peer's script. The client's transport is patient: it times out when the test says so.
  static func pair(limits: QGAClient.Limits = QGAClient.Limits()) throws -> (QGAClient, QGAPeer, PatientTransport) {
    let (client, agent) = try SocketPair.ends()
    let transport = PatientTransport(client)
    return (QGAClient(transport, limits: limits), QGAPeer(agent), transport)
  }

  @discardableResult
  func send(_ bytes: [UInt8]) async -> Bool {
    do throws(TransportError) {
      try await end.write(bytes, until: .now + .seconds(20))
      return true
    } catch {
      return false
    }
  }

  @discardableResult
  func send(_ text: String) async -> Bool { await send(Array(text.utf8)) }

  /// The client's next command; `nil` when it has gone.
  func receive() async -> (name: String, id: UInt64?)? {
    while true {
      if let newline = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(pending[..<newline])
        pending.removeSubrange(...newline)
        sentinels += line.count { $0 == QGAStream.sentinel }
        guard let json = try? JSON(parsing: line.filter { $0 != QGAStream.sentinel }, limits: QGA.limits),
          let name = json["execute"]?.string
        else { continue }
        return (name, json["arguments"]?["id"]?.uint)
      }
      guard let bytes = try? await end.read(until: .now + .seconds(20)), !bytes.isEmpty else { return nil }
      pending += bytes
    }
  }

  /// Answers the synchronisation that comes next, as qemu-ga does, after `before`.
  func synchronise(after before: [UInt8] = [], sentinel: Bool = true) async {
    guard let (name, id) = await receive(), name == "guest-sync-delimited", let id else { return }
    await send(before + (sentinel ? [QGAStream.sentinel] : []) + Array("{\"return\": \(id)}\n".utf8))
  }

  /// Answers every command by `replies`, one line each, until the client goes.
  func serve(_ replies: [String: String]) async {
    while let (name, id) = await receive() {
      if let id { await send([QGAStream.sentinel] + Array("{\"return\": \(id)}\n".utf8)) }
      if name == "guest-sync-delimited" { continue }
      await send(
        (replies[name]
          ?? #"{"error": {"class": "CommandNotFound", "desc": "The command \#(name) has not been found"}}"#) + "\n")
    }
  }

  func close() { end.close() }
}
