// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// Rules about the balloon's PCI function: what it says it is, and where it stands on both sides.
enum PCIRules {
  static let all = [
    identityUnexpected, identityRAMClass, identityDecoy, addressMismatch, addressRenumbered, functionPhantom,
    functionMissingInGuest,
  ]

  static let identityUnexpected = Rule(
    id: "pci.identity.unexpected",
    title: "The balloon's PCI ids are not the usual ones",
    severity: .note,
    explanation: """
      A driver is chosen by PCI ids. A virtio balloon is 1af4:1002 with subsystem 0005 and revision 0 \
      (transitional), or 1af4:1045 with subsystem 1100 and revision 1 or later (modern), both of class 00ff. Which \
      of the two it is follows from where it stands, not only from the model: model='virtio' gives 1002 on a root or \
      conventional bus and 1045 behind a PCIe port, so moving it makes it a new device to Windows. Some vendors ship \
      another subsystem vendor on purpose. Other ids than these match no driver's INF. A class of 0500 has a rule of \
      its own, pci.identity.ram-class.
      """,
    sources: [
      "QEMU hw/virtio/virtio-balloon-pci.c and hw/virtio/virtio-pci.c; 2ba1d381c2 (class since QEMU 1.1)",
      "https://docs.oasis-open.org/virtio/virtio/v1.2/virtio-v1.2.html",
      "virtio-win Balloon/sys/balloon.inx",
    ],
    evidence: [
      "domain.hypervisor", "configuration.model", "device.identity", "device.qomPath", "device.status",
      "guest.functions", "guest.functions.value.*.identity",
    ],
    remedy: { context in
      [
        context.editDefinition(
          "See which model and address the <memballoon> has, and whether <qemu:commandline> changes them.",
          "See which balloon device QEMU was started with, and with which properties."),
        RemedyStep(
          .guest, "In Windows, compare with the ids that the driver's INF lists.", command: "findstr DEV_ balloon.inf"),
        RemedyStep(.guest, "In Linux, see the function as the guest does.", command: "lspci -nnk -d 1af4:"),
        context.checkAgain,
      ]
    },
    assess: assessIdentity)

  /// The balloon's identity by the host, failing that by the guest; `nil`, with what is missing noted, when neither
  /// told it.
  static func identity(_ reader: inout EvidenceReader) -> PCIIdentity? {
    if let host = reader.peek(\.device.identity).value {
      _ = reader.read(\.device.identity)
      return host
    }
    if let index = reader.balloonIndex,
      let guest = reader.read(guestFunction: index, \.identity)?.value
    {
      return guest
    }
    _ = reader.ask(\.device.identity)
    reader.note(missing: reader.peek(\.guest.functions), at: "guest.functions")
    return nil
  }

  private static func assessIdentity(_ reader: inout EvidenceReader) -> Assessment {
    if let excuse = reader.withoutBalloon() { return excuse }
    guard let identity = identity(&reader) else { return .inconclusive }
    let text = EvidenceText.describe(identity)
    guard let expected = identity.expectedBalloon else {
      return .found(
        "The function that should be the balloon is \(text): no balloon driver takes it.", severity: .warning)
    }
    var oddities: [String] = []
    var severity = Severity.note
    if let subsystem = identity.subsystem, subsystem != expected.subsystem {
      oddities.append("subsystem \(hexadecimal(subsystem, width: 4))")
      severity = .warning
    }
    if let vendor = identity.subsystemVendor, vendor != expected.subsystemVendor {
      oddities.append("subsystem vendor \(hexadecimal(vendor, width: 4))")
    }
    if let classCode = identity.classCode, classCode != expected.classCode, classCode != .ramController {
      oddities.append("class \(classCode)")
    }
    if let revision = identity.revision, identity.virtioGeneration == .modern ? revision == 0 : revision != 0 {
      oddities.append("revision \(hexadecimal(revision, width: 2))")
    }
    if let placement = unexpectedPlacement(of: identity, &reader) { oddities.append(placement) }
    guard !oddities.isEmpty else { return .healthy("The balloon is \(text), as its kind should be.") }
    return .found("The balloon is \(text). Unusual: \(oddities.joined(separator: "; ")).", severity: severity)
  }

  /// What model and place say against the generation; `nil` when they agree or cannot tell: a path does not say whether
  /// a bridge on it is a PCIe port.
  private static func unexpectedPlacement(of identity: PCIIdentity, _ reader: inout EvidenceReader) -> String? {
    guard let model = reader.peek(\.configuration.model).value, let generation = identity.virtioGeneration else {
      return nil
    }
    let isOnRootBus = (reader.peek(\.device.path).value ?? reader.peek(\.configuration.path).value)
      .map(\.bridges.isEmpty)
    let expected: VirtioGeneration
    switch (model, isOnRootBus) {
    case ("virtio-transitional", _): expected = .transitional
    case ("virtio-non-transitional", _): expected = .modern
    case ("virtio", true?): expected = .transitional
    default: return nil
    }
    _ = reader.read(\.configuration.model)
    guard generation != expected else { return nil }
    if model == "virtio" {
      _ = reader.read(reader.peek(\.device.path).value != nil ? \.device.path : \.configuration.path)
      return "a \(generation.rawValue) device on a root bus, where model='virtio' gives a \(expected.rawValue) one"
    }
    return "a \(generation.rawValue) device, where model='\(EvidenceText.name(model))' gives a \(expected.rawValue) one"
  }

  static let identityDecoy = Rule(
    id: "pci.identity.decoy",
    title: "Another function looks like the balloon",
    severity: .note,
    explanation: """
      Many instructions say that the "PCI standard RAM Controller" in Windows' device manager is the balloon without \
      its driver. On a host of today it is not: since QEMU 1.1 an unserved balloon is an unknown "PCI Device" (code \
      28), and a RAM controller is nearly always ivshmem, 1af4:1110, the shared memory of Looking Glass and others, \
      or a physical chipset's function. Pointing such a function at the balloon's driver does nothing, and disabling \
      it breaks what uses it. Tell them apart by their ids, never by their name.
      """,
    sources: [
      "QEMU hw/misc/ivshmem.c: 1af4:1110, class 0500", "QEMU 2ba1d381c2: class of the balloon since QEMU 1.1",
      "https://looking-glass.io/docs/",
    ],
    evidence: [
      "domain.hypervisor", "configuration.model", "device.decoys", "guest.functions",
      "guest.functions.value.*.address", "guest.functions.value.*.identity",
    ],
    remedy: { _ in
      [
        RemedyStep(
          .guest, "Leave that function as it is. The balloon is the function with the ids 1af4:1002 or 1af4:1045.")
      ]
    },
    assess: { reader in
      if let xen = reader.xenBalloon() { return .notApplicable(xen) }
      if let decoys = reader.peek(\.device.decoys).value {
        _ = reader.read(\.device.decoys)
        if let decoy = decoys.first(where: { $0.identity.isBalloonDecoy }) {
          return .found(decoyText(decoy.identity, at: decoy.address.description, "the hypervisor's numbering"))
        }
      }
      let functions = reader.peek(\.guest.functions).value ?? []
      if let index = functions.indices.first(where: {
        !functions[$0].isPhantom && functions[$0].identity.value?.isBalloonDecoy == true
      }),
        let identity = reader.read(guestFunction: index, \.identity)?.value
      {
        let address = reader.read(guestFunction: index, \.address)?.value?.description
        return .found(decoyText(identity, at: address ?? "an unknown address", "the guest's numbering"))
      }
      if reader.peek(\.device.decoys).value != nil { return .healthy("No other function looks like a balloon.") }
      if reader.peek(\.guest.functions).value != nil {
        _ = reader.read(\.guest.functions)
        return .healthy("No other function that the guest lists looks like a balloon.")
      }
      if reader.peek(\.device.decoys).isAbsent {
        _ = reader.read(\.device.decoys)
        return .notApplicable("The hypervisor lists no PCI functions that could be confused with the balloon.")
      }
      _ = reader.ask(\.device.decoys)
      _ = reader.ask(\.guest.functions)
      return .inconclusive
    })

  private static func decoyText(_ identity: PCIIdentity, at address: String, _ numbering: String) -> String {
    let kind = identity.isSharedMemory ? "ivshmem, shared memory" : "a memory controller"
    return
      "\(address) (\(numbering)) is \(EvidenceText.describe(identity)): \(kind), and not the balloon, though Windows "
      + "calls such a function \"PCI standard RAM Controller\"."
  }

  static let functionMissingInGuest = Rule(
    id: "pci.function.missing-in-guest",
    title: "The guest does not see the balloon's function",
    severity: .problem,
    explanation: """
      The machine has a balloon, but the guest's system lists no such PCI function. Then the bridge in front of it \
      was not numbered (a root port at a function other than 0 with no function 0 beside it is never scanned), the \
      slot was hot-plugged without the guest's help, or the function was removed inside the guest (echo 1 > remove). \
      No driver can be bound to what is not there. QEMU's query-pci, which reads what firmware numbered, leaves such \
      a function out too, while x-query-virtio has it.
      """,
    sources: ["QEMU 7.2.22, measured: a root port at a function other than 0 without function 0", "QEMU hw/pci/pci.c"],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.state", "domain.uptime", "configuration.model",
      "device.pollingInterval", "device.qomPath", "device.siblings", "device.status", "readings.*.lastUpdate",
      "guest.agent", "guest.functions", "guest.functions.value.*.address", "guest.functions.value.*.identity",
    ],
    explains: ["driver.not-operating", "driver.contradicted", "balloon.target.ignored", "balloon.target.not-reached"],
    remedy: { context in
      [
        context.editDefinition(
          "Give the balloon an address on a root bus, or behind a root port at function 0 of its slot: delete the "
            + "<address> of <memballoon> and let libvirt choose.",
          "Put the device on a root bus, or behind a root port at function 0 of its slot."),
        RemedyStep(.guest, "In Linux, scan the bus anew.", command: "echo 1 > /sys/bus/pci/rescan"),
        RemedyStep(.guest, "In Windows 10 2004 and later, scan anew.", command: "pnputil /scan-devices"),
        context.checkAgain,
      ]
    },
    assess: { reader in
      if let excuse = reader.withoutBalloon() { return excuse }
      guard case .present = reader.presence() else { return .inconclusive }
      guard let functions = reader.require(\.guest.functions) else { return .inconclusive }
      if let index = reader.balloonIndex {
        _ = reader.read(guestFunction: index, \.address)
        _ = reader.read(guestFunction: index, \.identity)
        return .healthy("The guest lists the balloon's function.")
      }
      let present = functions.indices.filter { !functions[$0].isPhantom }
      if let unread = present.first(where: { functions[$0].identity.value == nil }) {
        _ = reader.read(guestFunction: unread, \.identity)
        reader.note(
          missing: functions[unread].identity, at: "guest.functions.value.\(unread).identity")
        return .inconclusive
      }
      if present.contains(where: { functions[$0].identity.value?.isBalloon == true }) {
        reader.note(
          missing: "the guest lists several balloons, and none on the host's path", at: "guest.functions", ask: nil)
        return .inconclusive
      }
      let omitted = reader.peek(\.device.address).isAbsent
      if omitted { _ = reader.read(\.device.address) }
      let text =
        "The machine has a balloon, and the guest lists no such function"
        + (omitted ? "; firmware gave it no bus number either." : ".")
      if case .operating(let reason) = reader.hostOperation() {
        return .found(text + " Yet a driver serves it (\(reason)): the guest's list is not complete.", severity: .note)
      }
      return .found(text)
    })
}
