// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension DriverRules {
  static let virtioWinAbsent = Rule(
    id: "driver.virtio-win-absent",
    title: "Windows has no virtio drivers for balloon and channel",
    severity: .problem,
    confidence: .inferred,
    explanation: """
      Windows brings no virtio drivers. They come with the virtio-win package, and when that was never installed, or \
      only the disk's and network's drivers were (as an unattended setup does), both the balloon and virtio-serial \
      stay untouched although the system has long been up. Then the agent is mute as well, ours and QEMU's, for want \
      of a port to speak on: the host has to find out by itself. One missing driver would be a fault of that driver; \
      both missing together are a missing package.
      """,
    sources: [
      "https://docs.fedoraproject.org/en-US/quick-docs/creating-windows-virtual-machines-using-virtio-drivers/",
      "virtio-win Balloon/sys/balloon.inx, vioserial/sys/vioser.inx",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.osFamily", "domain.state", "domain.uptime",
      "configuration.model", "configuration.statsPeriod", "device.pollingInterval", "device.qomPath",
      "device.siblings", "device.status", "readings.*.lastUpdate", "channel.guestOpen", "guest.agent",
      "guest.osFamily", "guest.qemuGA.devices.value.*.date", "guest.qemuGA.devices.value.*.identity",
      "guest.qemuGA.devices.value.*.name", "guest.qemuGA.devices.value.*.version", "guest.qemuGA.osID",
      "guest.qemuGA.version",
    ],
    explains: [
      "driver.none", "driver.not-operating", "agent.channel.driver-missing", "agent.channel.disconnected",
      "agent.silent",
    ],
    remedy: { context in
      [
        context.insertDrivers,
        RemedyStep(
          .guest, "Run the installer from it: it installs every driver and BalloonService.",
          command: "virtio-win-guest-tools.exe"),
        RemedyStep(.guest, "Both must be RUNNING.", command: "sc query BALLOON & sc query VirtioSerial"),
        context.checkAgain,
      ]
    },
    assess: assessPackage)

  private static func assessPackage(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    if let family = reader.guestFamily(), family != "windows" {
      reader.citeGuestFamily()
      return .notApplicable("The guest is no Windows (\(EvidenceText.name(family))).")
    }
    if case .operating(let reason) = reader.hostOperation() {
      return .healthy("The balloon has its driver: \(reason).")
    }
    guard let status = reader.require(\.device.status) else { return .inconclusive }
    let state = DeviceState(status: status)
    guard state == .untouched || state == .transportOnly else {
      return .healthy("A driver for the balloon is installed: \(state.words).")
    }
    guard let siblings = reader.require(\.device.siblings) else { return .inconclusive }
    let served = siblings.first { $0.isNeverDrivenByFirmware && $0.isDriverOK }
    if let served {
      return .healthy("\(EvidenceText.name(served.name)) has its driver, so the package is not missing as a whole.")
    }
    if let driver = reader.virtioWinDriver() {
      return .healthy("The package is not missing as a whole: \(driver).")
    }
    guard let serial = siblings.first(where: { $0.name.hasPrefix("virtio-serial") }) else {
      return .notApplicable("The machine has no virtio-serial whose driver could be missing too.")
    }
    let serialState = DeviceState(status: serial.status)
    guard serialState == .untouched || serialState == .transportOnly else {
      return .healthy("A driver for virtio-serial is installed: \(serialState.words).")
    }
    guard let up = reader.systemUp() else {
      reader.noteSystemUnknown()
      return .inconclusive
    }
    guard reader.guestFamily() != nil else {
      reader.note(
        missing: "whether the guest is a Windows is not known", at: "domain.osFamily",
        ask: "record it in the domain's metadata (virt-install --os-variant, or libosinfo's id)")
      return .inconclusive
    }
    reader.citeGuestFamily()
    return .found(
      "Neither the balloon nor virtio-serial has a driver, although \(up.reason): the virtio-win package is missing, "
        + "or Windows never got past its boot.")
  }
}

extension RemedyContext {
  /// Takes the balloon from the driver that holds it and gives it to its own.
  var replaceDriver: [RemedyStep] {
    switch system {
    case .linux: replaceLinuxDriver
    case .windows: replaceWindowsDriver
    case .unknown:
      replaceLinuxDriver.map { $0.prefixed("In Linux: ") } + replaceWindowsDriver.map { $0.prefixed("In Windows: ") }
    }
  }

  private var replaceLinuxDriver: [RemedyStep] {
    let address = guestAddress ?? "ADDRESS"
    let device = "/sys/bus/pci/devices/\(address)"
    // The link in the device's own folder serves where the driver's name is not safe to print.
    let place = driver.map { "/sys/bus/pci/drivers/\($0)" } ?? "\(device)/driver"
    return [
      RemedyStep(
        .guest, "Take the function from the driver that holds it.", command: "echo \(address) > \(place)/unbind"),
      RemedyStep(.guest, "Forget an override, if one is set.", command: "echo > \(device)/driver_override"),
      driver.map {
        RemedyStep(
          .guest, "Make that driver forget the balloon's ids (an error means that it was not told them).",
          command: "echo \"\(balloonID ?? "1af4 1002")\" > /sys/bus/pci/drivers/\($0)/remove_id")
      },
      RemedyStep(.guest, "Load the balloon's driver.", command: "modprobe virtio_pci; modprobe virtio_balloon"),
      RemedyStep(.guest, "Bind the function anew.", command: "echo \(address) > /sys/bus/pci/drivers_probe"),
      RemedyStep(
        .guest, "Check that it worked: the links must name virtio-pci and virtio_balloon.",
        command: "readlink \(device)/driver \(device)/virtio*/driver"),
      RemedyStep(
        .guest,
        "Find what bound it, so that it does not happen again: DPDK's or driverctl's settings, a new_id at boot.",
        command:
          "grep -rs -e \(driver ?? "new_id") -e driver_override /etc/modprobe.d /etc/driverctl.d /etc/udev/rules.d"),
    ].compactMap { $0 }
  }

  private var replaceWindowsDriver: [RemedyStep] {
    [
      RemedyStep(
        .guest,
        "In the virtio-win ISO's folder Balloon\\<system>\\<architecture> (such as w11\\amd64 or 2k22\\amd64; see "
          + "which ones this ISO has), from Windows 10 1607 on (earlier: pnputil -i -a balloon.inf).",
        command: "pnputil /add-driver balloon.inf /install"),
      RemedyStep(
        .guest,
        "If the device keeps its old driver: device manager, the device with PCI\\VEN_1AF4&DEV_1002 or DEV_1045, "
          + "Update driver, choose from a list, Have disk, balloon.inf."),
      RemedyStep(.guest, "Check that it worked: the kernel driver must be RUNNING.", command: "sc query BALLOON"),
    ]
  }
}
