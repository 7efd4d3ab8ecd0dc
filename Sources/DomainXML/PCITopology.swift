// SPDX-License-Identifier: GPL-3.0-or-later
package import PCI

/// The domain's PCI controllers, and the way through them.
package struct PCITopology: Sendable, Equatable {
  /// In the document's order.
  package var controllers: [PCIController]

  package init(controllers: [PCIController] = []) { self.controllers = controllers }

  /// The root buses the guest sees, the main one first where it is described.
  package var roots: [PCIRoot] {
    controllers.compactMap { controller in
      guard let model = controller.model, model.isRoot, let index = controller.index, index < 256 else { return nil }
      return PCIRoot(controller: UInt8(index), model: model, busNumber: controller.busNumber)
    }.sorted { $0.controller < $1.controller }
  }

  /// The bridge path of whatever stands at `address`.
  ///
  /// - Throws: `topology.address-missing`, `topology.address-not-pci`, and what ``path(of:)-(PCIPlacement)`` throws.
  package func path(of address: DeviceAddress?) throws(DomainXMLError) -> RootedPath {
    switch address {
    case .pci(let placement)?: return try path(of: placement)
    case .other(let type)?:
      throw DomainXMLError(.addressNotPCI, "the device stands on the bus \(quoted(type)), which is not PCI")
    case nil:
      throw DomainXMLError(
        .addressMissing,
        "the device has no address yet; libvirt gives it one when the domain is defined: use `virsh dumpxml`")
    }
  }

  /// The bridge path of whatever stands at `placement`: the steps from the root bus through every bridge.
  ///
  /// Expander buses are roots of their own. The function at a `pci-expander-bus`'s own address, or a
  /// `pcie-expander-bus`'s, is for control only and is no step; QEMU puts a bridge at 00.0 between a
  /// `pci-expander-bus` and its devices, which is one (QEMU hw/pci-bridge/pci_expander_bridge.c).
  /// - Throws: a failure that names the index of the controller which is missing, there twice, not placed, of an
  ///   unknown model, or part of a circle.
  package func path(of placement: PCIPlacement) throws(DomainXMLError) -> RootedPath {
    var place = placement
    var hops: [PCIPath.Hop] = []
    var seen: Set<UInt8> = []
    while true {
      guard place.domain == 0 else {
        throw DomainXMLError(.domain, "\(place) is in a PCI domain other than 0, and QEMU has no other")
      }
      hops.append(place.hop)
      guard seen.insert(place.controller).inserted else {
        throw DomainXMLError(
          .cycle, "the way from \(placement) to a root comes through controller index \(place.controller) again")
      }
      guard let controller = try controller(place.controller, for: placement) else {
        return try rooted(hops, at: PCIRoot(controller: 0, model: nil, busNumber: nil), for: placement)
      }
      let model = controller.model
      if let model, model.isRoot {
        if model == .pciExpanderBus, let bridge = PCIPath.Hop(device: 0, function: 0) { hops.append(bridge) }
        let root = PCIRoot(controller: place.controller, model: model, busNumber: controller.busNumber)
        return try rooted(hops, at: root, for: placement)
      }
      guard let model, model.isBridge else {
        throw DomainXMLError(
          .controllerModel,
          "controller index \(place.controller) on the way from \(placement) "
            + (model.map { "has the unknown model \(quoted($0.rawValue))" } ?? "has no model"))
      }
      switch controller.address {
      case .pci(let next)?: place = next
      case .other(let type)?:
        throw DomainXMLError(
          .addressNotPCI, "controller index \(place.controller) stands on the bus \(quoted(type)), which is not PCI")
      case nil:
        throw DomainXMLError(
          .controllerUnplaced,
          "controller index \(place.controller) (\(model.rawValue)) has no address yet; libvirt gives it one when the"
            + " domain is defined: use `virsh dumpxml`")
      }
    }
  }

  /// The one controller of that index; `nil` for index 0 when it is not described, which is always the main root
  /// (libvirt before 1.0.5 did not write it).
  private func controller(_ index: UInt8, for placement: PCIPlacement) throws(DomainXMLError) -> PCIController? {
    let found = controllers.filter { $0.index == UInt32(index) }
    guard found.count < 2 else {
      throw DomainXMLError(
        .controllerRepeated,
        "controller index \(index) on the way from \(placement) is described \(found.count) times")
    }
    if found.isEmpty, index != 0 {
      throw DomainXMLError(
        .controllerMissing,
        "controller index \(index) on the way from \(placement) is not described; give the whole output of"
          + " `virsh dumpxml`")
    }
    return found.first
  }

  private func rooted(
    _ hops: [PCIPath.Hop], at root: PCIRoot, for placement: PCIPlacement
  ) throws(DomainXMLError) -> RootedPath {
    guard let path = PCIPath(hops.reversed()) else {
      throw DomainXMLError(.tooManyBridges, "more than \(PCIPath.limit) steps from \(placement) to its root")
    }
    return RootedPath(root: root, path: path)
  }
}

/// A root bus of the guest.
package struct PCIRoot: Sendable, Hashable {
  /// The index of its controller: 0 is the main root.
  package let controller: UInt8
  /// `nil` for a main root that the document does not describe.
  package let model: PCIController.Model?
  /// The number an expander's bus has in the guest; `nil` for a main root, and where libvirt has not chosen one yet.
  package let busNumber: UInt8?

  package init(controller: UInt8, model: PCIController.Model?, busNumber: UInt8?) {
    self.controller = controller
    self.model = model
    self.busNumber = busNumber
  }

  /// Whether this is the bus that every machine has.
  package var isMain: Bool { controller == 0 }
}

extension PCIRoot: CustomStringConvertible {
  /// `main root`, or `root 1 (pcie-expander-bus, guest bus b4)`.
  package var description: String {
    if isMain { return "main root" }
    return "root \(controller) (\(model?.rawValue ?? "model unknown")"
      + (busNumber.map { ", guest bus " + hexadecimal($0, width: 2) } ?? "") + ")"
  }
}

/// A bridge path, and the root bus it begins at: two functions are one when both are equal.
package struct RootedPath: Sendable, Hashable {
  package let root: PCIRoot
  package let path: PCIPath

  package init(root: PCIRoot, path: PCIPath) {
    self.root = root
    self.path = path
  }
}

extension RootedPath: CustomStringConvertible {
  /// `02.1/00.0`, behind the root's name where it is not the main one.
  package var description: String { root.isMain ? path.description : "\(root): \(path)" }
}
