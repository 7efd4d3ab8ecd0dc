// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// Whether the virtual machine runs. Source: QEMU qapi/run-state.json, `query-status`.
package struct RunState: Hashable, Sendable {
  /// QEMU's word: `running`, `paused`, `prelaunch`, `inmigrate`, `postmigrate`, `shutdown`, `suspended`,
  /// `guest-panicked`, `io-error`, `watchdog`, …
  package let status: String
  /// Whether its processors run.
  package let isRunning: Bool

  package init(decoding json: JSON) throws(QMPError) {
    guard let status = json["status"]?.string, let running = json["running"]?.bool else {
      throw .malformed("query-status", "no status")
    }
    self.status = status
    isRunning = running
  }
}

/// The machine's memory. Source: QEMU qapi/machine.json, `query-memory-size-summary`.
package struct MemorySize: Hashable, Sendable {
  /// What the machine was started with, in bytes.
  package let base: UInt64
  /// What was plugged in (pc-dimm, virtio-mem, and NVDIMMs too), in bytes; `nil` where QEMU cannot plug memory.
  package let plugged: UInt64?

  package init(decoding json: JSON) throws(QMPError) {
    guard let base = json["base-memory"]?.uint else { throw .malformed("query-memory-size-summary", "no base-memory") }
    self.base = base
    plugged = json["plugged-memory"]?.uint
  }
}

extension MonitorCommands {
  /// QEMU's version.
  package func version(until deadline: ContinuousClock.Instant) async throws(QMPError) -> QEMUVersion {
    try QEMUVersion(decoding: try await execute("query-version", until: deadline))
  }

  /// Whether the machine runs.
  package func runState(until deadline: ContinuousClock.Instant) async throws(QMPError) -> RunState {
    try RunState(decoding: try await execute("query-status", until: deadline))
  }

  /// The machine's name (`-name`); `nil` when it has none.
  package func name(until deadline: ContinuousClock.Instant) async throws(QMPError) -> String? {
    try Machine.name(try await execute("query-name", until: deadline))
  }

  /// The machine's UUID (`-uuid`); `nil` when none was given, for which QEMU says all zeroes.
  package func uuid(until deadline: ContinuousClock.Instant) async throws(QMPError) -> String? {
    try Machine.uuid(try await execute("query-uuid", until: deadline))
  }

  /// The machine type, such as `pc-q35-7.2`.
  package func machineType(until deadline: ContinuousClock.Instant) async throws(QMPError) -> String {
    try Machine.type(try await property("type", of: "/machine", until: deadline))
  }

  /// The machine's memory.
  package func memorySize(until deadline: ContinuousClock.Instant) async throws(QMPError) -> MemorySize {
    try MemorySize(decoding: try await execute("query-memory-size-summary", until: deadline))
  }
}

/// Reads the machine's short replies.
package enum Machine {
  /// `query-name`.
  package static func name(_ json: JSON) throws(QMPError) -> String? {
    guard let object = json.object else { throw .malformed("query-name", "no object") }
    guard let name = object["name"] else { return nil }
    guard let text = name.string else { throw .malformed("query-name", "a name that is no text") }
    return text.isEmpty ? nil : text
  }

  /// `query-uuid`.
  package static func uuid(_ json: JSON) throws(QMPError) -> String? {
    guard let text = json["UUID"]?.string else { throw .malformed("query-uuid", "no UUID") }
    return text.utf8.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "-") } ? nil : text
  }

  /// `qom-get /machine type`.
  package static func type(_ json: JSON) throws(QMPError) -> String {
    guard let text = json.string, !text.isEmpty else { throw .malformed("qom-get /machine type", "no text") }
    return text.hasSuffix("-machine") ? String(text.dropLast("-machine".count)) : text
  }
}
