// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Testing

/// Where the examples of a page run: an empty directory with the project's `samples` and `protocol` in it, the built
/// program in `PATH`, and a Proxmox VE host of one machine that is switched off.
struct ExamplePlace {
  let scratch: ScratchDirectory
  /// The directory that the manual calls /run/vm1: the sockets of the guest that runs.
  var guest: String?

  /// The words at which the manual stands for paths of this run.
  static let guestDirectory = "/run/vm1"

  private var work: String { scratch("work") }

  init(_ scratch: ScratchDirectory, guest: Guest? = nil) throws {
    (self.scratch, self.guest) = (scratch, guest?.directory.path)
    let files = FileManager.default
    for folder in ["bin", "pve/etc/pve/qemu-server", "pve/etc/pve/nodes", "pve/var/run/qemu-server", "state"] {
      try files.createDirectory(atPath: scratch(folder), withIntermediateDirectories: true)
    }
    try Self.proxmoxSettings.write(
      toFile: scratch("pve/etc/pve/qemu-server/100.conf"), atomically: false, encoding: .utf8)
    // The real program, told to look for Proxmox VE and to keep its journal here: nothing of this machine is touched.
    let program = try Program.built("virt-balloon")
    let wrapper = """
      #!/bin/sh
      case "$*" in *proxmox:*) exec '\(program)' "$@" --proxmox-root '\(scratch("pve"))' ;; esac
      case "$1" in exercise) exec '\(program)' "$@" --journal-directory '\(scratch("state"))' ;; esac
      exec '\(program)' "$@"

      """
    try wrapper.write(toFile: scratch("bin/virt-balloon"), atomically: false, encoding: .utf8)
    try files.setAttributes([.posixPermissions: 0o755], ofItemAtPath: scratch("bin/virt-balloon"))
  }

  /// Synthesised: what `qm config` has of a Windows with a balloon.
  private static let proxmoxSettings = """
    agent: 1
    balloon: 2048
    cores: 2
    machine: pc-q35-8.1
    memory: 4096
    name: files
    ostype: win11

    """

  /// Begins with another page: nothing of the last one is left.
  func turnPage() throws {
    let files = FileManager.default
    if files.fileExists(atPath: work) { try files.removeItem(atPath: work) }
    try files.createDirectory(atPath: work, withIntermediateDirectories: true)
    for folder in ["samples", "protocol"] {
      try files.createSymbolicLink(
        atPath: "\(work)/\(folder)", withDestinationPath: "\(GuestImage.checkout)/\(folder)")
    }
  }

  /// Runs an example, and says what it printed otherwise than the manual has it.
  func check(_ example: Example) async throws {
    let mark = "--- the end of a step ---"
    var script = "exec 2>&1; cd '\(work)'; export PATH='\(scratch("bin"))':\"$PATH\"; unset LIBVIRT_DEFAULT_URI\n"
    script += example.script(mark: mark)
    if let guest { script = script.replacing("\(Self.guestDirectory)/", with: "\(guest)/") }
    let outcome = try await Program.run(["bash", "-c", script], within: .seconds(300))
    var outputs = outcome.output.split(separator: "\n\(mark)\n", omittingEmptySubsequences: false).map(String.init)
    if let guest { outputs = outputs.map { $0.replacing(guest, with: Self.guestDirectory) } }
    let place = "docs/\(example.page):\(example.line)"
    #expect(outputs.count == example.steps.count + 1, "\(place): the shell ended early: \(outputs.last ?? "")")
    for (step, output) in zip(example.steps, outputs) {
      let lines = output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
      record(place, step.command, output)
      let difference = Transcript(step.expected, live: example.live).difference(from: lines)
      #expect(difference == nil, "\(place)\n$ \(step.command)\n\(difference ?? "")\nIt printed:\n\(output)")
    }
  }

  /// With VB_MANUAL_RECORD=FILE in the environment, what was printed is added to that file, to write the manual from.
  private func record(_ place: String, _ command: String, _ output: String) {
    guard let path = ProcessInfo.processInfo.environment["VB_MANUAL_RECORD"] else { return }
    let before = (try? String(contentsOfFile: path, encoding: .utf8)) ?? ""
    try? "\(before)=== \(place)\n$ \(command)\n\(output)\n".write(toFile: path, atomically: false, encoding: .utf8)
  }
}
