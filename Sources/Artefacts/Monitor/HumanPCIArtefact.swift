// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// The human monitor's `info pci`: the functions that firmware has numbered, in indented lines.
///
/// Source: QEMU hw/pci/pci-hmp-cmds.c (hw/pci/pci.c before 8.0); seen with 7.2. Old versions have neither subsystem
/// nor the name of a class that they know.
struct HumanPCIArtefact {
  private struct Function {
    let address: PCIAddress
    var identity: PCIIdentity?
    /// The bus behind a bridge.
    var secondary: UInt8?
  }
  private var functions: [Function] = []
  private static let limit = 512

  static func read(_ cursor: inout ArtefactCursor) -> (any ArtefactContent)? {
    guard address(cursor.line) != nil, !cursor.isPassed(by: "info pci") else { return nil }
    var list = HumanPCIArtefact()
    let isAsked = cursor.monitorCommand?.command == "info pci"
    var end = cursor.index
    while let line = cursor.peek(end) {
      if let address = address(line) {
        if list.functions.count < limit { list.functions.append(Function(address: address)) }
      } else if !list.take(line.trimmed) {
        break
      }
      end += 1
    }
    // Where a prompt comes next the monitor had said everything.
    var next = end
    while let line = cursor.peek(next), line.isEmpty { next += 1 }
    let isEnded = cursor.peek(next).map { $0.hasPrefix("(qemu)") || $0.hasPrefix("qm>") } ?? false
    let known = list.functions.compactMap { function in
      function.identity.map { HostFunction(address: function.address, path: list.path(function), identity: $0) }
    }
    guard !known.isEmpty else {
      cursor.pass("info pci", until: end)
      return nil
    }
    cursor.index = end
    cursor.monitorCommand = nil
    let isWhole =
      isAsked && isEnded && known.count == list.functions.count
      && list.functions.first.map { $0.address.bus == 0 && $0.address.device == 0 } == true
    return MonitorArtefact("info pci", .functions(known, isWhole: isWhole))
  }

  /// `  Bus  0, device   5, function 0:`
  private static func address(_ line: Substring) -> PCIAddress? {
    guard line.utf8.count < 128, let rest = line.trimmed.dropping("Bus ") else { return nil }
    let words = rest.words
    guard words.count == 5, words[1] == "device", words[3] == "function",
      let bus = number(words[0], ","), let device = number(words[2], ","), let function = number(words[4], ":")
    else { return nil }
    return PCIAddress(bus: bus, device: device, function: function)
  }

  private static func number(_ word: Substring, _ mark: Character) -> UInt8? {
    guard word.last == mark else { return nil }
    return word.dropLast().decimal.flatMap(UInt8.init(exactly:))
  }

  /// Takes a line below a function; `false` when it is none of `info pci`.
  private mutating func take(_ text: Substring) -> Bool {
    guard !functions.isEmpty, text.utf8.count < 256 else { return false }
    let last = functions.count - 1
    if let place = text.place(of: ": PCI device ") {
      let ids = text[place...].utf8.dropFirst(13)
      guard functions[last].identity == nil, let (vendor, device) = Self.ids(Substring(ids)) else { return false }
      functions[last].identity = PCIIdentity(
        vendor: vendor, device: device, classCode: Self.classCode(text[..<place]))
      return true
    }
    if let rest = text.dropping("PCI subsystem ") {
      guard let (vendor, device) = Self.ids(rest) else { return false }
      functions[last].identity?.subsystemVendor = vendor
      functions[last].identity?.subsystem = device
      return true
    }
    if let rest = text.dropping("secondary bus ") {
      functions[last].secondary = Self.number(rest, ".")
      return true
    }
    let starts = [
      "IRQ ", "BAR", "id \"", "BUS ", "subordinate bus ", "IO range ", "memory range ", "prefetchable memory range ",
    ]
    return starts.contains { text.hasPrefix($0) }
  }

  /// `1af4:1002`.
  private static func ids(_ text: Substring) -> (UInt16, UInt16)? {
    guard let (vendor, device) = text.halves(at: ":"), vendor.utf8.count == 4, device.utf8.count == 4,
      let vendor = UInt16(vendor, radix: 16), let device = UInt16(device, radix: 16)
    else { return nil }
    return (vendor, device)
  }

  /// `Class 0255`, in decimal, where QEMU has no word for it; of its words those that bear on a balloon.
  private static func classCode(_ text: Substring) -> PCIClass? {
    if text == "RAM controller" { return .ramController }
    if text == "PCI bridge" { return PCIClass(baseAndSubclass: 0x0604) }
    return text.dropping("Class ")?.decimal.flatMap(UInt16.init(exactly:)).map { PCIClass(baseAndSubclass: $0) }
  }

  /// The bridges' way to a function, by the numbers of their buses; `nil` when one is missing or two have the same.
  private func path(_ function: Function) -> PCIPath? {
    var hops = [function.address.hop]
    var bus = function.address.bus
    while bus != 0 {
      let bridges = functions.filter { $0.secondary == bus }
      guard bridges.count == 1, let bridge = bridges.first, hops.count < PCIPath.limit else { return nil }
      hops.append(bridge.address.hop)
      bus = bridge.address.bus
    }
    return PCIPath(hops.reversed())
  }
}
