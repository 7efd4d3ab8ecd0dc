// SPDX-License-Identifier: GPL-3.0-or-later

/// Steps on a host of Proxmox VE, in its own commands.
///
/// Source: Proxmox qemu-server, PVE/CLI/qm.pm (`set`, `monitor`, `guest exec`, `start`, `resume`) and
/// PVE/QemuServer.pm (what `balloon` does, and when).
extension RemedyContext {
  /// A `qm` command about the machine; `nil` elsewhere than on Proxmox.
  func qm(_ verb: String, _ rest: String = "") -> String? {
    vmid.map { "qm \(verb) \($0)" + (rest.isEmpty ? "" : " " + rest) }
  }

  /// A line that is typed in QEMU's human monitor, for which `qm monitor` waits; `nil` elsewhere than on Proxmox.
  func proxmoxMonitor(_ text: String, _ line: String) -> RemedyStep? {
    qm("monitor").map { RemedyStep(.host, "\(text): type `\(line)`, then `quit`.", command: $0) }
  }

  /// The same command of the guest, run from the host through qemu-ga; `nil` elsewhere than on Proxmox.
  func guestExec(_ command: String) -> RemedyStep? {
    qm("guest exec", "-- \(command)").map {
      RemedyStep(.host, "The same from the host, where qemu-ga runs and allows it.", command: $0)
    }
  }

  /// Proxmox sets the period at every start; in between only QEMU's monitor does.
  static func startProxmoxPolling(_ vmid: String) -> [RemedyStep] {
    [
      RemedyStep(
        .host,
        "Ask the device for statistics every 2 seconds, as Proxmox does at every start: type "
          + "`qom-set /machine/peripheral/balloon0 guest-stats-polling-interval 2`, then `quit`.",
        command: "qm monitor \(vmid)")
    ]
  }

  /// How the machine gets the port of the agent: a controller of its own, so that it does not depend on qemu-ga's.
  var proxmoxPort: (text: String, settings: String)? {
    guard let vmid else { return nil }
    return (
      "If you want the agent's word too, give the machine its port (as root; keep what `args` holds already, and give "
        + "a clone another path).",
      "--args '-device virtio-serial-pci,id=vb0 "
        + "-chardev socket,path=/var/run/qemu-server/\(vmid).virt-balloon,server=on,wait=off,id=vb-agent "
        + "-device virtserialport,bus=vb0.0,chardev=vb-agent,name=org.virt-balloon.agent.0'"
    )
  }
}
