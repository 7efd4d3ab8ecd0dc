// SPDX-License-Identifier: GPL-3.0-or-later
package import PCI

/// The `<memballoon>` element.
package struct MemoryBalloon: Sendable, Equatable {
  /// Which device, if any; open, so that a model of a later libvirt is kept as it is written.
  package struct Model: RawRepresentable, Sendable, Hashable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// The owner wants no balloon.
    package static let none = Model(rawValue: "none")
    /// Transitional or modern, by the bus it stands on.
    package static let virtio = Model(rawValue: "virtio")
    /// 1af4:1002 on any bus; since libvirt 5.2.
    package static let virtioTransitional = Model(rawValue: "virtio-transitional")
    /// 1af4:1045 on any bus; since libvirt 5.2.
    package static let virtioNonTransitional = Model(rawValue: "virtio-non-transitional")
    /// Xen's balloon, which is no PCI device.
    package static let xen = Model(rawValue: "xen")

    /// Whether this is a virtio device.
    package var isVirtio: Bool {
      self == .virtio || self == .virtioTransitional || self == .virtioNonTransitional
    }
  }

  package var model: Model
  /// Whether the balloon deflates when the guest runs out of memory; `nil` when not said (off).
  package var autodeflate: Bool?
  /// Whether the guest may report free pages; `nil` when not said (off).
  package var freePageReporting: Bool?
  /// Seconds between two statistics; 0 is off, `nil` is not said, which is off too.
  package var statsPeriod: UInt32?
  /// The name libvirt gave the device in QEMU, `balloon0`; in live XML only.
  package var alias: String?
  /// `nil` when the device has not been placed.
  package var address: DeviceAddress?
}

extension DomainConfiguration {
  /// Which virtio generation the balloon's function shows in the guest; `nil` without a placed virtio balloon.
  ///
  /// Model `virtio` is modern on a PCI Express port and transitional elsewhere, root buses included (QEMU
  /// hw/virtio/virtio-pci.c, `disable-legacy=auto`; machine types before 2.7 had transitional everywhere).
  package var balloonGeneration: VirtioGeneration? {
    switch balloon?.model {
    case .virtioTransitional?: return .transitional
    case .virtioNonTransitional?: return .modern
    case .virtio?:
      guard case .pci(let placement)? = balloon?.address else { return nil }
      if placement.controller == 0 { return .transitional }
      let controllers = topology.controllers.filter { $0.index == UInt32(placement.controller) }
      guard controllers.count == 1, let model = controllers.first?.model, model.isKnown else { return nil }
      return model.isExpressPort ? .modern : .transitional
    default: return nil
    }
  }
}
