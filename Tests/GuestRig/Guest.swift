// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials

/// A real guest under a real QEMU, for as long as ``with(_:_:)`` runs its body.
package final class Guest: Sendable {
  package let configuration: GuestConfiguration
  /// Whatever the test puts there goes with the guest.
  package let directory: ScratchDirectory
  /// The rig's own monitor.
  package let monitor: RigMonitor
  private let line: GuestControl

  private init(
    configuration: GuestConfiguration, directory: ScratchDirectory, monitor: RigMonitor, line: GuestControl
  ) {
    self.configuration = configuration
    self.directory = directory
    self.monitor = monitor
    self.line = line
  }

  static let balloonID = "balloon0"
  /// The balloon's QOM path.
  package static let balloonPath = "/machine/peripheral/\(balloonID)"

  /// The monitor socket for the program under test: nobody else uses it.
  package var monitorPath: String { directory("qmp.sock") }
  /// The host's end of the agent's channel, whether the guest has it or not.
  package var agentSocketPath: String { directory("agent.sock") }
  /// The host's end of one of ``GuestConfiguration/ports``.
  package func socket(ofPort name: String) -> String { directory("\(name).sock") }

  /// Boots a guest, runs `body` when it is up, and ends it.
  ///
  /// "Up" is userland with its modules loaded and the agent started; a guest of the kind
  /// ``GuestConfiguration/Boot/firmware`` is up when QEMU has started it.
  package static func with<Result: Sendable>(
    _ configuration: GuestConfiguration, isolation: isolated (any Actor)? = #isolation,
    _ body: (Guest) async throws -> Result
  ) async throws -> Result {
    let image: GuestImage
    if let other = configuration.image { image = other } else { image = try await GuestImage.prepared() }
    return try await ScratchDirectory.with { directory in
      let arguments = configuration.qemuArguments(image: image, directory: directory)
      return try await Program.background(arguments, log: directory("qemu.log")) {
        try await body(try await start(configuration, in: directory))
      }
    }
  }

  private static func start(_ configuration: GuestConfiguration, in directory: ScratchDirectory) async throws -> Guest {
    func connected<Connection>(_ path: String, _ connect: (String) async throws -> Connection) async throws
      -> Connection
    {
      try await waitUntil("QEMU listened at \(path)") {
        do {
          return try await connect(path)
        } catch let error as RigError where error.code == .system {
          if directory.tail("qemu.log").contains(Program.endMark) { throw RigError(.program, "QEMU ended") }
          return nil
        }
      }
    }
    do {
      let line = try await connected(directory("control.sock")) { try GuestControl(path: $0) }
      let monitor = try await connected(directory("rig.sock")) { try await RigMonitor(path: $0) }
      let guest = Guest(configuration: configuration, directory: directory, monitor: monitor, line: line)
      if configuration.balloon != .none, configuration.statsPeriod > 0 {
        try await monitor.setStatsPeriod(configuration.statsPeriod)
      }
      if configuration.boot != .firmware { try await guest.untilBooted(1) }
      return guest
    } catch let error as RigError {
      throw RigError(error.code, "\(error.message)\n\(directory.tail("qemu.log"))")
    }
  }

  private func untilBooted(_ count: Int) async throws {
    do {
      try await line.untilBooted(count, within: .seconds(120))
    } catch let error as RigError {
      throw RigError(error.code, "\(error.message)\n\((try? await consoleLog()) ?? "")")
    }
  }

  /// QEMU's process id: to read its memory, or to stop it as a hung QEMU.
  package var processIdentifier: Int32? {
    (try? String(contentsOfFile: directory("qemu.pid"), encoding: .utf8)).flatMap { Int32($0.prefix { $0 != "\n" }) }
  }

  /// Runs a line of shell in the guest, and gives its output without the final line feed.
  ///
  /// image/vb.sh has the verbs: "vb balloon unbind", "vb agent stop" and so on.
  /// - Throws: ``RigError`` with the code `guest` when it ends with another status than 0.
  @discardableResult
  package func control(_ command: String, within limit: Duration = .seconds(60)) async throws -> String {
    try await line.check(command, within: limit)
  }

  /// Resets the machine, and returns at once: ``reboot()`` waits.
  package func reset() async throws { try await monitor.execute("system_reset") }

  /// Resets the machine, and waits until it is up again.
  package func reboot() async throws {
    let before = try await line.bootCount()
    try await reset()
    try await untilBooted(before + 1)
  }

  /// Takes the agent's port away, and waits until the guest has lost it.
  package func unplugAgentPort() async throws {
    try await monitor.execute("device_del", ["id": .string(GuestConfiguration.agentPortID)])
    try await waitUntil("the agent's port was gone") { try await !hasAgentPort() }
  }

  /// Gives it back, and waits until the guest has it.
  package func plugAgentPort() async throws {
    let port: [String: RigJSON] = [
      "driver": "virtserialport", "bus": "serial0.0", "id": .string(GuestConfiguration.agentPortID),
      "chardev": "agent", "name": .string(GuestConfiguration.agentPort),
    ]
    // QEMU lets go of the channel a moment after the guest has lost the port; until then it is "in use".
    try await waitUntil("QEMU took the agent's port back") {
      do {
        try await monitor.execute("device_add", port)
        return true
      } catch let error as RigError where error.code == .monitor && error.message.hasSuffix("is in use") {
        return false
      }
    }
    try await waitUntil("the agent's port was there") { try await hasAgentPort() }
  }

  private func hasAgentPort() async throws -> Bool {
    try await line.run("vb port \(GuestConfiguration.agentPort)", within: .seconds(60)).status == 0
  }

  /// The console's last 64 KiB.
  package func consoleLog() async throws -> String {
    try await monitor.execute("ringbuf-read", ["device": "console", "size": 65536]).string ?? ""
  }
}
