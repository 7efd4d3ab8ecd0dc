// SPDX-License-Identifier: GPL-3.0-or-later

/// Steps that several rules share, with this guest's names; a word in capitals stands for a name that is not known.
extension RemedyContext {
  /// Whether libvirt runs the machine.
  var isLibvirt: Bool { monitorSocket == nil && vmid == nil }

  /// A virsh command about the guest; `nil` for a machine that is not libvirt's.
  func virsh(_ verb: String, _ rest: String = "") -> String? {
    guard isLibvirt else { return nil }
    let connect = uri.map { " -c \($0)" } ?? ""
    return "virsh\(connect) \(verb) \(domain ?? "DOMAIN")" + (rest.isEmpty ? "" : " " + rest)
  }

  /// One command to a monitor socket of one's own, by socat; `nil` for libvirt's machines.
  func monitor(_ command: String) -> String? {
    guard let monitorSocket else { return nil }
    return
      "printf '%s\\n' '{\"execute\": \"qmp_capabilities\"}' '\(command)' | socat -t 2 - UNIX-CONNECT:\(monitorSocket)"
  }

  /// The steps for the guest's system; for both, each naming its own, where nobody told which it is.
  func steps(windows: [RemedyStep], linux: [RemedyStep]) -> [RemedyStep] {
    switch system {
    case .windows: windows
    case .linux: linux
    case .unknown: windows.map { $0.prefixed("In Windows: ") } + linux.map { $0.prefixed("In Linux: ") }
    }
  }

  /// Looks again.
  var checkAgain: RemedyStep {
    RemedyStep(
      .host, "Look again: this finding must be gone.", command: check ?? "virt-balloon diagnose \(domain ?? "DOMAIN")")
  }

  /// Starts polling of the statistics every five seconds.
  var startPolling: [RemedyStep] {
    if let vmid { return Self.startProxmoxPolling(vmid) }
    if monitorSocket != nil {
      let path = qomPath ?? "/machine/peripheral/balloon0"
      return [
        RemedyStep(
          .host, "Ask the device for statistics every 5 seconds.",
          command: monitor(
            "{\"execute\": \"qom-set\", \"arguments\": {\"path\": \"\(path)\", "
              + "\"property\": \"guest-stats-polling-interval\", \"value\": 5}}"))
      ]
    }
    return [
      RemedyStep(
        .host, "Ask the guest for statistics every 5 seconds, at once.",
        command: virsh("dommemstat", "--period 5 --live")),
      RemedyStep(
        .host, "Keep it for the next start: put <stats period='5'/> into <memballoon>.",
        command: virsh("dommemstat", "--period 5 --config")),
    ]
  }

  /// Changes the machine's definition.
  ///
  /// - Parameter proxmox: the text for a host of Proxmox VE, and `qm set`'s words for it.
  func editDefinition(
    _ libvirtText: String, _ otherText: String, proxmox: (text: String, settings: String)? = nil
  ) -> RemedyStep {
    if vmid != nil, let proxmox {
      return RemedyStep(
        .host, proxmox.text + " It counts after a full stop and start (a reboot from inside is not enough).",
        command: qm("set", proxmox.settings))
    }
    guard isLibvirt else { return RemedyStep(.host, otherText) }
    return RemedyStep(.host, libvirtText, command: virsh("edit"))
  }

  /// Installs the balloon's driver in the guest and shows that it runs.
  var installDriver: [RemedyStep] {
    steps(windows: installWindowsDriver, linux: loadLinuxDriver)
  }

  /// The whole of virtio-win, or the balloon's driver by itself.
  private var installWindowsDriver: [RemedyStep] {
    [
      insertDrivers,
      RemedyStep(
        .guest, "Run virtio-win-guest-tools.exe from the ISO: it installs the drivers and BalloonService.",
        command: "virtio-win-guest-tools.exe"),
      RemedyStep(
        .guest,
        "Or the driver alone: in the ISO's folder Balloon\\<system>\\<architecture> (such as w11\\amd64 or 2k22\\amd64;"
          + " see which ones this ISO has), from Windows 10 1607 on (earlier: pnputil -i -a balloon.inf).",
        command: "pnputil /add-driver balloon.inf /install"),
      RemedyStep(.guest, "The kernel driver must be RUNNING.", command: "sc query BALLOON"),
    ]
  }

  private var loadLinuxDriver: [RemedyStep] {
    let address = guestAddress ?? "ADDRESS"
    return [
      RemedyStep(
        .guest, "Load the driver; where the module is missing, install the kernel's package of extra modules.",
        command: "modprobe virtio_balloon"),
      RemedyStep(
        .guest, "Keep it for the next boot.", command: "echo virtio_balloon > /etc/modules-load.d/virtio_balloon.conf"),
      RemedyStep(
        .guest, "The link must name virtio_balloon.",
        command: "readlink /sys/bus/pci/devices/\(address)/virtio*/driver"),
    ]
  }

  /// Makes a driver that is there begin anew with the device.
  var restartDriver: [RemedyStep] {
    let log = hostLog("See whether QEMU has written what went wrong.")
    return [log] + steps(windows: restartInWindows, linux: restartInLinux)
  }

  private var restartInWindows: [RemedyStep] { [restartDevice, restartWindows] }

  private var restartInLinux: [RemedyStep] {
    [
      RemedyStep(.guest, "See what the kernel says of it.", command: "dmesg | grep -i virtio"),
      RemedyStep(
        .guest, "Load the driver anew, which resets the device.",
        command: "modprobe -r virtio_balloon && modprobe virtio_balloon"),
      RemedyStep(.guest, "Where it is no module, or stays so: restart the guest.", command: "reboot"),
    ]
  }

  /// Installs the service that delivers a Windows guest's statistics.
  var installService: [RemedyStep] {
    [
      RemedyStep(.guest, "See whether the service is there and runs.", command: "sc query BalloonService"),
      guestExec("sc query BalloonService"),
      RemedyStep(.guest, "Start it when it is stopped.", command: "sc start BalloonService"),
      RemedyStep(
        .guest,
        "Install it when it is missing: copy blnsvr.exe from the virtio-win ISO's folder "
          + "Balloon\\<system>\\<architecture> to a fixed place, such as C:\\Program Files\\Balloon, and run it there "
          + "(from the ISO's own path it would stop when the ISO is ejected).",
        command: "blnsvr.exe -i"),
    ].compactMap { $0 }
  }
}

extension RemedyStep {
  /// The same step with words before its text.
  func prefixed(_ words: String) -> RemedyStep { RemedyStep(place, words + text, command: command) }
}
