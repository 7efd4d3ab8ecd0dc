// SPDX-License-Identifier: GPL-3.0-or-later
package import PCI

/// The configuration space of one function, as far as it was readable: 64 bytes without privilege, 256, or 4096.
///
/// Every decoded value is `nil` when its registers are beyond what was read. Source: PCI Local Bus 3.0, chapter 6;
/// virtio 1.2, 4.1.4.
package struct ConfigurationSpace: Sendable, Hashable {
  /// From offset 0.
  package let bytes: [UInt8]

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func byte(_ offset: Int) -> UInt8? { bytes.indices.contains(offset) ? bytes[offset] : nil }
  private func word(_ offset: Int) -> UInt16? {
    guard let low = byte(offset), let high = byte(offset + 1) else { return nil }
    return UInt16(high) << 8 | UInt16(low)
  }
  private func long(_ offset: Int) -> UInt32? {
    guard let low = word(offset), let high = word(offset + 2) else { return nil }
    return UInt32(high) << 16 | UInt32(low)
  }

  /// The identification registers; `nil` when there is no function (vendor ffff) or they were not read.
  package var identity: PCIIdentity? {
    guard let vendor = word(0), let device = word(2), vendor != 0xffff else { return nil }
    let subsystem = headerType == .device ? (word(0x2c), word(0x2e)) : (nil, nil)
    return PCIIdentity(
      vendor: vendor, device: device, subsystemVendor: subsystem.0, subsystem: subsystem.1,
      classCode: long(8).map { PCIClass(code: $0 >> 8) }, revision: byte(8))
  }

  /// The layout of bytes 16 to 63.
  package enum HeaderType: Sendable, Hashable {
    /// Type 0: an ordinary function.
    case device
    /// Type 1: a PCI-to-PCI bridge.
    case bridge
    /// Type 2 (CardBus) and anything undefined.
    case other(UInt8)
  }
  package var headerType: HeaderType? {
    switch byte(0x0e).map({ $0 & 0x7f }) {
    case 0?: .device
    case 1?: .bridge
    case let type?: .other(type)
    case nil: nil
    }
  }
  /// Whether more functions than 0 may answer at this device number.
  package var isMultifunction: Bool? { byte(0x0e).map { $0 & 0x80 != 0 } }

  /// The command register: bit 0 I/O, 1 memory, 2 bus master, 10 interrupts off.
  package var command: UInt16? { word(4) }
  /// Whether the function answers memory accesses; off in a function that no driver and no firmware has enabled.
  package var decodesMemory: Bool? { command.map { $0 & 2 != 0 } }
  /// Whether the function may access memory by itself, which every virtio driver turns on.
  package var isBusMaster: Bool? { command.map { $0 & 4 != 0 } }

  /// A bridge's bus numbers; `nil` when this is no bridge or firmware has not numbered it (secondary 0).
  package var bridge: BridgeNumbers? {
    guard headerType == .bridge, let primary = byte(0x18), let secondary = byte(0x19),
      let subordinate = byte(0x1a), secondary != 0
    else { return nil }
    return BridgeNumbers(primary: primary, secondary: secondary, subordinate: subordinate)
  }
  /// The three bus-number registers of a bridge.
  package struct BridgeNumbers: Sendable, Hashable {
    /// The bus the bridge stands on.
    package let primary: UInt8
    /// The bus directly behind the bridge.
    package let secondary: UInt8
    /// The highest bus anywhere behind the bridge.
    package let subordinate: UInt8
  }

  /// One entry of the capability list.
  package struct Capability: Sendable, Hashable {
    /// 0x01 power management, 0x05 MSI, 0x09 vendor specific, 0x10 PCI Express, 0x11 MSI-X.
    package let id: UInt8
    package let offset: UInt8
  }
  /// The capability list as far as it was read, each offset once: a list that leads back to itself ends there.
  package var capabilities: [Capability] {
    guard let status = word(6), status & 0x10 != 0, headerType == .device || headerType == .bridge else { return [] }
    var result: [Capability] = []
    var seen: Set<UInt8> = []
    var next = byte(0x34)
    while let offset = next.map({ $0 & 0xfc }), offset >= 0x40, seen.insert(offset).inserted,
      let id = byte(Int(offset)), id != 0xff
    {
      result.append(Capability(id: id, offset: offset))
      next = byte(Int(offset) + 1)
    }
    return result
  }

  /// Where a modern virtio function keeps one of its structures.
  package struct VirtioCapability: Sendable, Hashable {
    /// 1 common configuration, 2 notifications, 3 interrupt status, 4 device configuration, 5 access through the
    /// configuration space, 8 shared memory.
    package let type: UInt8
    /// Base address register, 0 to 5.
    package let bar: UInt8
    /// Bytes from the start of that register's region.
    package let offset: UInt32
    /// Bytes.
    package let length: UInt32
  }
  /// The virtio structures; empty where the capabilities were not read (`lspci -x` shows 64 bytes alone), and on a
  /// legacy-only function.
  package var virtioCapabilities: [VirtioCapability] {
    guard word(0) == PCIIdentity.virtioVendor else { return [] }
    return capabilities.compactMap { capability in
      let start = Int(capability.offset)
      guard capability.id == 0x09, let size = byte(start + 2), size >= 16, let type = byte(start + 3),
        let bar = byte(start + 4), let offset = long(start + 8), let length = long(start + 12)
      else { return nil }
      return VirtioCapability(type: type, bar: bar, offset: offset, length: length)
    }
  }
}
