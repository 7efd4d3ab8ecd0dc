// SPDX-License-Identifier: GPL-3.0-or-later
package import PCI

/// Where a device stands, by its `<address>` element.
package enum DeviceAddress: Sendable, Hashable {
  /// On a PCI bus.
  case pci(PCIPlacement)
  /// On another bus (`ccw`, `virtio-mmio`, `spapr-vio`, `drive`…); the text is the element's type.
  case other(String)
}

/// A PCI address as libvirt writes it: its `bus` is the *index of a controller*, not a bus number of the guest.
package struct PCIPlacement: Sendable, Hashable {
  /// The PCI domain; 0 in every QEMU guest.
  package let domain: UInt32
  /// The index of the controller whose bus the device stands on: the attribute `bus`.
  package let controller: UInt8
  /// The attributes `slot` and `function`.
  package let hop: PCIPath.Hop

  package init(domain: UInt32 = 0, controller: UInt8, hop: PCIPath.Hop) {
    self.domain = domain
    self.controller = controller
    self.hop = hop
  }

  /// The same numbers in the notation of a PCI address, to show beside the guest's.
  package var address: PCIAddress? {
    PCIAddress(segment: domain, bus: controller, device: hop.device, function: hop.function)
  }
}

extension PCIPlacement: CustomStringConvertible {
  /// libvirt's own notation, `0000:05:00.0`.
  package var description: String {
    hexadecimal(domain, width: 4) + ":" + hexadecimal(controller, width: 2) + ":" + hop.description
  }
}
