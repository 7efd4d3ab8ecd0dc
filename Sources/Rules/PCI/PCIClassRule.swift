// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

extension PCIRules {
  static let identityRAMClass = Rule(
    id: "pci.identity.ram-class",
    title: "The balloon has the class of a RAM controller",
    severity: .warning,
    confidence: .inferred,
    explanation: """
      The balloon's class is 0500, that of a RAM controller, where QEMU since 1.1 gives it 00ff. It comes from machine \
      types pc-1.0 and older (removed in QEMU 6.0), from RHEL 6's QEMU and its rhel6 machine types, and from \
      Parallels. Windows has a driver of its own for that class, machine.inf, which matches where the balloon's is \
      not installed: the device is then called "PCI standard RAM Controller", has no error code, and nobody serves it. \
      A trusted balloon.inf always outranks machine.inf, so once it is installed the class does no harm. Linux goes by \
      vendor and device alone.
      """,
    sources: [
      "QEMU 2ba1d381c2: class 00ff since 1.1; f862ddbb1a, d8be0c6b68: the old machine types and the property removed",
      "https://learn.microsoft.com/windows-hardware/drivers/install/how-setup-ranks-drivers--windows-vista-and-later-",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.state", "domain.uptime", "configuration.model",
      "configuration.statsPeriod", "device.identity", "device.pollingInterval", "device.qomPath", "device.siblings",
      "device.status", "readings.*.lastUpdate", "guest.agent", "guest.functions", "guest.functions.value.*.driver",
      "guest.functions.value.*.identity", "guest.functions.value.*.module", "guest.functions.value.*.problemCode",
      "guest.functions.value.*.provider", "guest.functions.value.*.virtioDriver",
      "guest.functions.value.*.virtioStatus", "guest.functions.value.*.windows.infSection",
      "guest.functions.value.*.windows.originalINF", "guest.functions.value.*.windows.problemStatus",
    ],
    remedy: { context in
      [
        context.editDefinition(
          "Give the machine a newer type (in <type machine='…'>); Windows will find its devices anew.",
          "Start QEMU with a newer machine type; Windows will find its devices anew.")
      ] + context.installDriver + [context.checkAgain]
    },
    assess: { reader in
      if let excuse = reader.withoutBalloon() { return excuse }
      guard let identity = identity(&reader) else { return .inconclusive }
      let text = EvidenceText.describe(identity)
      guard let classCode = identity.classCode else {
        reader.note(missing: "the balloon's class was not told", at: "device.identity", ask: nil)
        return .inconclusive
      }
      guard classCode == .ramController else { return .healthy("The balloon is of class \(classCode).") }
      if case .operating(let reason) = reader.operation() {
        return .found("The balloon is \(text); its own driver has it all the same: \(reason).", severity: .note)
      }
      if case .other(let name, _)? = reader.guestHold() {
        return .notApplicable("In the guest \(name) has taken it already: see driver.generic.")
      }
      return .found(
        "The balloon is \(text), which Windows' own driver for RAM controllers may take. The machine type is very old.",
        severity: reader.guestFamily() == "linux" ? .note : nil)
    })
}
