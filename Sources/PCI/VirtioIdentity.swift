// SPDX-License-Identifier: BSD-3-Clause

/// How a virtio PCI function presents itself. Source: virtio 1.2, 4.1.2; QEMU hw/virtio/virtio-pci.c.
package enum VirtioGeneration: String, Sendable, Hashable {
  /// Device ids 0x1000 to 0x103f, revision 0: offers the legacy interface, and usually the modern one too.
  case transitional
  /// Device ids 0x1040 to 0x107f, revision 1 or later: virtio 1 only.
  case modern
}

extension PCIIdentity {
  /// The vendor id of every virtio function: Red Hat (formerly Qumranet).
  package static let virtioVendor: UInt16 = 0x1af4
  /// The virtio device type of a memory balloon (virtio 1.2, 5.5).
  package static let virtioBalloonType: UInt16 = 5
  /// The virtio device type of a console, which virtio-serial is (virtio 1.2, 5.3).
  package static let virtioConsoleType: UInt16 = 3

  /// A transitional balloon: 1af4:1002, subsystem 1af4:0005, class 00ff, revision 0.
  package static let balloonTransitional = PCIIdentity(
    vendor: virtioVendor, device: 0x1002, subsystemVendor: virtioVendor, subsystem: 0x0005,
    classCode: .unclassified, revision: 0)
  /// A modern balloon: 1af4:1045, subsystem 1af4:1100, class 00ff, revision 1.
  package static let balloonModern = PCIIdentity(
    vendor: virtioVendor, device: 0x1045, subsystemVendor: virtioVendor, subsystem: 0x1100,
    classCode: .unclassified, revision: 1)

  /// Which virtio generation the device id tells of; `nil` when this is no virtio function.
  ///
  /// 1af4:1100 and above are Red Hat's ids too, but not virtio: 1af4:1110 is ivshmem.
  package var virtioGeneration: VirtioGeneration? {
    guard vendor == Self.virtioVendor else { return nil }
    switch device {
    case 0x1000...0x103f: return .transitional
    case 0x1040...0x107f: return .modern
    default: return nil
    }
  }

  /// The virtio device type (5 is a balloon); `nil` when this is no virtio function or the type is not known.
  ///
  /// A transitional device keeps its type in the subsystem id; where that was not read, the fixed ids of the
  /// seven transitional devices tell it.
  package var virtioType: UInt16? {
    switch virtioGeneration {
    case .modern: return device - 0x1040
    case .transitional:
      switch device {
      case 0x1000: return 1
      case 0x1001: return 2
      case 0x1002: return 5
      case 0x1003: return 3
      case 0x1004: return 8
      case 0x1005: return 4
      case 0x1009: return 9
      default: return subsystem
      }
    case nil: return nil
    }
  }

  /// Whether this is a virtio memory balloon: 1af4:1002 or 1af4:1045.
  package var isBalloon: Bool { virtioType == Self.virtioBalloonType }
  /// Whether this is virtio-serial, the carrier of agent channels: 1af4:1003 or 1af4:1043.
  package var isVirtioSerial: Bool { virtioType == Self.virtioConsoleType }
  /// Whether this is QEMU's shared-memory device ivshmem, 1af4:1110: a RAM controller that is no balloon.
  package var isSharedMemory: Bool { vendor == Self.virtioVendor && device == 0x1110 }
  /// Whether a person could take this for the balloon by its class: a memory controller that is none.
  package var isBalloonDecoy: Bool { !isBalloon && classCode?.isMemoryController == true }

  /// What a balloon's other registers ought to hold for its device id; `nil` when this is no balloon.
  package var expectedBalloon: PCIIdentity? {
    guard isBalloon else { return nil }
    return virtioGeneration == .modern ? .balloonModern : .balloonTransitional
  }
}
