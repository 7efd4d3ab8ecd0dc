// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import WindowsPnP

/// Rules about BalloonService, the program that computes a Windows guest's statistics.
enum ServiceRules {
  static let all = [missing, stopped, disabled, dependencyFailed, pathGone, hung]

  /// Their ids, which a balloon without a driver explains.
  static let ids = [
    "service.missing", "service.stopped", "service.disabled", "service.dependency-failed", "service.path-gone",
    "service.hung",
  ]

  /// What follows when the service does not run.
  private static let consequences = ["stats.not-delivered", "stats.frozen"]

  /// BalloonService as the guest's service manager has it.
  private struct Service {
    let index: Int
    let state: Observation<String>
    let windows: WindowsService?
    var isStopped: Bool { ["stopped", "stop-pending", "paused", "pause-pending"].contains(state.value) }
    var isRunning: Bool { state.value == "running" }
    /// Whether the service manager's database has it, whatever it does.
    var isRegistered: Bool { state.value != nil || windows?.startType.value != nil }
    var isDisabled: Bool { windows?.startType.value == UInt64(ServiceStart.disabled.rawValue) }
    var isPathGone: Bool { windows?.binaryExists.value == false }
    /// ERROR_SERVICE_DEPENDENCY_FAIL, ERROR_SERVICE_DEPENDENCY_DELETED, and ERROR_NO_TOKEN, with which the service ends
    /// where WMI is disabled (virtio-win #931).
    var endedForDependency: Bool { [1068, 1075, 1008].contains(windows?.exitCode.value) }
  }

  /// Judges the service; statistics that arrive outrank what the guest says of it.
  ///
  /// - Parameter needsState: whether nothing can be said of a service whose state was not told; the registry tells how
  ///   it starts, and not whether it runs.
  private static func assess(
    _ reader: inout EvidenceReader, needsState: Bool = true, _ judge: (Service, inout EvidenceReader) -> Assessment
  ) -> Assessment {
    if let excuse = reader.unlessWindows() { return excuse }
    if reader.advance() == .advanced, let count = reader.deliveredStatistics(), count > 0 {
      return .healthy("The guest delivers its statistics, so the service does its work.")
    }
    guard reader.require(\.guest.services) != nil else { return .inconclusive }
    guard let index = reader.service(BalloonNames.statisticsService),
      let services = reader.peek(\.guest.services).value
    else {
      reader.note(missing: "the agent said nothing of BalloonService", at: "guest.services", ask: nil)
      return .inconclusive
    }
    guard let state = reader.read(guestService: index, \.state) else { return .inconclusive }
    if state.failure != nil, needsState {
      reader.note(missing: state, at: "guest.services.value.\(index).state")
      return .inconclusive
    }
    return judge(Service(index: index, state: state, windows: services[index].windows), &reader)
  }

  /// What every rule but that of the missing one says of a service that is not there.
  private static let isMissing = Assessment.notApplicable("BalloonService is not installed: see service.missing.")

  static let missing = Rule(
    id: "service.missing",
    title: "BalloonService is not installed",
    severity: .warning,
    explanation: """
      In Windows the balloon's kernel driver changes the guest's size and computes no statistics. A program of its \
      own does, BalloonService (blnsvr.exe), and the guest's service manager has none of that name. Whoever installs \
      the driver alone gets no service: pnputil, the device manager, unattended setup, virt-v2v and most cloud images \
      do. The installer of virtio-win brings both, but goes on without a word when the service could not be \
      installed. The balloon works without it; the host, its dashboards and every policy that needs the guest's free \
      memory know nothing. The QEMU guest agent has nothing to do with it.
      """,
    sources: [
      "virtio-win Balloon/app/main.cpp, Balloon/app/service.cpp",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/41",
      "https://pve.proxmox.com/wiki/Dynamic_Memory_Management",
    ],
    evidence: [
      "domain.hypervisor", "domain.osFamily", "configuration.model", "device.qomPath", "device.status",
      "readings.*.lastUpdate", "readings.*.statistics", "guest.osFamily", "guest.qemuGA.osID", "guest.services",
      "guest.services.value.*.state", "guest.services.value.*.windows.startType",
    ],
    explains: consequences,
    remedy: { [$0.copyService, $0.installServiceStep, $0.serviceRuns, $0.checkAgain] },
    assess: { reader in
      assess(&reader, needsState: false) { service, reader in
        if service.state.isAbsent {
          return .found("BalloonService is not installed in the guest, so nobody computes its statistics.")
        }
        guard service.isRegistered else {
          reader.note(missing: service.state, at: "guest.services.value.\(service.index).state")
          return .inconclusive
        }
        if service.state.value == nil { _ = reader.read(windowsService: service.index, \.startType) }
        return .healthy("BalloonService is installed in the guest.")
      }
    })

  static let stopped = Rule(
    id: "service.stopped",
    title: "BalloonService is stopped",
    severity: .warning,
    explanation: """
      BalloonService (blnsvr.exe) computes a Windows guest's statistics, and it is installed and does not run. When \
      it stops, the driver sets all values back to unset, so the host sees none, as if the service had never been \
      there. It starts with Windows; when it is found stopped, somebody stopped it or it ended by an error. The error \
      with which it ended and the system's log tell which. Changing the guest's size works all the same.
      """,
    sources: ["virtio-win Balloon/app/service.cpp, Balloon/sys/queue.c"],
    evidence: [
      "domain.hypervisor", "domain.osFamily", "configuration.model", "device.qomPath", "device.status",
      "readings.*.lastUpdate", "readings.*.statistics", "guest.osFamily", "guest.qemuGA.osID", "guest.services",
      "guest.services.value.*.state", "guest.services.value.*.windows.exitCode",
      "guest.services.value.*.windows.serviceExitCode", "guest.services.value.*.windows.startType",
    ],
    explains: consequences,
    remedy: { context in
      [
        RemedyStep(.guest, "Start it.", command: "sc start BalloonService"), context.serviceStartsByItself,
        context.serviceRuns, context.checkAgain,
      ]
    },
    assess: { reader in
      assess(&reader) { service, reader in
        if service.state.isAbsent { return isMissing }
        guard service.isStopped else {
          return .healthy("BalloonService is \(EvidenceText.name(service.state.value ?? "")) in the guest.")
        }
        if service.isPathGone { return .notApplicable("Its program is not there: see service.path-gone.") }
        if service.isDisabled { return .notApplicable("It is disabled: see service.disabled.") }
        if service.endedForDependency {
          return .notApplicable("What it depends on is not there: see service.dependency-failed.")
        }
        var text = "BalloonService is \(EvidenceText.name(service.state.value ?? "")) in the guest"
        if let start = service.windows?.startType.value.flatMap({ UInt32(exactly: $0) }).flatMap(ServiceStart.init) {
          _ = reader.read(windowsService: service.index, \.startType)
          text += ", start type \(start.word)"
        }
        return .found(text + exit(service, &reader) + ".")
      }
    })

  /// `; it ended with error 1067`.
  private static func exit(_ service: Service, _ reader: inout EvidenceReader) -> String {
    guard let code = service.windows?.exitCode.value, code != 0 else { return "" }
    _ = reader.read(windowsService: service.index, \.exitCode)
    guard code == 1066, let own = service.windows?.serviceExitCode.value else {
      // ERROR_SERVICE_NEVER_STARTED is what a service has that was not started since the boot.
      return code == 1077 ? "; it was not started since Windows was" : "; it ended with error \(code)"
    }
    _ = reader.read(windowsService: service.index, \.serviceExitCode)
    return "; it ended with its own error \(own)"
  }

  static let disabled = Rule(
    id: "service.disabled",
    title: "BalloonService is disabled",
    severity: .warning,
    explanation: """
      BalloonService (blnsvr.exe) computes a Windows guest's statistics, and its start type is 4: disabled. The \
      service manager starts it neither with Windows nor on request. Somebody did that on purpose, often because an \
      old build took much processor time (virtio-win 0.1.248 and others, mended at the end of 2024), or a tool that \
      switches off whatever it does not know. Changing the guest's size works without the service; the host only \
      sees no statistics.
      """,
    sources: [
      "https://learn.microsoft.com/windows/win32/api/winsvc/ns-winsvc-query_service_configw",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/1098",
    ],
    evidence: [
      "domain.hypervisor", "domain.osFamily", "configuration.model", "device.qomPath", "device.status",
      "readings.*.lastUpdate", "readings.*.statistics", "guest.osFamily", "guest.qemuGA.osID", "guest.services",
      "guest.services.value.*", "guest.services.value.*.state", "guest.services.value.*.windows.startType",
    ],
    explains: consequences,
    remedy: { context in
      [
        context.serviceStartsByItself, RemedyStep(.guest, "Start it.", command: "sc start BalloonService"),
        context.serviceRuns, context.checkAgain,
      ]
    },
    assess: { reader in
      assess(&reader, needsState: false) { service, reader in
        if service.state.isAbsent { return isMissing }
        guard let start = reader.read(windowsService: service.index, \.startType), start.value != nil else {
          reader.note(missing: "its start type was not told", at: "guest.services.value.\(service.index)", ask: nil)
          return .inconclusive
        }
        guard service.isDisabled else { return .healthy("BalloonService is not disabled.") }
        if service.isRunning {
          return .found("BalloonService runs, and is disabled: it will not start with Windows again.", severity: .note)
        }
        return service.state.value == nil
          ? .found("BalloonService is disabled in the guest (start type 4): Windows does not start it.")
          : .found("BalloonService is disabled in the guest, so nobody computes its statistics.")
      }
    })

  static let dependencyFailed = Rule(
    id: "service.dependency-failed",
    title: "What BalloonService depends on does not run",
    severity: .warning,
    explanation: """
      BalloonService takes the guest's counters from WMI, the service Winmgmt. Since March 2025 it says so to the \
      service manager, which then refuses to start it where Winmgmt is disabled (error 1068); older builds end with \
      error 1008. Without WMI no statistics can be had from the service, whatever is done to the service itself: what \
      has to be mended is WMI. It is part of every Windows and runs unless somebody has disabled it.
      """,
    sources: [
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/931", "virtio-win Balloon/app/memstat.cpp",
      "https://learn.microsoft.com/windows/win32/debug/system-error-codes--1000-1299-",
    ],
    evidence: [
      "domain.hypervisor", "domain.osFamily", "configuration.model", "device.qomPath", "device.status",
      "readings.*.lastUpdate", "readings.*.statistics", "guest.osFamily", "guest.qemuGA.osID", "guest.services",
      "guest.services.value.*.state", "guest.services.value.*.windows.exitCode",
      "guest.services.value.*.windows.startType",
    ],
    explains: consequences,
    remedy: { context in
      [
        RemedyStep(.guest, "Let WMI start with Windows.", command: "sc config Winmgmt start= auto"),
        RemedyStep(.guest, "Start it.", command: "sc start Winmgmt"),
        RemedyStep(.guest, "If it fails, see whether its store is consistent.", command: "winmgmt /verifyrepository"),
        RemedyStep(.guest, "Then start the service.", command: "sc start BalloonService"), context.serviceRuns,
        context.checkAgain,
      ]
    },
    assess: { reader in
      assess(&reader, needsState: false) { service, reader in
        if service.state.isAbsent { return isMissing }
        if let management = managementTrouble(&reader) {
          return .found("\(management), which BalloonService takes the guest's counters from.")
        }
        if let exit = service.windows?.exitCode.value, service.isStopped, service.endedForDependency {
          _ = reader.read(windowsService: service.index, \.exitCode)
          return .found("BalloonService could not start for want of what it depends on (error \(exit)).")
        }
        guard let index = reader.service(BalloonNames.managementService) else {
          reader.note(missing: "the agent said nothing of Winmgmt", at: "guest.services", ask: nil)
          return .inconclusive
        }
        guard let state = reader.read(guestService: index, \.state), state.failure == nil else {
          reader.note(missing: "the state of Winmgmt was not told", at: "guest.services.value.\(index).state", ask: nil)
          return .inconclusive
        }
        if state.value == "running" { return .healthy("Winmgmt, which BalloonService depends on, runs.") }
        guard let start = reader.read(windowsService: index, \.startType), start.value != nil else {
          reader.note(missing: "the start type of Winmgmt was not told", at: "guest.services.value.\(index)", ask: nil)
          return .inconclusive
        }
        return .healthy("Winmgmt, which BalloonService depends on, is not disabled: it starts when it is needed.")
      }
    })

  /// What is wrong with WMI, as a clause; `nil` when nothing is known to be: one that is merely stopped is started by
  /// whoever needs it.
  static func managementTrouble(_ reader: inout EvidenceReader) -> String? {
    guard let index = reader.service(BalloonNames.managementService),
      let service = reader.peek(\.guest.services).value?[index]
    else { return nil }
    if service.state.isAbsent {
      _ = reader.read(guestService: index, \.state)
      return "Windows has no Winmgmt (WMI)"
    }
    // One whose state was not told does not start either.
    guard service.state.value != "running",
      service.windows?.startType.value == UInt64(ServiceStart.disabled.rawValue)
    else { return nil }
    if service.state.value != nil { _ = reader.read(guestService: index, \.state) }
    _ = reader.read(windowsService: index, \.startType)
    return "Winmgmt (WMI) is disabled"
  }

  static let pathGone = Rule(
    id: "service.path-gone",
    title: "BalloonService's program is gone",
    severity: .warning,
    explanation: """
      BalloonService is registered with the service manager, and the program that it names, blnsvr.exe, is not at \
      that place. The usual reason is an installation with blnsvr -i straight from the virtio-win ISO: the service \
      then runs until the ISO is ejected and cannot start any more afterwards. An update that moved the file, or a \
      cleaning of the disk, does the same. The service manager tells it only when somebody tries to start the \
      service.
      """,
    sources: [
      "virtio-win Balloon/app/service.cpp: the path that is registered is the one that it was run from",
      "https://pve.proxmox.com/wiki/Dynamic_Memory_Management",
    ],
    evidence: [
      "domain.hypervisor", "domain.osFamily", "configuration.model", "device.qomPath", "device.status",
      "readings.*.lastUpdate", "readings.*.statistics", "guest.osFamily", "guest.qemuGA.osID", "guest.services",
      "guest.services.value.*", "guest.services.value.*.state", "guest.services.value.*.windows.binaryExists",
      "guest.services.value.*.windows.binaryPath",
    ],
    explains: consequences,
    remedy: { context in
      [
        RemedyStep(.guest, "See which path is registered.", command: "sc qc BalloonService"),
        RemedyStep(.guest, "Remove the registration.", command: "sc delete BalloonService"), context.copyService,
        context.installServiceStep, context.serviceRuns, context.checkAgain,
      ]
    },
    assess: { reader in
      assess(&reader, needsState: false) { service, reader in
        if service.state.isAbsent { return isMissing }
        guard let exists = reader.read(windowsService: service.index, \.binaryExists), exists.value != nil else {
          reader.note(
            missing: "whether its program is there was not told", at: "guest.services.value.\(service.index)", ask: nil)
          return .inconclusive
        }
        guard service.isPathGone else { return .healthy("The program of BalloonService is there.") }
        let path = reader.read(windowsService: service.index, \.binaryPath)?.value
        let place = path.map { " (\(EvidenceText.name($0)))" } ?? ""
        return service.isRunning
          ? .found("BalloonService runs, and its program is not there any more\(place).", severity: .note)
          : .found("The program that BalloonService names is not there\(place).")
      }
    })
}

extension RemedyContext {
  fileprivate var copyService: RemedyStep {
    RemedyStep(
      .guest,
      "Copy blnsvr.exe from the virtio-win ISO's folder Balloon\\<system>\\<architecture> (such as w11\\amd64) to a "
        + "fixed place, such as C:\\Program Files\\Balloon: from the ISO's own path it would stop when the ISO "
        + "is ejected.")
  }
  fileprivate var installServiceStep: RemedyStep {
    RemedyStep(.guest, "Register and start it, in that folder.", command: "blnsvr.exe -i")
  }
  fileprivate var serviceStartsByItself: RemedyStep {
    RemedyStep(.guest, "Let it start with Windows.", command: "sc config BalloonService start= auto")
  }
  fileprivate var serviceRuns: RemedyStep {
    RemedyStep(.guest, "Check that it worked: it must be RUNNING.", command: "sc query BalloonService")
  }
}
