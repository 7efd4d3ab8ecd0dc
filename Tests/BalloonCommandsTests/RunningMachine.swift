// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import GuestRig

/// A real QEMU that runs its firmware, with a balloon and no guest.
struct RunningMachine: Sendable {
  /// The monitor's socket, which nobody holds.
  let monitor: String
  private let pidFile: String

  /// `qmp:PATH`.
  var target: String { "qmp:\(monitor)" }

  /// Runs `body` beside so many machines, whose files are in `scratch`.
  static func with<Result: Sendable>(
    _ count: Int, in scratch: ScratchDirectory, _ machines: [RunningMachine] = [],
    isolation: isolated (any Actor)? = #isolation, _ body: ([RunningMachine]) async throws -> Result
  ) async throws -> Result {
    guard machines.count < count else {
      for machine in machines {
        try await waitUntil("a monitor stood at \(machine.monitor)", within: .seconds(60)) {
          access(machine.monitor, F_OK) == 0 && access(machine.pidFile, F_OK) == 0
        }
      }
      return try await body(machines)
    }
    let name = "machine\(machines.count)"
    let machine = RunningMachine(monitor: scratch("\(name).sock"), pidFile: scratch("\(name).pid"))
    let arguments = [
      Machine.emulator, "-M", "q35", "-accel", "tcg", "-m", "32", "-display", "none", "-nodefaults", "-no-user-config",
      "-pidfile", machine.pidFile, "-qmp", "unix:\(machine.monitor),server=on,wait=off",
    ]
    return try await Program.background(arguments + Machine.balloon, log: scratch("\(name).log")) {
      try await with(count, in: scratch, machines + [machine], body)
    }
  }

  /// Ends it as a crash would.
  func kill() throws { try Self.kill(pidFile: pidFile) }

  /// Ends the process whose id a file holds.
  static func kill(pidFile: String) throws {
    let text = try String(contentsOfFile: pidFile, encoding: .utf8)
    guard let pid = Int32(text.prefix { $0.isNumber }), pid > 1 else {
      throw RigError(.program, "\(pidFile) holds no process id")
    }
    Glibc.kill(pid, SIGKILL)
  }
}
