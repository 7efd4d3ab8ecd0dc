// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

extension PCIRules {
  static let addressMismatch = Rule(
    id: "pci.address.mismatch",
    title: "Host and guest put the balloon at different places",
    severity: .warning,
    explanation: """
      The place of a PCI function is the chain of device and function numbers from the root bus through every \
      bridge; host and guest must agree on it, whatever bus numbers each of them shows. Where they do not, somebody \
      looks at another function or another machine: the XML was edited and the guest not started anew, the agent \
      answers for another guest, or the function with the balloon's ids in the guest belongs to nested hardware. \
      Statements about the guest's driver then may be about the wrong function.
      """,
    sources: [
      "QEMU 7.2.22 with Linux 6.1, measured: bridge paths by QOM and by sysfs agree",
      "https://libvirt.org/pci-addresses.html",
    ],
    evidence: [
      "domain.hypervisor", "configuration.model", "configuration.path", "device.path", "device.qomPath",
      "device.status", "guest.functions", "guest.functions.value.*.path",
    ],
    remedy: { context in
      [
        RemedyStep(
          .host, "Compare the running machine's XML with the stored one.", command: context.virsh("dumpxml")),
        RemedyStep(.host, "The stored one:", command: context.virsh("dumpxml", "--inactive")),
        RemedyStep(.guest, "In Linux, see the chain of bridges.", command: "lspci -tvnn"),
        RemedyStep(
          .guest, "In Windows, see the location paths (PowerShell).",
          command: "Get-PnpDevice -PresentOnly | Where-Object InstanceId -like 'PCI\\VEN_1AF4*' | "
            + "Get-PnpDeviceProperty DEVPKEY_Device_LocationPaths"),
        context.checkAgain,
      ]
    },
    assess: { reader in
      if let excuse = reader.withoutBalloon() { return excuse }
      let places = knownPaths(&reader)
      guard let first = places.first, places.count > 1 else {
        notePaths(&reader)
        return .inconclusive
      }
      guard let other = places.first(where: { $0.path != first.path }) else {
        return .healthy("\(names(places.map(\.who))) put the balloon at \(first.path).")
      }
      return .found(
        "By \(first.who) the balloon is at \(first.path), by \(other.who) at \(other.path) (device.function of every "
          + "bridge from the root bus down).")
    })

  static let addressRenumbered = Rule(
    id: "pci.address.renumbered",
    title: "The balloon's bus number differs from side to side",
    severity: .note,
    explanation: """
      Three parties number PCI buses, each in its own way. The bus in libvirt's <address> is the index of a \
      controller in the XML. Firmware numbers the buses as it finds them, bridges inside bridges first, and QEMU's \
      query-pci repeats that. The guest's system may keep the firmware's numbers or give its own. So the same \
      function can be bus 5 in the XML and bus 3 in the guest, and nothing is wrong. The chain of device and \
      function numbers through the bridges is the same on all sides; this tool matches by it and shows the numbers \
      beside it.
      """,
    sources: [
      "https://libvirt.org/pci-addresses.html",
      "QEMU 7.2.22, measured: two root ports, a pcie-pci-bridge below the first, the balloon below the second",
    ],
    evidence: [
      "domain.hypervisor", "configuration.address", "configuration.model", "configuration.path", "device.address",
      "device.path", "device.qomPath", "device.status", "guest.functions", "guest.functions.value.*.address",
      "guest.functions.value.*.path",
    ],
    remedy: { _ in
      [RemedyStep(.host, "Nothing needs mending. Use each side's own number when you look the function up there.")]
    },
    assess: { reader in
      if let excuse = reader.withoutBalloon() { return excuse }
      let paths = knownPaths(&reader)
      guard Set(paths.map(\.path)).count < 2 else {
        return .notApplicable("The sides do not agree on the place itself; see pci.address.mismatch.")
      }
      let numbers = knownAddresses(&reader)
      guard let first = numbers.first, numbers.count > 1 else {
        for (leaf, name) in [
          (reader.peek(\.configuration.address), "configuration.address"),
          (reader.peek(\.device.address), "device.address"),
        ] where leaf.value == nil { reader.note(missing: leaf, at: name) }
        reader.note(missing: reader.peek(\.guest.functions), at: "guest.functions")
        return .inconclusive
      }
      guard numbers.contains(where: { $0.address != first.address }) else {
        return .healthy("\(names(numbers.map(\.who))) show the balloon at \(first.address).")
      }
      let list = numbers.map { "\($0.address) in \($0.who)" }.joined(separator: ", ")
      let path = paths.first.map { " All mean the function at \($0.path)." } ?? ""
      return .found("The same function is \(list).\(path)")
    })

  /// The bridge paths that are known, cited.
  private static func knownPaths(_ reader: inout EvidenceReader) -> [(path: PCIPath, who: String)] {
    var places: [(path: PCIPath, who: String)] = []
    if reader.peek(\.configuration.path).value != nil, let path = reader.read(\.configuration.path).value {
      places.append((path, "the configuration"))
    }
    if reader.peek(\.device.path).value != nil, let path = reader.read(\.device.path).value {
      places.append((path, "QEMU"))
    }
    if let index = reader.balloonIndex,
      reader.peek(\.guest.functions).value?[index].path.value != nil,
      let path = reader.read(guestFunction: index, \.path)?.value
    {
      places.append((path, "the guest"))
    }
    return places
  }

  private static func notePaths(_ reader: inout EvidenceReader) {
    reader.note(missing: reader.peek(\.configuration.path), at: "configuration.path")
    reader.note(missing: reader.peek(\.device.path), at: "device.path")
    guard let functions = reader.peek(\.guest.functions).value else {
      reader.note(missing: reader.peek(\.guest.functions), at: "guest.functions")
      return
    }
    guard let index = reader.balloonIndex else {
      reader.note(missing: "the guest lists no function that is this balloon", at: "guest.functions", ask: nil)
      return
    }
    reader.note(missing: functions[index].path, at: "guest.functions.value.\(index).path")
  }

  /// The addresses that are known, cited, each with the name of its numbering.
  private static func knownAddresses(_ reader: inout EvidenceReader) -> [(address: PCIAddress, who: String)] {
    var numbers: [(address: PCIAddress, who: String)] = []
    if reader.peek(\.configuration.address).value != nil, let address = reader.read(\.configuration.address).value {
      numbers.append((address, "libvirt's XML (the bus is a controller's index)"))
    }
    if reader.peek(\.device.address).value != nil, let address = reader.read(\.device.address).value {
      numbers.append((address, "QEMU (as firmware numbered)"))
    }
    if let index = reader.balloonIndex,
      reader.peek(\.guest.functions).value?[index].address.value != nil,
      let address = reader.read(guestFunction: index, \.address)?.value
    {
      numbers.append((address, "the guest"))
    }
    return numbers
  }

  /// `A and B`, `A, B and C`.
  private static func names(_ parties: [String]) -> String {
    guard let last = parties.last, parties.count > 1 else { return parties.first ?? "" }
    let text = parties.dropLast().joined(separator: ", ") + " and " + last
    return (text.first.map { String($0).uppercased() } ?? "") + text.dropFirst()
  }
}
