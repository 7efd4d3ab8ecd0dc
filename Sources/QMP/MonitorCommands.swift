// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// Something that takes QEMU's monitor commands: a socket of one's own (``Monitor``), or libvirt's passthrough
/// (``MonitorPassthrough``).
///
/// The typed queries are extensions of this protocol, so that they run the same over both. None of them changes the
/// guest; what does is named `set…`.
package protocol MonitorCommands: Sendable {
  /// Runs one command of the QEMU machine protocol and returns what stands under `return`.
  /// - Throws: `.unsupported`, `.absent` or `.refused` for QEMU's own refusals, `.timedOut`, `.closed`, `.malformed`, …
  func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> JSON
}

extension MonitorCommands {
  /// Runs one command without arguments.
  package func execute(
    _ command: String, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> JSON {
    try await execute(command, nil, until: deadline)
  }
}

/// The JSON of one command.
func commandJSON(_ command: String, _ arguments: JSONObject?, id: JSON?) -> JSON {
  var members: [(String, JSON)] = [("execute", .string(command))]
  if let arguments { members.append(("arguments", .object(arguments))) }
  if let id { members.append(("id", id)) }
  return .object(JSONObject(members))
}
