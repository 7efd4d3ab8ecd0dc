// SPDX-License-Identifier: GPL-3.0-or-later
package import PCI

/// One PCI function of this machine, or of a dump.
package struct PCIFunction: Sendable, Hashable {
  /// In the bus numbers of the system that was read.
  package var address: PCIAddress
  /// `nil` when no identification could be read.
  package var identity: PCIIdentity?
  /// The vendor's name in pci.ids; `nil` when it has none.
  package var vendorName: String?
  /// The device's name in pci.ids; `nil` when it has none.
  package var deviceName: String?
  /// `nil` when nothing of it could be read.
  package var configuration: ConfigurationSpace?
  /// The steps from the root bus; `nil` when a bridge on the way is not in what was read.
  package var path: PCIPath?
  /// The number of the root bus that ``path`` begins at: 0, or an expander's; `nil` when ``path`` is.
  package var rootBus: UInt8?
  package var driver: DriverBinding
  /// The virtio device that a bound virtio transport has made of this function; `nil` when there is none, and in a
  /// dump.
  package var virtio: VirtioDevice?

  /// Which driver has claimed the function.
  package enum DriverBinding: Sendable, Hashable {
    /// It could not be asked: a dump does not say.
    case unknown
    /// No driver.
    case none
    /// The driver of this name: `virtio-pci`, `uio_pci_generic`, `vfio-pci`.
    case bound(String)
  }

  /// Whether this is a virtio balloon.
  package var isBalloon: Bool { identity?.isBalloon == true }
  /// Whether this is a memory controller that a person could take for the balloon.
  package var isBalloonDecoy: Bool { identity?.isBalloonDecoy == true }
}

/// What Linux tells of a virtio device, in `/sys/bus/virtio/devices/virtioN`.
package struct VirtioDevice: Sendable, Hashable {
  /// `virtio0`.
  package var name: String
  /// The status register: 1 ACKNOWLEDGE, 2 DRIVER, 4 DRIVER_OK, 8 FEATURES_OK, 64 NEEDS_RESET, 128 FAILED
  /// (virtio 1.2, 2.1); `nil` when it could not be read.
  package var status: UInt8?
  /// The numbers of the negotiated feature bits, ascending; `nil` when they could not be read.
  package var features: [Int]?
  /// The device driver, `virtio_balloon`.
  package var driver: PCIFunction.DriverBinding

  /// Whether the driver has finished its set-up.
  package var isOperating: Bool? { status.map { $0 & 0xc4 == 0x04 } }
}
