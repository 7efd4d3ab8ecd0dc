// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
package import PCI

/// A PCI function as `query-pci` lists it. Source: QEMU qapi/pci.json; hw/pci/pci.c.
///
/// QEMU walks the buses by the numbers that firmware gave their bridges. What stands behind a bridge without a number,
/// as all bridges are until firmware has run, is left out.
package struct MachineFunction: Hashable, Sendable {
  /// Where it is by the bus numbers that the guest's firmware gave.
  package let address: PCIAddress
  /// Its bridge path below the root bus.
  package let path: PCIPath
  /// The number of the root bus that the path begins at: 0 unless the machine has several (pxb, pxb-pcie).
  package let rootBus: UInt8
  /// Its ids and class. QEMU tells neither revision nor programming interface, and for bridges no subsystem.
  package let identity: PCIIdentity
  /// The device's id on QEMU's command line; `nil` when it has none.
  package let qdevID: String?
  /// Of a bridge: the bus behind it; 0 when firmware has numbered none. `nil` for all else.
  package let secondaryBus: UInt8?
}

extension MachineFunction {
  /// Reads the reply to `query-pci`: the functions of every root bus, each bridge before what stands behind it.
  package static func list(decoding json: JSON) throws(QMPError) -> [MachineFunction] {
    guard let buses = json.array else { throw .malformed("query-pci", "no list of buses") }
    var functions: [MachineFunction] = []
    for bus in buses {
      guard let number = bus["bus"]?.uint, let root = UInt8(exactly: number), let devices = bus["devices"]?.array
      else { throw .malformed("query-pci", "a bus without number or devices") }
      try append(devices, root: root, bridges: [], to: &functions)
    }
    return functions
  }

  /// Deeper than ``PCIPath/limit`` nothing is read, which bounds the recursion.
  private static func append(
    _ devices: [JSON], root: UInt8, bridges: [PCIPath.Hop], to functions: inout [MachineFunction]
  ) throws(QMPError) {
    for device in devices {
      guard let bus = device["bus"]?.uint.flatMap(UInt8.init(exactly:)),
        let slot = device["slot"]?.uint.flatMap(UInt8.init(exactly:)),
        let function = device["function"]?.uint.flatMap(UInt8.init(exactly:)),
        let address = PCIAddress(bus: bus, device: slot, function: function)
      else { throw .malformed("query-pci", "a function without a valid address") }
      guard let path = PCIPath(bridges + [address.hop]) else {
        throw .malformed("query-pci", "bridges nested deeper than \(PCIPath.limit)")
      }
      let bridge = device["pci_bridge"]
      functions.append(
        MachineFunction(
          address: address, path: path, rootBus: root, identity: try identity(of: device),
          qdevID: device["qdev_id"]?.string.flatMap { $0.isEmpty ? nil : $0 },
          secondaryBus: bridge?["bus"]?["secondary"]?.uint.flatMap(UInt8.init(exactly:))))
      if let behind = bridge?["devices"]?.array {
        try append(behind, root: root, bridges: path.hops, to: &functions)
      }
    }
  }

  private static func identity(of device: JSON) throws(QMPError) -> PCIIdentity {
    func id(_ key: String) -> UInt16? { device["id"]?[key]?.uint.flatMap(UInt16.init(exactly:)) }
    guard let vendor = id("vendor"), let product = id("device") else {
      throw .malformed("query-pci", "a function without vendor and device id")
    }
    let baseAndSubclass = device["class_info"]?["class"]?.uint.flatMap(UInt16.init(exactly:))
    return PCIIdentity(
      vendor: vendor, device: product, subsystemVendor: id("subsystem-vendor"), subsystem: id("subsystem"),
      classCode: baseAndSubclass.map { PCIClass(baseAndSubclass: $0) })
  }
}

extension MonitorCommands {
  /// The machine's PCI functions, by the bus numbers of the guest's firmware.
  package func pciFunctions(until deadline: ContinuousClock.Instant) async throws(QMPError) -> [MachineFunction] {
    try MachineFunction.list(decoding: try await execute("query-pci", until: deadline))
  }
}
