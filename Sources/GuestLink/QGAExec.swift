// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// What became of a program that qemu-ga runs: the reply to `guest-exec-status`. Source: QEMU qga/qapi-schema.json,
/// `GuestExecStatus`, since 2.5.
package struct QGAProcess: Hashable, Sendable {
  /// Whether it has ended; the agent forgets it once it has said so.
  package let hasExited: Bool
  /// Its exit status; `nil` while it runs, and when a signal or an exception ended it.
  package let exitCode: Int64?
  /// What it wrote to standard output, then what it wrote to standard error.
  package let output: [UInt8]
  /// Whether there was more than the agent keeps.
  package let isTruncated: Bool

  package init(json: JSON) throws(QGAError) {
    guard let exited = json["exited"]?.bool else {
      throw QGAError(.malformed, "qemu-ga's guest-exec-status does not tell whether the program has ended")
    }
    hasExited = exited
    exitCode = json["exitcode"]?.int
    var output: [UInt8] = []
    for member in ["out-data", "err-data"] {
      guard let text = json[member]?.string else { continue }
      guard let bytes = Base64.decode(text) else {
        throw QGAError(.malformed, "qemu-ga's guest-exec-status has \(member) that is no base64")
      }
      output += bytes
    }
    self.output = output
    isTruncated = json["out-truncated"]?.bool == true || json["err-truncated"]?.bool == true
  }
}

extension QGA {
  /// The reply to `guest-exec-status`, which carries up to 16 MiB of output by QEMU's own limit; here at most 8 MiB.
  package static let execLimits = JSONLimits(bytes: 8 << 20, depth: 8, string: 8 << 20, exactIntegers: false)
}

extension QGACommands {
  /// `guest-exec`: **starts a program in the guest**, without a shell, and takes what it writes.
  /// - Returns: its number, for ``process(_:until:)``.
  package func start(
    _ program: String, _ arguments: [String], until deadline: ContinuousClock.Instant
  ) async throws(QGAError) -> Int64 {
    let reply = try await execute(
      "guest-exec",
      [
        "path": .string(program), "arg": .array(arguments.map(JSON.string)), "capture-output": .bool(true),
      ], until: deadline)
    guard let number = reply["pid"]?.int else {
      throw QGAError(.malformed, "qemu-ga's guest-exec tells no process")
    }
    return number
  }

  /// `guest-exec-status`.
  package func process(_ number: Int64, until deadline: ContinuousClock.Instant) async throws(QGAError) -> QGAProcess {
    try QGAProcess(json: try await execute("guest-exec-status", ["pid": .integer(number)], until: deadline))
  }
}
