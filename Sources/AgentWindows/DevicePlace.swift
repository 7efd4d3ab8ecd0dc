// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import PCI
import WindowsPnP

/// Where a device stands, by each of the places in which Windows tells it.
struct DevicePlace {
  /// By bus number and address; failing these by ``locationAddress``.
  let address: Fact<String>
  /// By the location paths; failing these by the instance id.
  let path: Fact<String>
  let locationPath: Fact<String>
  let instancePath: Fact<String>
  let locationText: Fact<String>
  let locationAddress: Fact<String>

  init(of device: borrowing Device) {
    let told = device.first(
      // The key's own text first: the properties have it translated, and its numbers may be gone.
      [.key("LocationInformation"), .setup(0x0d, "LOCATION_INFORMATION"), .property(.device("LocationInfo", 15))],
      as: .text)
    let information = told.value.then { $0.text }.then { .value(LocationInformation($0)) }
    locationText = information.then { .value($0.text) }.fact(source: told.source)
    locationAddress = information.parsed(as: "a text with bus, device and function") { $0.address?.description }
      .fact(source: told.source)

    let paths = device.first([.property(.device("LocationPaths", 37)), .setup(0x23, "LOCATION_PATHS")], as: .texts)
    locationPath = paths.value.then { $0.texts }
      .parsed(as: "a path below a PCI root") { LocationPath.first(in: $0)?.path?.description }
      .fact(source: paths.source)
    if let path = InstanceID(device.id).path {
      instancePath = .observed(path.description, source: "the instance id's suffix")
    } else {
      instancePath = .absent(source: "the instance id's suffix")
    }
    if case .observed = locationPath { path = locationPath } else { path = instancePath }

    if let address = Self.address(of: device) {
      self.address = address
    } else if case .absent = locationAddress {
      address = .absent(source: "DEVPKEY_Device_BusNumber, DEVPKEY_Device_Address, " + locationAddress.source)
    } else {
      address = locationAddress
    }
  }

  private static func address(of device: borrowing Device) -> Fact<String>? {
    let bus = device.number([.property(.device("BusNumber", 23)), .setup(0x15, "BUSNUMBER")])
    let place = device.number([.property(.device("Address", 30)), .setup(0x1c, "ADDRESS"), .key("Address")])
    guard let busNumber = bus.value.flatMap({ UInt32(exactly: $0) }),
      let placeNumber = place.value.flatMap({ UInt32(exactly: $0) }),
      let address = DeviceAddress.address(bus: busNumber, placeNumber)
    else { return nil }
    return .observed(address.description, source: bus.source + ", " + place.source)
  }
}
