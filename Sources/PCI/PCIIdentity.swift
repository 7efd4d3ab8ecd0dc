// SPDX-License-Identifier: BSD-3-Clause

/// What a PCI function says it is: the identification registers of its configuration space.
package struct PCIIdentity: Hashable, Sendable {
  /// Vendor id, such as 0x1af4 (Red Hat, virtio).
  package var vendor: UInt16
  /// Device id, such as 0x1002.
  package var device: UInt16
  /// Subsystem vendor id; `nil` when it could not be read.
  package var subsystemVendor: UInt16?
  /// Subsystem id; `nil` when it could not be read.
  package var subsystem: UInt16?
  /// Base class, subclass and programming interface, as in 0x00ff00; `nil` when it could not be read.
  package var classCode: PCIClass?
  /// Revision id; `nil` when it could not be read.
  package var revision: UInt8?

  package init(
    vendor: UInt16, device: UInt16, subsystemVendor: UInt16? = nil, subsystem: UInt16? = nil,
    classCode: PCIClass? = nil, revision: UInt8? = nil
  ) {
    self.vendor = vendor
    self.device = device
    self.subsystemVendor = subsystemVendor
    self.subsystem = subsystem
    self.classCode = classCode
    self.revision = revision
  }

  /// `1af4:1002`, as lspci prints it.
  package var id: String { hexadecimal(vendor, width: 4) + ":" + hexadecimal(device, width: 4) }
  /// `1af4:0005`; `nil` when either half is unknown.
  package var subsystemID: String? {
    guard let subsystemVendor, let subsystem else { return nil }
    return hexadecimal(subsystemVendor, width: 4) + ":" + hexadecimal(subsystem, width: 4)
  }
}

/// A PCI class code: base class, subclass and programming interface in 24 bits.
package struct PCIClass: Hashable, Sendable {
  /// 0 to 0xffffff.
  package let code: UInt32
  /// Creates a class from the whole 24 bits; higher bits are dropped.
  package init(code: UInt32) { self.code = code & 0xff_ffff }
  /// Creates a class from base and subclass alone, as `lspci` prints (`0500`).
  package init(baseAndSubclass: UInt16, interface: UInt8 = 0) {
    code = UInt32(baseAndSubclass) << 8 | UInt32(interface)
  }
  /// Base class and subclass, as in 0x0500.
  package var baseAndSubclass: UInt16 { UInt16(truncatingIfNeeded: code >> 8) }
  /// Base class, as in 0x05.
  package var base: UInt8 { UInt8(truncatingIfNeeded: code >> 16) }

  /// 0x05xx: a memory controller. Windows calls 0x0500 "PCI standard RAM Controller".
  package var isMemoryController: Bool { base == 0x05 }
  /// 0x0604 or 0x0609: a PCI-to-PCI bridge.
  package var isBridge: Bool { baseAndSubclass == 0x0604 || baseAndSubclass == 0x0609 }
  /// 0x00ff00: unclassified, the class of a balloon since QEMU 1.1 (2ba1d381c2).
  package static let unclassified = PCIClass(code: 0x00_ff00)
  /// 0x050000: RAM controller, the class of a balloon under machine types pc-1.0 and older (removed in QEMU 6.0).
  package static let ramController = PCIClass(code: 0x05_0000)
}

extension PCIClass: CustomStringConvertible {
  /// Four hexadecimal digits as `lspci -n` prints them (`00ff`), two more when the interface is not 0.
  package var description: String {
    code & 0xff == 0 ? hexadecimal(baseAndSubclass, width: 4) : hexadecimal(code, width: 6)
  }
}

#if !hasFeature(Embedded)
  extension PCIIdentity: Codable {}
  extension PCIClass: Codable {
    package init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      let code = try container.decode(UInt32.self)
      guard code <= 0xff_ffff else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "a PCI class has 24 bits")
      }
      self.init(code: code)
    }
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(code)
    }
  }
#endif
