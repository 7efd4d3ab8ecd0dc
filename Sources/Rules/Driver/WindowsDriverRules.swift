// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// Rules about a balloon whose driver is installed in Windows and does not run, told apart by the problem code
/// (cfg.h CM_PROB_*; "Code N" in Windows' device manager).
enum WindowsDriverRules {
  static let all = [failedStart, loadFailed, unsigned, disabled, restartNeeded, blocked]

  /// Judges the problem code of the balloon's function; the device's own word that a driver runs outranks it.
  ///
  /// - Parameter describe: the sentence for one of `codes`; `code` is in words, with its name.
  private static func assess(
    _ codes: [ProblemCode], _ reader: inout EvidenceReader,
    _ describe: (_ code: String, _ index: Int, inout EvidenceReader) -> Assessment
  ) -> Assessment {
    if let excuse = reader.unlessWindows() { return excuse }
    if reader.wasRebooted() {
      return .notApplicable(
        "The guest was started anew while it was looked at, so its driver may not have had the time to start.")
    }
    if case .operating(let reason) = reader.hostOperation() {
      return .healthy("The balloon's driver serves it: \(reason).")
    }
    guard reader.require(\.guest.functions) != nil else { return .inconclusive }
    guard let index = reader.balloonIndex else {
      return .notApplicable("The guest's list does not have the balloon: see pci.function.missing-in-guest.")
    }
    guard let leaf = reader.read(guestFunction: index, \.problemCode) else { return .inconclusive }
    guard let code = leaf.value else {
      reader.note(missing: leaf, at: "guest.functions.value.\(index).problemCode")
      return .inconclusive
    }
    guard codes.contains(ProblemCode(rawValue: UInt32(code))) else {
      return .healthy(
        code == 0
          ? "Windows has no problem with the balloon." : "Windows' problem with the balloon is another (code \(code)).")
    }
    return describe(reader.problem(index) ?? "code \(code)", index, &reader)
  }

  static let failedStart = Rule(
    id: "driver.failed-start",
    title: "The balloon's driver could not start its device",
    severity: .problem,
    explanation: """
      The balloon's driver is installed and loaded, and Windows says that it could not start the device (code 10), or \
      that it stopped the device because the device reported a failure (code 43). The driver resets the device, \
      negotiates features and sets up its queues; one of these failed, and the virtio status stops before DRIVER_OK \
      or has FAILED. Behind code 10 stands an NTSTATUS that says more. Old builds had such faults, at start-up, after \
      hibernation and after hot-unplugging; a driver that is much older than the host's QEMU is the first suspect.
      """,
    sources: [
      "https://learn.microsoft.com/windows-hardware/drivers/install/cm-prob-failed-start",
      "https://learn.microsoft.com/windows-hardware/drivers/install/cm-prob-failed-post-start",
      "https://bugzilla.redhat.com/show_bug.cgi?id=1553633", "https://bugzilla.redhat.com/show_bug.cgi?id=1788042",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.osFamily", "domain.state", "domain.uptime",
      "configuration.model", "configuration.statsPeriod", "device.pollingInterval", "device.qomPath",
      "device.siblings", "device.status", "readings.*.lastUpdate", "channel.guestOpen", "guest.agent",
      "guest.functions", "guest.functions.value.*.driverVersion", "guest.functions.value.*.problemCode",
      "guest.functions.value.*.windows.problemStatus", "guest.osFamily", "guest.qemuGA.osID", "guest.qemuGA.version",
    ],
    explains: DriverRules.consequences,
    remedy: { [$0.restartDevice] + $0.updateDriver + [$0.checkAgain] },
    assess: { reader in
      assess([.failedStart, .failedPostStart], &reader) { code, index, reader in
        .found("The balloon's driver\(reader.version(index)) could not start its device (\(code)).")
      }
    })

  static let loadFailed = Rule(
    id: "driver.load-failed",
    title: "Windows could not load the balloon's driver",
    severity: .problem,
    explanation: """
      The balloon's driver is installed, and Windows could not bring it into memory: the file is missing or damaged, \
      is built for another version of Windows or another processor, needs a newer driver framework (Vista and Server \
      2008), or was refused by memory integrity (code 39); the driver gave up in its own initialisation (code 37) or \
      did not accept the device (code 31); its service's key cannot be read (code 40); or an earlier instance is \
      still in memory (code 38), which only a restart ends. The usual reason is a driver from the wrong folder of \
      the virtio-win ISO.
      """,
    sources: [
      "https://learn.microsoft.com/windows-hardware/drivers/install/cm-prob-driver-failed-load",
      "https://learn.microsoft.com/windows-hardware/drivers/install/cm-prob-failed-add",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/33",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/61",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.osFamily", "domain.state", "domain.uptime",
      "configuration.model", "configuration.statsPeriod", "device.pollingInterval", "device.qomPath",
      "device.siblings", "device.status", "readings.*.lastUpdate", "channel.guestOpen", "guest.agent",
      "guest.functions", "guest.functions.value.*.driverVersion", "guest.functions.value.*.problemCode",
      "guest.functions.value.*.windows.problemStatus", "guest.osFamily", "guest.qemuGA.osID", "guest.qemuGA.version",
      "guest.services.value.*.windows.binaryExists",
    ],
    explains: DriverRules.consequences,
    remedy: { context in
      [
        RemedyStep(
          .guest, "See whether the driver's file is there.",
          command: "dir %SystemRoot%\\System32\\drivers\\balloon.sys & sc qc BALLOON"),
        RemedyStep(.guest, "For code 38, restart Windows.", command: "shutdown /r /t 0"),
      ] + context.updateDriver + [context.checkAgain]
    },
    assess: { reader in
      assess(
        [.failedAdd, .failedDriverEntry, .driverFailedPriorUnload, .driverFailedLoad, .driverServiceKeyInvalid], &reader
      ) { code, index, reader in
        var text = "Windows could not load the balloon's driver\(reader.version(index)) (\(code))"
        if let service = reader.service(BalloonNames.driverService),
          reader.peek(\.guest.services).value?[service].windows?.binaryExists.value == false
        {
          _ = reader.read(windowsService: service, \.binaryExists)
          text += ": its file is not there"
        }
        // STATUS_INVALID_IMAGE_FORMAT (MS-ERREF 2.3.1).
        if reader.peek(\.guest.functions).value?[index].windows?.problemStatus.value == 0xc000_007b {
          text += ": its file is for another processor, or damaged"
        }
        return .found(text + ".")
      }
    })

  static let unsigned = Rule(
    id: "driver.unsigned",
    title: "Windows refuses the balloon driver's signature",
    severity: .problem,
    explanation: """
      Windows could not verify the driver's signature, and does not load it (code 52, status 0xc0000428). The builds \
      of virtio-win's public ISO are attested by Microsoft for Windows 10 and later since about 0.1.204; before that \
      Secure Boot refuses them. Those for Windows 8 are signed for tests only, and for Windows 7 the last usable ones \
      are about 0.1.173 to 0.1.175, and need Microsoft's update for SHA-2 signatures. Red Hat's own builds, which \
      come with its subscriptions, are certified.
      """,
    sources: [
      "https://learn.microsoft.com/windows-hardware/drivers/install/cm-prob-unsigned-driver",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/557",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/485",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/678",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.osFamily", "domain.state", "domain.uptime",
      "configuration.model", "configuration.statsPeriod", "device.pollingInterval", "device.qomPath",
      "device.siblings", "device.status", "readings.*.lastUpdate", "channel.guestOpen", "guest.agent",
      "guest.functions", "guest.functions.value.*.driverVersion", "guest.functions.value.*.problemCode",
      "guest.functions.value.*.windows.problemStatus", "guest.functions.value.*.windows.signer", "guest.osFamily",
      "guest.qemuGA.osID", "guest.qemuGA.version", "guest.windows.secureBoot",
    ],
    explains: DriverRules.consequences,
    remedy: { context in
      [
        RemedyStep(
          .guest, "See whether Secure Boot is on (1).",
          command: "reg query HKLM\\SYSTEM\\CurrentControlSet\\Control\\SecureBoot\\State /v UEFISecureBootEnabled")
      ] + context.updateDriver + [context.checkAgain]
    },
    assess: { reader in
      assess([.unsignedDriver], &reader) { code, index, reader in
        var text = "Windows refuses the signature of the balloon's driver\(reader.version(index)) (\(code))."
        if reader.read(windowsSystem: \.secureBoot)?.value == true { text += " Secure Boot is on." }
        if let signer = reader.peek(\.guest.functions).value?[index].windows?.signer.value {
          _ = reader.read(windowsFunction: index, \.signer)
          text += " It is signed by \(EvidenceText.name(signer))."
        }
        return .found(text)
      }
    })

  static let disabled = Rule(
    id: "driver.disabled",
    title: "The balloon is switched off in Windows",
    severity: .problem,
    explanation: """
      Somebody disabled the balloon in Windows: the device itself (code 22, a flag in its registry key) or the \
      service of its driver (code 32, start type 4). Often that was done on purpose, because the task manager shows \
      85 or 99 % of the memory in use: pages that the balloon holds count as used, although no program has them. The \
      better answer to that is a higher currentMemory or a higher minimum for the policy that moves the balloon. \
      Disabled, it takes no memory and gives none.
      """,
    sources: [
      "https://learn.microsoft.com/windows-hardware/drivers/install/cm-prob-disabled",
      "https://learn.microsoft.com/windows-hardware/drivers/install/cm-prob-disabled-service",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/568",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.osFamily", "domain.state", "domain.uptime",
      "configuration.model", "configuration.statsPeriod", "device.pollingInterval", "device.qomPath",
      "device.siblings", "device.status", "readings.*.lastUpdate", "channel.guestOpen", "guest.agent",
      "guest.functions", "guest.functions.value.*.driver", "guest.functions.value.*.module",
      "guest.functions.value.*.problemCode", "guest.functions.value.*.provider",
      "guest.functions.value.*.windows.configFlags", "guest.functions.value.*.windows.infSection",
      "guest.functions.value.*.windows.originalINF", "guest.functions.value.*.windows.problemStatus", "guest.osFamily",
      "guest.qemuGA.osID", "guest.qemuGA.version", "guest.services.value.*.windows.startType",
    ],
    explains: DriverRules.consequences,
    remedy: { context in
      [
        RemedyStep(
          .guest, "Where the driver's service is disabled (start type 4), give it its usual start type back.",
          command: "sc config BALLOON start= demand"),
        RemedyStep(
          .guest,
          "Enable the device (Windows 10 2004 and later; earlier: device manager, the device, Enable device).",
          command: "pnputil /enable-device \"\(context.instance ?? "INSTANCE-ID")\""),
        RemedyStep(.guest, "Check that it worked: the kernel driver must be RUNNING.", command: "sc query BALLOON"),
        context.checkAgain,
      ]
    },
    assess: assessDisabled)

  private static func assessDisabled(_ reader: inout EvidenceReader) -> Assessment {
    let assessment = assess([.disabled, .disabledService], &reader) { code, index, reader in
      guard reader.peek(\.guest.functions).value?[index].problemCode.value == 22 else {
        return .found("The service of the balloon's driver is disabled in Windows (\(code)).")
      }
      return .found("Somebody has disabled the balloon in Windows (\(code)).")
    }
    if let service = disabledService(assessment, &reader) { return service }
    // Without the code the flag in the registry tells as well.
    guard assessment == .inconclusive, let index = reader.balloonIndex,
      let flags = reader.peek(\.guest.functions).value?[index].windows?.configFlags.value
    else { return assessment }
    _ = reader.read(windowsFunction: index, \.configFlags)
    guard ConfigFlags(rawValue: UInt32(truncatingIfNeeded: flags)).contains(.disabled) else { return assessment }
    return .found("Somebody has disabled the balloon in Windows (bit 0 of its ConfigFlags is set).")
  }

  /// The start type of the driver's service, where nothing else is wrong or known: a driver that runs is not stopped by
  /// it, and will not be started again.
  private static func disabledService(_ assessment: Assessment, _ reader: inout EvidenceReader) -> Assessment? {
    guard let index = reader.service(BalloonNames.driverService),
      reader.peek(\.guest.services).value?[index].windows?.startType.value == UInt64(ServiceStart.disabled.rawValue)
    else { return nil }
    let facts = "The balloon's kernel service BALLOON is disabled (start type 4): Windows will not start it again"
    switch assessment {
    case .healthy:
      var runs = false
      if case .operating = reader.operation() { runs = true }
      _ = reader.read(windowsService: index, \.startType)
      // A problem of another kind has its own rule, and this comes on top of it.
      return .found(facts + (runs ? ", though it runs now." : "."), severity: .note)
    case .inconclusive where reader.balloonIndex != nil:
      _ = reader.read(windowsService: index, \.startType)
      return .found(facts + ".")
    default: return nil
    }
  }

  static let restartNeeded = Rule(
    id: "driver.restart-needed",
    title: "Windows must be restarted before the balloon works",
    severity: .problem,
    explanation: """
      The driver's installation is not complete: Windows will use the balloon only after its next start (code 14). \
      That happens when a driver in use was replaced, or when the framework that it needs was installed with it. \
      Until then nobody serves the balloon, whatever the installer said at its end. A shutdown with fast startup is \
      no restart for drivers: the kernel is put to sleep and comes back as it was.
      """,
    sources: ["https://learn.microsoft.com/windows-hardware/drivers/install/cm-prob-need-restart"],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.osFamily", "domain.state", "domain.uptime",
      "configuration.model", "configuration.statsPeriod", "device.pollingInterval", "device.qomPath",
      "device.siblings", "device.status", "readings.*.lastUpdate", "channel.guestOpen", "guest.agent",
      "guest.functions", "guest.functions.value.*.problemCode", "guest.osFamily", "guest.qemuGA.osID",
      "guest.qemuGA.version",
    ],
    explains: DriverRules.consequences,
    remedy: { context in
      [RemedyStep(.guest, "Restart Windows.", command: "shutdown /r /t 0"), context.checkAgain]
    },
    assess: { reader in
      assess([.needRestart], &reader) { code, _, _ in
        .found("Windows will use the balloon only after its next restart (\(code)).")
      }
    })

  static let blocked = Rule(
    id: "driver.blocked",
    title: "Windows blocks the balloon's driver",
    severity: .problem,
    explanation: """
      Windows does not start the balloon's driver because it is known to have problems with this version of Windows \
      (code 48). The driver's package may be in order and its signature good: the name and version of the file are \
      what Windows goes by. Installing the same build once more changes nothing; another build does. No published \
      case of the balloon's driver is known to this program, so report one to virtio-win with the version that is \
      shown here.
      """,
    sources: ["https://learn.microsoft.com/windows-hardware/drivers/install/cm-prob-driver-blocked"],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.osFamily", "domain.state", "domain.uptime",
      "configuration.model", "configuration.statsPeriod", "device.pollingInterval", "device.qomPath",
      "device.siblings", "device.status", "readings.*.lastUpdate", "channel.guestOpen", "guest.agent",
      "guest.functions", "guest.functions.value.*.driverVersion", "guest.functions.value.*.problemCode",
      "guest.osFamily", "guest.qemuGA.osID", "guest.qemuGA.version",
    ],
    explains: DriverRules.consequences,
    remedy: { $0.updateDriver + [$0.checkAgain] },
    assess: { reader in
      assess([.driverBlocked], &reader) { code, index, reader in
        .found("Windows blocks the balloon's driver\(reader.version(index)) (\(code)).")
      }
    })
}

extension EvidenceReader {
  /// ` 100.92.104.22900`, cited; empty when the version is not known.
  fileprivate mutating func version(_ index: Int) -> String {
    guard let version = peek(\.guest.functions).value?[index].driverVersion.value else { return "" }
    _ = read(guestFunction: index, \.driverVersion)
    return " \(EvidenceText.name(version))"
  }

  /// Why a rule about Windows does not concern this guest; `nil` for a Windows, and where nobody knows what it is.
  mutating func unlessWindows() -> Assessment? {
    if let excuse = withoutBalloon() { return excuse }
    guard let family = guestFamily(), family != "windows" else { return nil }
    citeGuestFamily()
    return .notApplicable("The guest is no Windows (\(EvidenceText.name(family))).")
  }

  /// The number of the guest's service of that name; `nil` when it was not listed.
  func service(_ name: String) -> Int? {
    peek(\.guest.services).value?.firstIndex { $0.kind != "driver-package" && $0.name.isSameWindowsName(as: name) }
  }
}
