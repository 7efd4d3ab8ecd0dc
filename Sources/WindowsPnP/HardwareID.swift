// SPDX-License-Identifier: BSD-3-Clause
package import PCI

/// What a PCI hardware or compatible id says of its device.
///
/// `PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00`, `PCI\VEN_1AF4&DEV_1002&CC_00FF00`, `PCI\CC_0500` and the forms
/// between: each id names some registers, and what it does not name is `nil` here, never 0.
/// Source: Windows driver documentation, "Identifiers for PCI devices".
package struct HardwareID: Hashable, Sendable {
  package private(set) var vendor: UInt16?
  package private(set) var device: UInt16?
  /// Subsystem id, the first half of `SUBSYS_`.
  package private(set) var subsystem: UInt16?
  /// Subsystem vendor id, the second half of `SUBSYS_`.
  package private(set) var subsystemVendor: UInt16?
  package private(set) var revision: UInt8?
  /// The class code's parts: `CC_0500` names the first two, `CC_050000` all three.
  package private(set) var baseClass: UInt8?
  package private(set) var subclass: UInt8?
  package private(set) var interface: UInt8?

  /// The longest id that is read, in bytes; Windows' own limit is 200 characters (MAX_DEVICE_ID_LEN).
  static let limit = 1024
  /// The most ids of one device that are read.
  package static let listLimit = 64

  /// Reads one id, in either case; `nil` for another bus's id, for one that names no register, and for one of which a
  /// register is malformed or named twice. Parts that are not known, such as `DT_4`, are passed over.
  package init?(_ text: String) {
    guard text.utf8.count <= Self.limit else { return nil }
    var scanner = ASCIIScanner(text)
    guard scanner.skip("PCI\\") else { return nil }
    var isEmpty = true
    repeat {
      if scanner.skip("VEN_") {
        guard vendor == nil, let value = scanner.hexadecimal(4) else { return nil }
        vendor = UInt16(truncatingIfNeeded: value)
      } else if scanner.skip("DEV_") {
        guard device == nil, let value = scanner.hexadecimal(4) else { return nil }
        device = UInt16(truncatingIfNeeded: value)
      } else if scanner.skip("SUBSYS_") {
        guard subsystem == nil, let value = scanner.hexadecimal(8) else { return nil }
        subsystem = UInt16(truncatingIfNeeded: value >> 16)
        subsystemVendor = UInt16(truncatingIfNeeded: value)
      } else if scanner.skip("REV_") {
        guard revision == nil, let value = scanner.hexadecimal(2) else { return nil }
        revision = UInt8(truncatingIfNeeded: value)
      } else if scanner.skip("CC_") {
        guard baseClass == nil, readClass(&scanner) else { return nil }
      } else {
        while let byte = scanner.next, byte != UInt8(ascii: "&") { scanner.advance() }
        continue
      }
      isEmpty = false
      guard scanner.isAtEnd || scanner.next == UInt8(ascii: "&") else { return nil }
    } while scanner.skip(UInt8(ascii: "&"))
    if isEmpty { return nil }
  }

  private mutating func readClass(_ scanner: inout ASCIIScanner) -> Bool {
    if let value = scanner.hexadecimal(6) {
      baseClass = UInt8(truncatingIfNeeded: value >> 16)
      subclass = UInt8(truncatingIfNeeded: value >> 8)
      interface = UInt8(truncatingIfNeeded: value)
    } else if let value = scanner.hexadecimal(4) {
      baseClass = UInt8(truncatingIfNeeded: value >> 8)
      subclass = UInt8(truncatingIfNeeded: value)
    } else {
      return false
    }
    return true
  }

  /// What all ids of one device say together, an earlier id before a later one; `nil` when none can be read.
  ///
  /// Give the hardware ids first, then the compatible ones. At most ``listLimit`` are read. An id that names another
  /// vendor or device than those before it is left out.
  package static func merged(_ ids: [String]) -> HardwareID? {
    var whole: HardwareID?
    for text in ids.prefix(listLimit) {
      guard let id = HardwareID(text) else { continue }
      if let before = whole { whole = before.completed(by: id) } else { whole = id }
    }
    return whole
  }

  private func completed(by other: HardwareID) -> HardwareID {
    if let vendor, let theirs = other.vendor, vendor != theirs { return self }
    if let device, let theirs = other.device, device != theirs { return self }
    var whole = self
    whole.vendor = vendor ?? other.vendor
    whole.device = device ?? other.device
    if subsystem == nil {
      whole.subsystem = other.subsystem
      whole.subsystemVendor = other.subsystemVendor
    }
    whole.revision = revision ?? other.revision
    if baseClass == nil {
      whole.baseClass = other.baseClass
      whole.subclass = other.subclass
      whole.interface = other.interface
    } else if interface == nil, baseClass == other.baseClass, subclass == other.subclass {
      whole.interface = other.interface
    }
    return whole
  }

  /// Base class, subclass and interface in 24 bits; `nil` unless all three are known.
  package var classCode: UInt32? {
    guard let baseClass, let subclass, let interface else { return nil }
    return UInt32(baseClass) << 16 | UInt32(subclass) << 8 | UInt32(interface)
  }

  /// Whether the class is a memory controller's, 05xx; `nil` when no class is known.
  package var isMemoryController: Bool? { baseClass.map { $0 == 0x05 } }

  /// The identification registers; `nil` unless vendor and device are both known.
  package var identity: PCIIdentity? {
    guard let vendor, let device else { return nil }
    return PCIIdentity(
      vendor: vendor, device: device, subsystemVendor: subsystemVendor, subsystem: subsystem,
      classCode: classCode.map { PCIClass(code: $0) }, revision: revision)
  }
}
