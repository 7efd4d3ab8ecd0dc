// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

extension PCIRules {
  static let functionPhantom = Rule(
    id: "pci.function.phantom",
    title: "Windows remembers a balloon that is not there",
    severity: .note,
    explanation: """
      Windows keeps every device that it has ever seen, with its driver and its settings, and takes one at another \
      place or with other ids for a new device. A balloon that was moved to another slot, behind a root port (1045 \
      in place of 1002), or to another machine type therefore leaves a phantom behind (code 45), hidden in the device \
      manager. Beside the balloon that is there it does no harm, but what was installed or disabled on it says \
      nothing of the new one. A phantom alone means that Windows does not see the balloon that the machine has, or \
      that the machine has none any more.
      """,
    sources: [
      "https://learn.microsoft.com/windows-hardware/drivers/install/cm-prob-phantom",
      "QEMU hw/virtio/virtio-pci.c: 1002 on a root bus, 1045 behind a PCIe port",
    ],
    evidence: [
      "domain.hypervisor", "domain.osFamily", "domain.state", "configuration.model", "configuration.statsPeriod",
      "device.pollingInterval", "device.qomPath", "device.siblings", "device.status", "readings.*.lastUpdate",
      "guest.functions", "guest.functions.value.*.identity", "guest.functions.value.*.path",
      "guest.functions.value.*.windows.isPresent", "guest.osFamily", "guest.qemuGA.osID",
    ],
    explains: ["pci.function.missing-in-guest"],
    remedy: { context in
      [
        RemedyStep(
          .guest, "Where no other balloon is there, scan the bus anew (Windows 10 2004 and later).",
          command: "pnputil /scan-devices"),
        RemedyStep(
          .guest,
          "A phantom may stay. To remove it: device manager, View, Show hidden devices, uninstall the greyed one."),
        context.checkAgain,
      ]
    },
    assess: { reader in
      if let excuse = reader.unlessWindows() { return excuse }
      guard reader.require(\.guest.functions) != nil else { return .inconclusive }
      let phantoms = reader.peek(\.self).guestPhantomIndices
      guard let first = phantoms.first else {
        guard reader.mayBePhantom() else { return .healthy("Windows remembers no balloon that is gone.") }
        return .inconclusive
      }
      let functions = reader.peek(\.guest.functions).value ?? []
      if functions[first].windows?.isPresent.value != nil {
        _ = reader.read(windowsFunction: first, \.isPresent)
      } else {
        _ = reader.read(guestFunction: first, \.problemCode)
      }
      let what = describe(first, &reader)
      let others = phantoms.count > 1 ? " and \(phantoms.count - 1) more" : ""
      let isPresent = functions.contains { !$0.isPhantom && $0.identity.value?.isBalloon == true }
      if isPresent {
        return .found(
          "Windows remembers \(what)\(others), from an earlier configuration, beside the one that is there.")
      }
      if case .operating(let reason) = reader.hostOperation() {
        return .found("Windows says that \(what)\(others) is gone, yet a driver serves the balloon (\(reason)).")
      }
      guard case .present = reader.presence() else {
        return .found("Windows remembers \(what)\(others), and has no balloon now.", severity: .warning)
      }
      return .found(
        "The machine has a balloon, and Windows has only \(what)\(others), which is not there: a phantom.",
        severity: .problem)
    })

  /// `a balloon 1af4:1002 at 05.0`.
  private static func describe(_ index: Int, _ reader: inout EvidenceReader) -> String {
    var text = "a balloon"
    if let identity = reader.read(guestFunction: index, \.identity)?.value { text += " " + identity.id }
    if reader.peek(\.guest.functions).value?[index].path.value != nil,
      let path = reader.read(guestFunction: index, \.path)?.value
    {
      text += " at \(path)"
    }
    return text
  }
}

extension EvidenceReader {
  /// Whether one of the balloons that Windows has may be a phantom, because the registry does not tell what is there;
  /// notes what is missing. A single one that stands where the host's stands is none.
  fileprivate mutating func mayBePhantom() -> Bool {
    let functions = peek(\.guest.functions).value ?? []
    let balloons = functions.indices.filter { functions[$0].identity.value?.isBalloon == true }
    let unclear = balloons.filter { functions[$0].isPresenceUnknown }
    guard let first = unclear.first else { return false }
    let path = peek(\.device.path).value ?? peek(\.configuration.path).value
    if balloons.count == 1, let path, functions[first].path.value == path {
      _ = read(guestFunction: first, \.path)
      return false
    }
    for index in unclear {
      if let leaf = read(windowsFunction: index, \.isPresent) {
        note(missing: leaf, at: "guest.functions.value.\(index).windows.isPresent")
      }
    }
    return true
  }
}
