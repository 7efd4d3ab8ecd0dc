// SPDX-License-Identifier: GPL-3.0-or-later

/// Where QEMU's own messages are.
///
/// Source: QEMU util/error-report.c (its standard error); libvirt src/qemu/qemu_conf.c, `virQEMUDriverConfigNew`
/// (`logDir`, also of a user's own daemon); Proxmox pve-qemu, debian/patches, "PVE: redirect stderr to journal when
/// daemonized" (`sd_journal_stream_fd("QEMU", …)`).
extension RemedyContext {
  /// Shows the last of QEMU's messages.
  ///
  /// - Parameters:
  ///   - text: what to look for, as a sentence.
  ///   - pattern: a regular expression of `grep -E` without quotes; `nil` for all messages.
  func hostLog(_ text: String, pattern: String? = nil) -> RemedyStep {
    let filter = pattern.map { " | grep -E '\($0)'" } ?? ""
    if let vmid {
      return RemedyStep(
        .host,
        text + " Proxmox's QEMU writes to the journal, where the number in brackets is its process: that of "
          + "/var/run/qemu-server/\(vmid).pid.",
        command: "journalctl -t QEMU\(filter) | tail -n 20")
    }
    guard monitorSocket == nil else {
      return RemedyStep(.host, text + " QEMU writes to its standard error, wherever its starter has led that.")
    }
    let folder = uri?.contains("/session") == true ? "~/.cache/libvirt/qemu/log" : "/var/log/libvirt/qemu"
    // The log begins with QEMU's command line, an option a line; its messages begin with its name.
    let expression = pattern ?? "qemu-system[^ ]*: |kvm: "
    return RemedyStep(
      .host, text, command: "grep -E '\(expression)' \(folder)/\(domain ?? "DOMAIN").log | tail -n 20")
  }
}
