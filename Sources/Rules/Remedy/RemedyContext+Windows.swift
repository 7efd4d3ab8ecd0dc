// SPDX-License-Identifier: GPL-3.0-or-later

extension RemedyContext {
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
