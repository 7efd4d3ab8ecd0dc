// SPDX-License-Identifier: GPL-3.0-or-later
import PCI

/// A function as `lspci` names it in one line, in any of its forms.
///
/// Source: pciutils, lspci.c and lspci.man. With `-nn`, `-n` and `-mm` of either it has ids; without them only names,
/// which change with every edition of pci.ids.
struct LspciHeader: Hashable, Sendable {
  let address: PCIAddress
  /// `nil` when only names were printed.
  var identity: PCIIdentity?
  /// The class, vendor and device in words.
  var name: Substring

  /// Whether the words are those that pci.ids has for a balloon: `Virtio memory balloon`, `Virtio 1.0 balloon`.
  var isNamedBalloon: Bool {
    identity == nil && name.has("balloon") && (name.has("Virtio") || name.has("Red Hat") || name.has("Qumranet"))
  }

  /// Reads a line without its indentation.
  init?(_ line: Substring) {
    guard line.utf8.count < 1_024, let first = line.utf8.first, hexDigit(first) != nil,
      let gap = line.utf8.firstIndex(of: UInt8(ascii: " ")), line[..<gap].has(":"), line[..<gap].has("."),
      let address = PCIAddress(parsing: String(line[..<gap]))
    else { return nil }
    let rest = line[gap...].trimmed
    self.address = address
    name = rest
    if rest.utf8.first == UInt8(ascii: "\"") {
      guard let told = Self.quoted(rest) else { return nil }
      identity = told
      return
    }
    identity = Self.identity(rest)
    guard identity == nil else { return }
    // Words alone: only behind one of lspci's own for a class.
    guard rest.has(": "), Self.classes.contains(where: { rest.hasPrefix($0) }) else { return nil }
  }

  /// Classes that virtual machines have, as pci.ids names them.
  private static let classes = [
    "Host bridge", "ISA bridge", "PCI bridge", "Bridge", "VGA compatible controller", "Display controller",
    "Ethernet controller", "Network controller", "Unclassified device", "Non-VGA unclassified device",
    "Unassigned class", "Memory controller", "RAM memory", "SCSI storage controller", "Communication controller",
    "IDE interface", "USB controller", "USB Controller", "Audio device", "SATA controller", "System peripheral",
    "Mass storage controller", "Serial controller", "SMBus", "Class ", "Non-Volatile memory controller",
    "Encryption controller", "3D controller", "Input device controller", "Multimedia", "PIC", "Serial bus controller",
    "Signal processing controller", "System controller", "Serial Attached SCSI controller", "Generic system peripheral",
  ]

  /// `Unclassified device [00ff]: Red Hat, Inc. Virtio memory balloon [1af4:1002] (rev 01)`, or with `-n`
  /// `00ff: 1af4:1002 (rev 01)`.
  private static func identity(_ text: Substring) -> PCIIdentity? {
    let words = text.words
    guard words.count >= 2 else { return nil }
    let isBare = words[0].utf8.count == 5
    var classCode: UInt16?
    var ids: (UInt16, UInt16)?
    for word in words.prefix(64) {
      var text = word
      if text.utf8.last == UInt8(ascii: ":") { text = text.dropLast() }
      let isBracketed = text.utf8.first == UInt8(ascii: "[") && text.utf8.last == UInt8(ascii: "]")
      if isBracketed { text = text.dropFirst().dropLast() }
      guard isBracketed || isBare else { continue }
      if text.utf8.count == 4, classCode == nil, let code = number(text) {
        classCode = code
      } else if text.utf8.count == 9, let pair = pair(text) {
        ids = pair
      }
    }
    guard let classCode, let ids else { return nil }
    var revision: UInt8?
    if let place = words.firstIndex(of: "(rev"), place + 1 < words.count {
      revision = UInt8(words[place + 1].filter { $0 != ")" }, radix: 16)
    }
    return PCIIdentity(
      vendor: ids.0, device: ids.1, classCode: PCIClass(baseAndSubclass: classCode), revision: revision)
  }

  /// `"Class [00ff]" "Vendor [1af4]" "Device [1002]" -r01 "Red Hat, Inc. [1af4]" "Device [0005]"` of `-mm`;
  /// `.some(nil)` when it has names alone, `nil` when it is no such line.
  private static func quoted(_ text: Substring) -> PCIIdentity?? {
    let parts = text.utf8.split(separator: UInt8(ascii: "\""), maxSplits: 16, omittingEmptySubsequences: false)
      .map { Substring($0) }
    // Between the quotes stand the odd ones.
    let values = parts.enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
    guard values.count >= 3, parts.count >= 6 else { return nil }
    guard let classCode = id(values[0]), let vendor = id(values[1]), let device = id(values[2]) else {
      return .some(nil)
    }
    var identity = PCIIdentity(vendor: vendor, device: device, classCode: PCIClass(baseAndSubclass: classCode))
    identity.revision = parts[6 < parts.count ? 6 : 0].words.first { $0.hasPrefix("-r") }
      .flatMap { UInt8($0.dropFirst(2), radix: 16) }
    if values.count >= 5, let vendor = id(values[3]), let subsystem = id(values[4]) {
      (identity.subsystemVendor, identity.subsystem) = (vendor, subsystem)
    }
    return identity
  }

  /// `Virtio memory balloon [1002]`, or `1002`.
  static func id(_ text: Substring) -> UInt16? {
    let text = text.trimmed
    if text.utf8.last == UInt8(ascii: "]"), let open = text.utf8.lastIndex(of: UInt8(ascii: "[")) {
      return number(Substring(text.utf8[open...].dropFirst().dropLast()))
    }
    return number(text)
  }

  /// `1af4:1002`.
  static func pair(_ text: Substring) -> (UInt16, UInt16)? {
    guard let (vendor, device) = text.halves(at: ":"), let vendor = number(vendor), let device = number(device) else {
      return nil
    }
    return (vendor, device)
  }

  /// Four hexadecimal digits.
  private static func number(_ text: Substring) -> UInt16? {
    text.utf8.count == 4 && text.utf8.allSatisfy { hexDigit($0) != nil } ? UInt16(text, radix: 16) : nil
  }
}
