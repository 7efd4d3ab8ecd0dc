// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// The rig's own QEMU monitor, on a socket of its own: the program under test has the other one to itself.
///
/// It is written apart from the program's QMP client, so that a mistake there cannot hide itself here.
package actor RigMonitor {
  private let stream: UnixStream
  private var received: [UInt8] = []
  private var replies: [Int64: RigJSON] = [:]
  private var lastID: Int64 = 0

  /// Connects, and leaves the negotiation mode.
  package init(path: String) async throws {
    stream = try UnixStream(path: path)
    try await execute("qmp_capabilities")
  }

  /// Runs one command and gives its `return` member.
  /// - Throws: ``RigError`` with the code `monitor` and QEMU's own words when QEMU refuses it.
  @discardableResult
  package func execute(
    _ command: String, _ arguments: [String: RigJSON] = [:], within limit: Duration = .seconds(30)
  ) async throws -> RigJSON {
    lastID += 1
    let id = lastID
    let request: RigJSON = ["execute": .string(command), "arguments": .object(arguments), "id": .integer(id)]
    try stream.send(try JSONEncoder().encode(request) + [UInt8(ascii: "\n")])
    let reply = try await waitUntil("QEMU answered \(command)", within: limit, every: .milliseconds(2)) {
      try takeIn()
      return replies.removeValue(forKey: id)
    }
    if let result = reply["return"] { return result }
    throw RigError(.monitor, "\(command): \(reply["error"]?["desc"]?.string ?? "\(reply)")")
  }

  /// Sorts what has arrived: replies by their id; the greeting and events are not kept.
  private func takeIn() throws {
    while let bytes = try stream.receive() {
      guard !bytes.isEmpty else { throw RigError(.monitor, "QEMU closed its monitor") }
      received += bytes
      while let end = received.firstIndex(of: UInt8(ascii: "\n")) {
        let message = try JSONDecoder().decode(RigJSON.self, from: Data(received[..<end]))
        received.removeSubrange(...end)
        if let id = message["id"]?.integer { replies[id] = message }
      }
    }
  }
}

extension RigMonitor {
  /// Reads one QOM property.
  package func property(_ name: String, of path: String) async throws -> RigJSON {
    try await execute("qom-get", ["path": .string(path), "property": .string(name)])
  }

  /// Sets the balloon's polling interval, in seconds; 0 switches polling off.
  package func setStatsPeriod(_ seconds: Int64) async throws {
    try await execute(
      "qom-set",
      [
        "path": .string(Guest.balloonPath), "property": "guest-stats-polling-interval", "value": .integer(seconds),
      ])
  }

  /// Asks the guest to give memory back until it has `bytes` left. The reply says nothing about whether it does.
  package func setBalloonTarget(_ bytes: Int64) async throws {
    try await execute("balloon", ["value": .integer(bytes)])
  }

  /// Freezes the guest's processors.
  package func pause() async throws { try await execute("stop") }

  /// Lets them run again.
  package func resume() async throws { try await execute("cont") }
}
