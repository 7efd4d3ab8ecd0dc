// SPDX-License-Identifier: GPL-3.0-or-later
import AgentCore
import AgentProtocol
import PCI
import WindowsPnP

extension OfflineDevice {
  /// Where a device stands, by each of the places in which Windows keeps it.
  struct Place {
    let address: Fact<String>
    /// By the location paths; failing these by the instance id.
    let path: Fact<String>
    let locationPath: Fact<String>
    let instancePath: Fact<String>
    let locationText: Fact<String>
    let locationAddress: Fact<String>
  }

  var place: Place {
    let told = first([.key("LocationInformation")]) { $0.text }
    let information = told.reading.then { .value(LocationInformation($0)) }
    let locationAddress = information.parsed(as: "a text with bus, device and function") { $0.address?.description }
      .fact(source: told.source)
    let paths = first([.property(.device(0x25))]) { $0.texts }
    let locationPath = paths.reading.parsed(as: "a path below a PCI root") {
      LocationPath.first(in: $0)?.path?.description
    }.fact(source: paths.source)
    let suffix = key.source("the instance id's suffix")
    let instancePath: Fact<String> =
      InstanceID(id).path.map { .observed($0.description, source: suffix) } ?? .absent(source: suffix)
    return Place(
      address: address(information.value, told.source) ?? locationAddress,
      path: locationPath.value == nil ? instancePath : locationPath, locationPath: locationPath,
      instancePath: instancePath, locationText: information.then { .value($0.text) }.fact(source: told.source),
      locationAddress: locationAddress)
  }

  /// The value `Address` has device and function, since Windows 10; the bus number stands in the location alone.
  private func address(_ location: LocationInformation?, _ source: String) -> Fact<String>? {
    let place = number([.key("Address")])
    guard let bus = location?.bus, let number = place.value.flatMap({ UInt32(exactly: $0) }),
      let address = DeviceAddress.address(bus: bus, number)
    else { return nil }
    return .observed(address.description, source: place.source + ", " + source)
  }

  /// The identification registers, by the device's ids: Windows keeps them in no other way.
  struct Registers {
    let vendor: Fact<UInt16>
    let device: Fact<UInt16>
    let subsystemVendor: Fact<UInt16>
    let subsystem: Fact<UInt16>
    let revision: Fact<UInt16>
    let classCode: Fact<UInt64>
  }

  var registers: Registers {
    var source = key.source("HardwareID, CompatibleIDs")
    var ids = HardwareID.merged(ids)
    if ids == nil {
      // The instance id is made of one of them.
      ids = InstanceID(id).hardware
      source = key.source("the instance id")
    }
    func fact(_ value: UInt16?) -> Fact<UInt16> {
      value.map { .observed($0, source: source) } ?? .absent(source: source)
    }
    return Registers(
      vendor: fact(ids?.vendor), device: fact(ids?.device), subsystemVendor: fact(ids?.subsystemVendor),
      subsystem: fact(ids?.subsystem), revision: fact(ids?.revision.map { UInt16($0) }),
      classCode: classProperties ?? classCode(ids, source))
  }

  private var classProperties: Fact<UInt64>? {
    var code: UInt64 = 0
    for id in 3...5 {
      guard let part = number([.property(.pci(id))]).value, part <= 0xff else { return nil }
      code = code << 8 | part
    }
    return .observed(code, source: key.source() + "\\" + PropertyKey.pci(3).path + ", 0004, 0005")
  }

  private func classCode(_ ids: HardwareID?, _ source: String) -> Fact<UInt64> {
    if let code = ids?.classCode { return .observed(UInt64(code), source: source) }
    guard let base = ids?.baseClass, let subclass = ids?.subclass else { return .absent(source: source) }
    let known = PCIClass(baseAndSubclass: UInt16(base) << 8 | UInt16(subclass)).description
    return .failed(FactFailure(.malformed, "only base class and subclass are told: " + known), source: source)
  }
}
