// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Glibc
import QMP

/// One of the sessions in `Tests/Fuzz/fuzz-qmp/seeds` (its README says how each was captured).
struct CapturedSession {
  let bytes: [UInt8]
  var messages: [MonitorMessage] = []

  struct Missing: Error { let what: String }

  init(_ name: String) throws {
    let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    let path = "/\(tests)/Fuzz/fuzz-qmp/seeds/\(name).txt"
    guard let file = fopen(path, "r") else { throw Missing(what: path) }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk.prefix(count) }
    self.bytes = bytes
    guard !name.hasSuffix("human-monitor") else { return }
    var lines = MonitorLines()
    lines.append(bytes)
    while let line = try lines.next() { messages.append(try MonitorMessage(parsing: line)) }
  }

  /// What QEMU replied to the command with that id, the first time.
  func result(_ id: String) throws -> Result<JSON, QMPError> {
    for case .reply(.string(id), let result) in messages { return result }
    throw Missing(what: id)
  }

  func reply(_ id: String) throws -> JSON { try result(id).get() }

  var events: [MonitorEvent] {
    messages.compactMap { message in
      guard case .event(let event) = message else { return nil }
      return event
    }
  }
}
