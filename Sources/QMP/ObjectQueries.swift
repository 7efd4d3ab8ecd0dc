// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
package import PCI

/// A property of an object in QEMU's tree. Source: QEMU qapi/qom.json, `qom-list`.
package struct ObjectProperty: Hashable, Sendable {
  package let name: String
  /// `string`, `bool`, `link<bus>`, `child<virtio-balloon-pci>`, …
  package let type: String

  /// The type of the object below, when this is one.
  package var child: String? {
    type.hasPrefix("child<") && type.hasSuffix(">") ? String(type.dropFirst("child<".count).dropLast()) : nil
  }

  /// Reads the reply to `qom-list`.
  package static func list(decoding json: JSON) throws(QMPError) -> [ObjectProperty] {
    guard let properties = json.array else { throw .malformed("qom-list", "no list") }
    var list: [ObjectProperty] = []
    for property in properties {
      guard let name = property["name"]?.string, let type = property["type"]?.string else {
        throw .malformed("qom-list", "a property without name or type")
      }
      list.append(ObjectProperty(name: name, type: type))
    }
    return list
  }
}

/// Where QEMU's object tree has a PCI function, whatever firmware did.
package struct ObjectLocation: Hashable, Sendable {
  /// The bridge path below the root bus.
  package let path: PCIPath
  /// The root bus's place in the tree, such as `/machine/q35/pcie.0`; another one for each pxb.
  package let rootBus: String
}

extension MonitorCommands {
  /// The value of one property of an object.
  /// - Throws: `.absent` when no such object is there, `.refused` when it has no such property.
  package func property(
    _ property: String, of path: String, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> JSON {
    try await execute("qom-get", ["path": .string(path), "property": .string(property)], until: deadline)
  }

  /// The properties of an object.
  package func properties(
    of path: String, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> [ObjectProperty] {
    try ObjectProperty.list(decoding: try await execute("qom-list", ["path": .string(path)], until: deadline))
  }

  /// The places of the machine's balloons in QEMU's object tree, such as `/machine/peripheral/balloon0`; empty when it
  /// has none. QEMU allows one.
  ///
  /// Asks `x-query-virtio`, and where there is none (before QEMU 7.2) looks through the devices of the command line, as
  /// libvirt does.
  package func balloonPaths(until deadline: ContinuousClock.Instant) async throws(QMPError) -> [String] {
    do { return try await virtioDevices(until: deadline).filter(\.isBalloon).map(\.carrier) } catch {
      guard error.code == .unsupported else { throw error }
    }
    var paths: [String] = []
    for container in ["/machine/peripheral", "/machine/peripheral-anon"] {
      for property in try await properties(of: container, until: deadline) {
        guard let type = property.child, BalloonObject.isBalloon(type) else { continue }
        paths.append(container + "/" + property.name)
      }
    }
    return paths
  }

  /// Where the PCI function at `path` in QEMU's object tree is plugged in, found from bus to bus.
  ///
  /// Every object on the way is asked for `addr` (device and function) and `parent_bus`; the bus's parent is the
  /// bridge, or, when it has no `addr`, the host bridge of a root bus. Seen with QEMU 7.2.
  /// - Throws: `.absent` or `.refused` when no PCI function is there.
  package func location(
    of path: String, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> ObjectLocation {
    var hops = [try BalloonObject.hop(try await property("addr", of: path, until: deadline))]
    var device = path
    while hops.count <= PCIPath.limit {
      let bus = try BalloonObject.bus(try await property("parent_bus", of: device, until: deadline))
      guard let slash = bus.lastIndex(of: "/") else { break }
      device = String(bus[..<slash])
      let address: JSON
      do { address = try await property("addr", of: device, until: deadline) } catch {
        guard error.code == .refused || error.code == .absent, let path = PCIPath(hops.reversed()) else { throw error }
        return ObjectLocation(path: path, rootBus: bus)
      }
      hops.append(try BalloonObject.hop(address))
    }
    throw .malformed("qom-get parent_bus", "bridges nested deeper than \(PCIPath.limit)")
  }
}

/// Reads single properties on the way to the balloon.
package enum BalloonObject {
  /// Whether QEMU's type is a balloon's, on PCI in its three models or on a s390 channel. Source: QEMU
  /// hw/virtio/virtio-balloon-pci.c, hw/s390x/virtio-ccw-balloon.c.
  package static func isBalloon(_ type: String) -> Bool {
    [
      "virtio-balloon-pci", "virtio-balloon-pci-transitional", "virtio-balloon-pci-non-transitional",
      "virtio-balloon-ccw", "virtio-balloon-device",
    ].contains(type)
  }

  /// A PCI function's property `addr`: device times 8 plus function.
  package static func hop(_ json: JSON) throws(QMPError) -> PCIPath.Hop {
    guard let number = json.uint, number < 256,
      let hop = PCIPath.Hop(device: UInt8(number >> 3), function: UInt8(number & 7))
    else { throw .malformed("qom-get addr", "no device and function") }
    return hop
  }

  /// A device's property `parent_bus`.
  package static func bus(_ json: JSON) throws(QMPError) -> String {
    guard let path = json.string, path.hasPrefix("/") else { throw .malformed("qom-get parent_bus", "no path") }
    return path
  }
}
