// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import GuestRig
import Testing

/// A real QEMU with the devices of a guest, stopped before its first instruction.
struct Machine {
  let scratch: ScratchDirectory
  /// The program's monitor, which nobody holds.
  var monitor: String { scratch("qmp.sock") }
  /// The agent's channel, which nobody holds.
  var channel: String { scratch("agent.sock") }

  static let emulator = "/usr/bin/qemu-system-x86_64"
  static var isInstalled: Bool { access(emulator, X_OK) == 0 }

  static let balloon = ["-device", "virtio-balloon-pci,id=balloon0,bus=pcie.0,addr=5"]

  /// Runs `body` beside a machine with the agent's port, and with `devices`.
  static func with<Result: Sendable>(
    _ devices: [String] = balloon, isolation: isolated (any Actor)? = #isolation,
    _ body: (Machine) async throws -> Result
  ) async throws -> Result {
    try await ScratchDirectory.with { scratch in
      let machine = Machine(scratch: scratch)
      let arguments =
        [
          emulator, "-M", "q35", "-accel", "tcg", "-m", "32", "-display", "none", "-nodefaults", "-no-user-config",
          "-S",
          "-qmp", "unix:\(machine.monitor),server=on,wait=off", "-device", "virtio-serial-pci,id=vs0",
          "-chardev", "socket,path=\(machine.channel),server=on,wait=off,id=ch0",
          "-device", "virtserialport,chardev=ch0,name=org.virt-balloon.agent.0",
        ] + devices
      return try await Program.background(arguments, log: scratch("log")) {
        try await machine.ready()
        return try await body(machine)
      }
    }
  }

  /// Waits for the monitor's greeting, and lets it go.
  private func ready() async throws {
    let stream = try await waitUntil("QEMU's monitor stood: \(scratch.tail("log"))") { try? UnixStream(path: monitor) }
    try await waitUntil("QEMU's monitor greeted: \(scratch.tail("log"))") { try stream.receive()?.isEmpty == false }
  }

  /// `qmp:PATH`.
  var target: String { "qmp:\(monitor)" }
}
