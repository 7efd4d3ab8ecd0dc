// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import WindowsPnP

/// Rules about the guest's driver: whether one serves the balloon, and which.
enum DriverRules {
  static let all =
    [virtioWinAbsent, none, generic] + WindowsDriverRules.all + DriverVersionRules.all + [contradicted, notOperating]

  /// What a balloon without its driver brings with it.
  static let consequences = ["driver.not-operating"] + idleness

  /// What a balloon that nobody serves brings with it. Whether the service for statistics is in order is of no account
  /// while it has nobody to hand them to.
  static let idleness =
    ["stats.not-delivered", "stats.frozen", "balloon.target.ignored", "balloon.target.not-reached"] + ServiceRules.ids

  static let none = Rule(
    id: "driver.none",
    title: "No driver holds the balloon in the guest",
    severity: .problem,
    explanation: """
      The guest's system lists the balloon's PCI function and says that no balloon driver holds it. In Windows it \
      then appears as an unknown "PCI Device" with code 28, because no driver that comes with Windows matches class \
      00ff. In Linux the module virtio_balloon is not loaded; the virtio transport (virtio-pci) may still be bound, \
      so that lspci names a kernel driver although nobody serves the balloon: the virtio device below it has no \
      driver. The size of such a guest never moves, whatever the host asks for, and no request fails.
      """,
    sources: [
      "https://github.com/virtio-win/kvm-guest-drivers-windows/tree/master/Balloon",
      "Linux drivers/virtio/virtio_pci_common.c, drivers/virtio/virtio_balloon.c",
      "QEMU 7.2.22 with Linux 6.1, measured: the transport alone leaves the status at ACKNOWLEDGE",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.state", "domain.uptime", "configuration.model",
      "configuration.statsPeriod", "device.pollingInterval", "device.qomPath", "device.siblings", "device.status",
      "readings.*.lastUpdate", "channel.guestOpen", "guest.agent", "guest.functions", "guest.functions.value.*.driver",
      "guest.functions.value.*.module", "guest.functions.value.*.problemCode", "guest.functions.value.*.provider",
      "guest.functions.value.*.virtioDriver", "guest.functions.value.*.virtioStatus",
      "guest.functions.value.*.windows.infSection", "guest.functions.value.*.windows.isPresent",
      "guest.functions.value.*.windows.originalINF", "guest.functions.value.*.windows.problemStatus",
      "guest.qemuGA.version", "guest.services.value.*.state", "guest.services.value.*.version",
    ],
    explains: consequences,
    remedy: { $0.installDriver + [$0.checkAgain] },
    assess: { reader in
      assessHold(&reader) { hold, reader in
        switch hold {
        case .nobody(let transport):
          nobody(transport: transport, &reader)
        case .balloonDriver(let name, _): .healthy("In the guest \(name) holds the balloon.")
        case .other(let name, _): .notApplicable("In the guest \(name) holds the balloon: see driver.generic.")
        case .unrecognised(let name): .healthy("In the guest \(name) holds the balloon.")
        case .unknown: .inconclusive
        }
      }
    })

  private static func nobody(transport: Bool, _ reader: inout EvidenceReader) -> Assessment {
    let facts =
      transport
      ? "The guest has bound the virtio transport to the balloon, and no balloon driver to that"
      : "The guest lists the balloon, and no driver holds it" + shownProblem(&reader)
    let host = hostWord(&reader)
    let doubt = host == "." ? reader.presenceInDoubt() : nil
    return .found(
      facts + host + (doubt ?? "") + storedPackage(&reader), confidence: doubt == nil ? nil : .inferred)
  }

  /// Windows' problem with the balloon in brackets; where nobody told it, how such a device looks there: what its
  /// owner sees is what he looks for.
  private static func shownProblem(_ reader: inout EvidenceReader) -> String {
    let problem = reader.problemInBrackets()
    guard problem.isEmpty, let index = reader.balloonIndex, let function = reader.peek(\.guest.functions).value?[index],
      function.windows != nil, function.problemCode.value == nil, function.identity.value?.classCode == .unclassified
    else { return problem }
    return " (the device manager shows such a one as \"PCI Device\" with Code 28)"
  }

  static let generic = Rule(
    id: "driver.generic",
    title: "A driver that is not the balloon's holds the balloon",
    severity: .problem,
    explanation: """
      The balloon's function is in the hands of a driver that knows nothing of balloons. In Linux that is one which \
      takes any function it is given: uio_pci_generic or vfio-pci, bound by DPDK's scripts, by driverctl or by a \
      new_id written at boot, or pci-stub. In Windows it is machine.inf, which names the device "PCI standard RAM \
      Controller" and installs no service; it matches only a balloon of class 0500, which QEMU before 1.1 and \
      machine types pc-1.0 and older have. Everything looks installed and nothing has an error code, and yet the \
      size never moves and no statistics come.
      """,
    sources: [
      "Linux drivers/uio/uio_pci_generic.c, drivers/vfio/pci, drivers/pci/pci-stub.c",
      "QEMU 7.2.22 with Linux 6.1, measured: uio_pci_generic on the balloon",
      "https://learn.microsoft.com/windows-hardware/drivers/install/how-setup-ranks-drivers--windows-vista-and-later-",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.state", "domain.uptime", "configuration.model",
      "configuration.statsPeriod", "device.pollingInterval", "device.qomPath", "device.siblings", "device.status",
      "readings.*.lastUpdate", "channel.guestOpen", "guest.agent", "guest.functions", "guest.functions.value.*.driver",
      "guest.functions.value.*.module", "guest.functions.value.*.problemCode", "guest.functions.value.*.provider",
      "guest.functions.value.*.virtioDriver", "guest.functions.value.*.virtioStatus",
      "guest.functions.value.*.windows.infSection", "guest.functions.value.*.windows.originalINF",
      "guest.qemuGA.version",
    ],
    explains: consequences,
    remedy: { $0.replaceDriver + [$0.checkAgain] },
    assess: { reader in
      assessHold(&reader) { hold, reader in
        switch hold {
        case .other(let name, let confidence):
          held(by: name, confidence, &reader)
        case .balloonDriver(let name, _): .healthy("In the guest \(name) holds the balloon.")
        case .nobody: .notApplicable("No driver holds the balloon in the guest: see driver.none.")
        case .unrecognised(let name):
          unrecognised(name, &reader)
        case .unknown: .inconclusive
        }
      }
    })

  private static func held(by name: String, _ confidence: Confidence, _ reader: inout EvidenceReader) -> Assessment {
    let host = hostWord(&reader)
    let doubt = host == "." ? reader.presenceInDoubt() : nil
    return .found(
      "In the guest \(name), which is no balloon driver, holds the balloon" + host + (doubt ?? ""),
      confidence: doubt == nil ? confidence : .inferred)
  }

  /// A package of the balloon's driver that Windows has and has not bound.
  private static func storedPackage(_ reader: inout EvidenceReader) -> String {
    let services = reader.peek(\.guest.services).value ?? []
    guard let index = services.firstIndex(where: { $0.kind == "driver-package" && $0.state.value != nil }) else {
      return ""
    }
    _ = reader.read(guestService: index, \.state)
    let version = reader.read(guestService: index, \.version)?.value.map { ", version \(EvidenceText.name($0))" } ?? ""
    return
      " The balloon's package is in the driver store (\(EvidenceText.name(services[index].name))\(version)) and not "
      + "bound to it."
  }

  private static func unrecognised(_ name: String, _ reader: inout EvidenceReader) -> Assessment {
    reader.note(
      missing: "whether \(name) is a vendor's balloon driver is not known; the device's own status would tell",
      at: "guest.functions", ask: reader.usualAsk(for: "device.status"))
    return .inconclusive
  }

  /// Both rules about who holds the function: the device's own word that a driver runs outranks the guest's list.
  private static func assessHold(
    _ reader: inout EvidenceReader, _ judge: (GuestHold, inout EvidenceReader) -> Assessment
  ) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    if reader.wasRebooted() {
      return .notApplicable(
        "The guest was started anew while it was looked at, so it may not have had time for a driver.")
    }
    if case .operating(let reason) = reader.hostOperation() {
      return .healthy("The balloon's own driver serves it: \(reason).")
    }
    if reader.peek(\.guest.functions).value != nil, reader.balloonIndex == nil {
      _ = reader.read(\.guest.functions)
      return .notApplicable("The guest's list does not have the balloon: see pci.function.missing-in-guest.")
    }
    guard let hold = reader.guestHold() else { return .inconclusive }
    return judge(hold, &reader)
  }

  /// The host's confirmation, as the end of a sentence.
  private static func hostWord(_ reader: inout EvidenceReader) -> String {
    guard case .notOperating(let reason, _) = reader.hostOperation() else { return "." }
    return ". The host agrees: \(reason)."
  }

  static let contradicted = Rule(
    id: "driver.contradicted",
    title: "The guest's word on its driver contradicts the device",
    severity: .problem,
    explanation: """
      The guest and the device disagree on whether a driver serves the balloon. The device's status is kept by QEMU \
      and written by whatever really drives it; the guest's list is what its software says. When the guest calls the \
      driver bound and started while the status has no DRIVER_OK, ballooning does not work, whatever the guest \
      shows: its driver lost the device (a failed resume, a reset by something else), or what answers does not tell \
      the truth. The other way round ballooning works and the guest's list is wrong or old, which is a warning only.
      """,
    sources: [
      "https://docs.oasis-open.org/virtio/virtio/v1.2/virtio-v1.2.html",
      "QEMU hw/virtio/virtio-qmp.c: x-query-virtio-status",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.state", "domain.uptime", "configuration.model",
      "configuration.statsPeriod", "device.pollingInterval", "device.qomPath", "device.siblings", "device.status",
      "readings.*.lastUpdate", "channel.guestOpen", "guest.agent", "guest.functions", "guest.functions.value.*.driver",
      "guest.functions.value.*.module", "guest.functions.value.*.problemCode", "guest.functions.value.*.provider",
      "guest.functions.value.*.virtioDriver", "guest.functions.value.*.virtioStatus",
      "guest.functions.value.*.windows.infSection", "guest.functions.value.*.windows.originalINF",
      "guest.functions.value.*.windows.problemStatus", "guest.qemuGA.version",
    ],
    explains: consequences,
    remedy: { context in
      [
        context.checkAgain,
        RemedyStep(.guest, "If it persists, restart the guest: this binds the driver anew."),
        RemedyStep(
          .guest, "In Linux, bind it anew without a restart.",
          command: "modprobe -r virtio_balloon && modprobe virtio_balloon"),
        RemedyStep(.guest, "In Windows, restart the device in the device manager: disable it, then enable it."),
      ]
    },
    assess: assessContradiction)

  private static func assessContradiction(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    if reader.wasRebooted() {
      return .notApplicable("The guest was started anew while it was looked at, so the two may speak of two boots.")
    }
    let host = reader.hostOperation()
    guard host != .undecided else {
      reader.note(missing: reader.peek(\.guest.functions), at: "guest.functions")
      return .inconclusive
    }
    guard let hold = reader.guestHold() else { return .inconclusive }
    switch (host, hold) {
    case (.notOperating(let reason, _), .balloonDriver(let name, started: true)):
      return .found("The guest says that \(name) runs the balloon, but \(reason).")
    case (.operating(let reason), .balloonDriver(let name, started: false)):
      return .found(
        "The guest says that \(name) did not start\(reader.problemInBrackets()), but a driver serves the balloon: "
          + "\(reason).", severity: .warning)
    case (.operating(let reason), .nobody):
      return .found(
        "The guest says that no driver holds the balloon, but one serves it: \(reason).", severity: .warning)
    case (.operating(let reason), .other(let name, _)):
      return .found(
        "The guest says that \(name) holds the balloon, but a balloon driver serves it: \(reason).",
        severity: .warning)
    case (_, .balloonDriver(_, started: nil)), (_, .unknown), (.notOperating, .unrecognised), (.undecided, _):
      return .inconclusive
    case (.operating, .balloonDriver), (.operating, .unrecognised):
      return .healthy("Guest and device agree that a driver serves the balloon.")
    case (.notOperating, _): return .healthy("Guest and device agree that no driver serves the balloon.")
    }
  }

  static let notOperating = Rule(
    id: "driver.not-operating",
    title: "No driver serves the balloon",
    severity: .problem,
    explanation: """
      The device itself tells whether a driver has started it: a virtio driver writes its progress into the device's \
      status, ACKNOWLEDGE, DRIVER, FEATURES_OK and at last DRIVER_OK, and QEMU shows that on the host without asking \
      the guest. An empty status in a guest whose system is up means that no driver has touched the balloon (or that \
      one has let it go); ACKNOWLEDGE alone that only the transport is bound; DRIVER without DRIVER_OK that the \
      driver began and did not get through (code 10 in Windows); FAILED that it has given up on the device; \
      NEEDS_RESET that the device met an error, which QEMU has written among its messages. Where Windows has a \
      problem code for the balloon that has no rule of its own, it is told here with its name. Without the monitor \
      the statistics tell the good case: a guest that answers has a driver. Their silence alone does not tell the bad \
      one.
      """,
    sources: [
      "https://docs.oasis-open.org/virtio/virtio/v1.2/virtio-v1.2.html",
      "QEMU hw/virtio/virtio-qmp.c: x-query-virtio-status, since QEMU 7.2",
      "QEMU hw/virtio/virtio.c: virtio_error() writes a message and sets NEEDS_RESET",
      "QEMU 7.2.22 with Linux 6.1, measured: status with, without and before the driver",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.state", "domain.uptime", "configuration.model",
      "configuration.statsPeriod", "device.pollingInterval", "device.qomPath", "device.siblings", "device.status",
      "readings.*.lastUpdate", "channel.guestOpen", "guest.agent", "guest.functions", "guest.functions.value.*.driver",
      "guest.functions.value.*.module", "guest.functions.value.*.problemCode", "guest.functions.value.*.provider",
      "guest.functions.value.*.virtioDriver", "guest.functions.value.*.virtioStatus",
      "guest.functions.value.*.windows.infSection", "guest.functions.value.*.windows.isPresent",
      "guest.functions.value.*.windows.originalINF", "guest.functions.value.*.windows.problemStatus",
      "guest.qemuGA.version",
    ],
    explains: idleness,
    isEssential: true,
    remedy: { context in
      let mending = context.mendProblem
      let driver = context.isDriverStuck ? context.restartDriver : context.installDriver
      return (mending.isEmpty ? driver : mending) + [context.checkAgain]
    },
    assess: { reader in
      if let excuse = reader.withoutBalloon() { return excuse }
      switch reader.operation() {
      case .operating(let reason): return .healthy("A driver serves the balloon: \(reason).")
      case .notOperating(let reason, let confidence):
        return .found(
          "No driver serves the balloon: \(reason).\(history(&reader))\(windowsWord(&reader, after: reason))",
          confidence: confidence)
      case .undecided: return .inconclusive
      }
    })

  /// Windows' problem code and what it means, for the end of a text that may have named the code already.
  private static func windowsWord(_ reader: inout EvidenceReader, after reason: String) -> String {
    guard let index = reader.balloonIndex, let words = reader.problem(index),
      let code = reader.peek(\.guest.functions).value?[index].problemCode.value
    else { return "" }
    let named = reason.contains(words) ? "" : " Windows says: \(words)."
    return named + ProblemAdvice(ProblemCode(rawValue: UInt32(code))).sentence
  }

  /// A last-update beside a dead device: a driver was there once, in this boot or an earlier one.
  private static func history(_ reader: inout EvidenceReader) -> String {
    guard let index = reader.peek(\.readings).indices.last,
      let update = reader.peek(\.readings)[index].lastUpdate.value, update > 0
    else { return "" }
    _ = reader.read(reading: index, \.lastUpdate)
    return " One did earlier, in this boot or in one before."
  }
}
