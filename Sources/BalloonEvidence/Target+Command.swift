// SPDX-License-Identifier: GPL-3.0-or-later

extension Target {
  /// `virt-balloon diagnose` with these flags for this guest, as one would type it.
  package func diagnose(_ flags: String...) -> String { diagnose(flags) }

  /// As ``diagnose(_:)-(String...)``.
  package func diagnose(_ flags: [String]) -> String { command(["diagnose"] + flags) }

  /// What puts back what an interrupted exercise took.
  package func restore() -> String { command(["exercise", "--restore"]) }

  private func command(_ verb: [String]) -> String {
    var words = ["virt-balloon"] + verb
    switch kind {
    case .libvirt: words += ["--connect", ShellWord.quoted(location), ShellWord.quoted(domainName ?? "DOMAIN")]
    case .qmp: words.append(ShellWord.quoted("qmp:" + location))
    case .proxmox: words.append(ShellWord.quoted("proxmox:" + location))
    case .agent: words.append(ShellWord.quoted("agent:" + location))
    case .artefacts:
      words.append(vmid.map { ShellWord.quoted("proxmox:" + $0) } ?? domainName.map(ShellWord.quoted) ?? "DOMAIN")
    }
    return words.joined(separator: " ")
  }

  /// How a guest without an agent is asked: by a person's hand.
  ///
  /// - Parameter family: `windows` or `linux`, where it is known.
  package static func askGuestByHand(_ family: String?) -> String {
    let system = family == "windows" || family == "linux" ? family : nil
    return "virt-balloon probe \(system ?? "windows (or linux)"): paste what it prints into the guest, and its answer "
      + "into virt-balloon analyze -"
  }

  /// How the host is asked about a guest of which only the agent is known.
  package static let askHost = "virt-balloon diagnose DOMAIN, on the guest's host (or qmp:PATH, its monitor's socket)"

  /// The libvirt domain as a command line may name it: a name that looks like an option gives way to the UUID.
  package var domainName: String? {
    guard kind == .libvirt || kind == .artefacts else { return nil }
    return name.flatMap { $0.hasPrefix("-") ? nil : $0 } ?? uuid
  }
}

extension Evidence {
  /// The command that looks again as it was looked: without QEMU's monitor what it had told could not be found again,
  /// and a finding would seem to be gone.
  package func diagnoseAgain() -> String {
    let wasMonitorHeard = device.status.failure == nil || device.pollingInterval.failure == nil
    return target.kind == .libvirt && wasMonitorHeard ? target.diagnose("--monitor") : target.diagnose()
  }
}
