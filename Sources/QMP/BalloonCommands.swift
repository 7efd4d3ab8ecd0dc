// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol

extension MonitorCommands {
  /// **Changes the guest:** asks its balloon for a size, in bytes. There is no acknowledgement: that it was accepted
  /// does not say that the guest follows. For callers whose user has asked for it.
  ///
  /// Source: QEMU qapi/machine.json, `balloon`.
  /// - Throws: `.absent` without a balloon (`DeviceNotActive`), `.unsupported` where the accelerator cannot serve one
  ///   (`KVMMissingCap`), `.refused` for a size that is none.
  package func setBalloon(_ bytes: UInt64, until deadline: ContinuousClock.Instant) async throws(QMPError) {
    guard bytes > 0, Int64(exactly: bytes) != nil else {
      throw QMPError(.refused, "\(bytes) bytes are no size of a guest's memory")
    }
    _ = try await execute("balloon", ["value": .integer(bytes)], until: deadline)
  }

  /// Whether the machine is being sent to another host while it runs on.
  ///
  /// Source: QEMU qapi/migration.json, `MigrationStatus`; without a migration the reply is empty.
  package func isMigrating(until deadline: ContinuousClock.Instant) async throws(QMPError) -> Bool {
    let under: Set = [
      "setup", "cancelling", "active", "postcopy-active", "postcopy-paused", "postcopy-recover", "pre-switchover",
      "device", "wait-unplug", "colo",
    ]
    let reply = try await execute("query-migrate", until: deadline)
    return reply["status"]?.string.map(under.contains) ?? false
  }
}
