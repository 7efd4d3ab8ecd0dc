// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Glibc

/// A socket at which something like QEMU's monitor answers, one client after the other. The shapes of its answers are
/// those of QEMU 7.2 (Tests/Fuzz/fuzz-qmp/seeds has captured ones); the values are synthesised.
final class FakeMonitor: Sendable {
  /// What it does to its clients.
  enum Manner: Sendable {
    case answers
    /// Takes clients and says nothing, not even its greeting.
    case silent
    /// Greets, and answers so many commands; then it falls silent.
    case hangs(after: Int)
    /// Greets, and answers so many commands; then it closes the connection.
    case closes(after: Int)
    /// Greets, and then sends events without end.
    case floods
    /// Before each answer it tells that the balloon has another size.
    case moves
  }

  let path: String
  private let server: FakeServer

  static let greeting =
    #"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}, "capabilities": []}}"#
    + "\r\n"
  static let size: UInt64 = 512 << 20

  init(_ manner: Manner) throws {
    server = try FakeServer { connection in Self.serve(connection, manner) }
    path = server.path
  }

  func stop() { server.stop() }

  private static func send(_ text: String, _ connection: Int32) -> Bool {
    FakeServer.send(Array(text.utf8), connection)
  }

  private static func serve(_ connection: Int32, _ manner: Manner) {
    if case .silent = manner {
      var byte: UInt8 = 0
      while recv(connection, &byte, 1, 0) > 0 {}
      return
    }
    guard send(greeting, connection) else { return }
    if case .floods = manner {
      let event = #"{"timestamp": {"seconds": 5, "microseconds": 0}, "event": "RTC_CHANGE", "data": {"offset": 1}}"#
      let flood = String(repeating: event + "\r\n", count: 500)
      while send(flood, connection) {}
      return
    }
    var answered = 0
    var pending: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4_096)
    while case let count = recv(connection, &chunk, chunk.count, 0), count > 0 {
      pending += chunk[..<count]
      while let end = pending.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(pending[..<end])
        pending.removeSubrange(...end)
        guard let request = try? JSON(parsing: line, limits: .monitor) else { continue }
        switch manner {
        case .hangs(let limit) where answered >= limit: continue
        case .closes(let limit) where answered >= limit: return
        case .moves:
          let event =
            #"{"timestamp": {"seconds": \#(1_000 + answered), "microseconds": 500000}, "event": "BALLOON_CHANGE", "#
            + #""data": {"actual": \#(answered << 20)}}"#
          guard send(event + "\r\n", connection) else { return }
        default: break
        }
        answered += 1
        guard send(answer(to: request) + "\r\n", connection) else { return }
      }
    }
  }

  /// The reply of a machine whose balloon is driven and answers.
  private static func answer(to request: JSON) -> String {
    let id = String(decoding: (request["id"] ?? .null).bytes, as: UTF8.self)
    guard let value = value(request["execute"]?.string ?? "", request["arguments"]) else {
      return #"{"error": {"class": "CommandNotFound", "desc": "no such command"}, "id": \#(id)}"#
    }
    return #"{"return": \#(value), "id": \#(id)}"#
  }

  private static let balloon = "/machine/peripheral/balloon0"

  private static func value(_ command: String, _ arguments: JSON?) -> String? {
    switch command {
    case "qmp_capabilities": "{}"
    case "query-name": #"{"name": "fake"}"#
    case "query-status": #"{"running": true, "singlestep": false, "status": "running"}"#
    case "query-version":
      #"{"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}"#
    case "query-kvm": #"{"enabled": true, "present": true}"#
    case "query-memory-size-summary": #"{"base-memory": \#(size), "plugged-memory": 0}"#
    case "query-balloon": #"{"actual": \#(size)}"#
    case "x-query-virtio":
      #"[{"name": "virtio-balloon", "path": "\#(balloon)/virtio-backend"}]"#
    case "x-query-virtio-status":
      #"""
      {"name": "virtio-balloon", "status": {"statuses": ["VIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready"]}, \#
      "guest-features": {"dev-features": [], "transports": []}, \#
      "host-features": {"dev-features": [], "transports": []}}
      """#
    case "qom-get":
      switch (arguments?["path"]?.string, arguments?["property"]?.string) {
      case ("/machine"?, "type"?): #""pc-q35-7.2-machine""#
      case (balloon?, "guest-stats-polling-interval"?): "2"
      case (balloon?, "guest-stats"?):
        #"{"last-update": 1700000000, "stats": {"stat-free-memory": 4096, "stat-swap-in": -1}}"#
      default: nil
      }
    default: nil
    }
  }
}
