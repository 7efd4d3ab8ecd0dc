// SPDX-License-Identifier: GPL-3.0-or-later

extension RemedyContext {
  /// Puts virtio-win's ISO into the guest's CD drive.
  ///
  /// Source: virtio-win-pkg-scripts' README (where the ISO is), virsh(1) `change-media`, qm(1) `set`.
  var insertDrivers: RemedyStep {
    let iso = "https://fedorapeople.org/groups/virt/virtio-win/direct-downloads/stable-virtio/virtio-win.iso"
    let have = "Give the guest the virtio-win ISO as a CD"
    if isLibvirt {
      return RemedyStep(
        .host,
        "\(have) (in virt-manager: Add Hardware, Storage, CDROM device). DEVICE is the target that virsh domblklist "
          + "has for its CD drive; Fedora and RHEL have the ISO at the path below by the package virtio-win, others "
          + "get it from \(iso).",
        command: virsh("change-media", "DEVICE /usr/share/virtio-win/virtio-win.iso --insert"))
    }
    return RemedyStep(
      .host, "\(have); it is at \(iso).", command: qm("set", "--ide2 STORAGE:iso/virtio-win.iso,media=cdrom"))
  }

  /// Starts the balloon's device anew in Windows.
  var restartDevice: RemedyStep {
    RemedyStep(
      .guest,
      "Start the device anew (Windows 10 2004 and later; earlier: device manager, disable the device and enable it).",
      command: "pnputil /restart-device \"\(instance ?? "INSTANCE-ID")\"")
  }

  /// BalloonService takes its values from WMI.
  var managementIsConsistent: RemedyStep {
    RemedyStep(
      .guest, "When it runs already: see whether WMI, where it takes its values from, is consistent.",
      command: "winmgmt /verifyrepository")
  }

  /// Installs another build of the balloon's driver in Windows.
  var updateDriver: [RemedyStep] {
    [
      RemedyStep(
        .guest,
        "Install the driver for this Windows from a newer virtio-win ISO: folder Balloon\\<system>\\<architecture> "
          + "(such as w11\\amd64 or 2k22\\amd64; see which ones the ISO has), from Windows 10 1607 on (earlier: "
          + "pnputil -i -a balloon.inf).",
        command: "pnputil /add-driver balloon.inf /install"),
      RemedyStep(.guest, "Check that it worked: the kernel driver must be RUNNING.", command: "sc query BALLOON"),
    ]
  }
}
