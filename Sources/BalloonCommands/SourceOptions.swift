// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Artefacts
import Collectors

/// Which sources may be asked besides those that leave no mark; the same for every command that collects evidence.
struct SourceOptions: ParsableArguments {
  @Flag(help: "Ask QEMU's monitor through libvirt: the device's own status. Taints the domain (custom-monitor).")
  var monitor = false

  @Flag(
    name: .customLong("qemu-ga"),
    help: """
      Ask qemu-ga in the guest: of a domain through libvirt, which taints it (custom-ga-command), else at its port's \
      socket, which marks nothing.
      """)
  var qemuGA = false

  @Option(
    name: .customLong("qemu-ga-socket"),
    help: ArgumentHelp(
      "The socket of qemu-ga's port, for a qmp: or proxmox: target; implies --qemu-ga.", valueName: "path"))
  var qemuGASocket: String?

  @Flag(
    help: """
      Run in the guest, through qemu-ga, the read-only commands that `virt-balloon probe` prints; implies --qemu-ga.
      """)
  var guestExec = false

  @Option(help: ArgumentHelp("Where the journals of exercises are, for trials.", visibility: .hidden))
  var journalDirectory: String?

  /// Where the journals of exercises are looked for.
  var journals: [String] { journalDirectory.map { [$0] } ?? JournalFile.places }

  /// Whether any of them was asked for.
  var areAsked: Bool { monitor || qemuGA || guestExec || qemuGASocket != nil }
  var asksQEMUGA: Bool { qemuGA || qemuGASocket != nil || guestExec }

  /// Refuses what cannot be meant of these targets, before anything is asked.
  func validate(for targets: [String]) throws {
    let names = targets.map(TargetName.init)
    if guestExec {
      for case .agent in names { throw ValidationError("agent: leads to no qemu-ga: leave --guest-exec out") }
    }
    if let socket = qemuGASocket {
      guard !socket.isEmpty else { throw ValidationError("--qemu-ga-socket takes the path of a socket") }
      guard names.count == 1, let only = names.first, only.hasMonitorSocket else {
        throw ValidationError("--qemu-ga-socket belongs to one qmp: or proxmox: target: name that alone")
      }
    }
    guard qemuGA else { return }
    for case .agent in names { throw ValidationError("agent: leads to no qemu-ga: leave --qemu-ga out") }
  }

  /// What qemu-ga is to run in the guest, announced; `nil` when it is to run nothing.
  func probe() -> GuestProbe? {
    guard guestExec else { return nil }
    Console.complain(
      "--guest-exec: runs read-only commands in the guest through qemu-ga (`virt-balloon probe` shows them)")
    return ProbeScript.probe(tool: VirtBalloon.version, now: WallClock.system.now)
  }
}
