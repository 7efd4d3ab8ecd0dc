// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig

/// The directories of a Proxmox VE host below a scratch directory. The settings are synthesised.
struct ProxmoxTree {
  let scratch: ScratchDirectory
  var root: String { scratch("pve") }
  var run: String { root + "/var/run/qemu-server" }
  func socket(_ vmid: Int, _ kind: String) -> String { "\(run)/\(vmid).\(kind)" }

  init(_ scratch: ScratchDirectory) throws {
    self.scratch = scratch
    for directory in ["etc/pve/qemu-server", "etc/pve/lxc", "etc/pve/nodes/other/qemu-server", "var/run/qemu-server"] {
      try FileManager.default.createDirectory(atPath: "\(root)/\(directory)", withIntermediateDirectories: true)
    }
  }

  func write(_ file: String, _ text: String) throws {
    try Data(text.utf8).write(to: URL(filePath: "\(root)/\(file)"))
  }

  func configure(_ vmid: Int, _ text: String) throws { try write("etc/pve/qemu-server/\(vmid).conf", text) }
}
