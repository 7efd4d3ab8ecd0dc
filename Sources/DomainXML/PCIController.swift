// SPDX-License-Identifier: GPL-3.0-or-later

/// One `<controller type='pci'>`: a root bus or a bridge.
package struct PCIController: Sendable, Equatable {
  /// Which kind; open, so that a model of a later libvirt is kept as it is written.
  package struct Model: RawRepresentable, Sendable, Hashable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package static let pciRoot = Model(rawValue: "pci-root")
    package static let pcieRoot = Model(rawValue: "pcie-root")
    package static let pcieRootPort = Model(rawValue: "pcie-root-port")
    package static let pciBridge = Model(rawValue: "pci-bridge")
    package static let dmiToPCIBridge = Model(rawValue: "dmi-to-pci-bridge")
    package static let pcieToPCIBridge = Model(rawValue: "pcie-to-pci-bridge")
    package static let pcieSwitchUpstreamPort = Model(rawValue: "pcie-switch-upstream-port")
    package static let pcieSwitchDownstreamPort = Model(rawValue: "pcie-switch-downstream-port")
    package static let pcieExpanderBus = Model(rawValue: "pcie-expander-bus")
    package static let pciExpanderBus = Model(rawValue: "pci-expander-bus")

    /// Whether the guest sees a root bus of its own: the main one, and expanders.
    package var isRoot: Bool { self == .pciRoot || self == .pcieRoot || isExpander }
    /// Whether this is a further root bus that starts at a number of its own.
    package var isExpander: Bool { self == .pcieExpanderBus || self == .pciExpanderBus }
    /// Whether the guest sees a bridge at this controller's address.
    package var isBridge: Bool {
      switch self {
      case .pcieRootPort, .pciBridge, .dmiToPCIBridge, .pcieToPCIBridge, .pcieSwitchUpstreamPort,
        .pcieSwitchDownstreamPort:
        true
      default: false
      }
    }
    /// Whether a device below stands on a PCI Express link, where model `virtio` is modern.
    package var isExpressPort: Bool { self == .pcieRootPort || self == .pcieSwitchDownstreamPort }
    /// Whether it is known what this model is.
    package var isKnown: Bool { isRoot || isBridge }
  }

  /// What an address's `bus` names; `nil` in a definition that leaves the number to libvirt.
  package var index: UInt32?
  /// `nil` when not said.
  package var model: Model?
  /// Where the bridge stands on the bus above it; `nil` for a root, and for a bridge not placed yet.
  package var address: DeviceAddress?
  /// The number an expander's bus has in the guest (`busNr`), 0 to 255.
  package var busNumber: UInt8?
  /// `pci.5`; in live XML only.
  package var alias: String?

  package init(
    index: UInt32?, model: Model?, address: DeviceAddress? = nil, busNumber: UInt8? = nil, alias: String? = nil
  ) {
    self.index = index
    self.model = model
    self.address = address
    self.busNumber = busNumber
    self.alias = alias
  }
}
