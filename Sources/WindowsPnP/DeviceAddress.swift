// SPDX-License-Identifier: BSD-3-Clause
package import PCI

/// Reads what PCI's bus driver gives as a device's address (DEVPKEY_Device_Address, the value `Address`).
///
/// The value is absent from the registry before Windows 10; the property is there on all.
package enum DeviceAddress {
  /// Device and function of `device << 16 | function`; `nil` when either is out of its range.
  package static func deviceAndFunction(_ value: UInt32) -> PCIPath.Hop? {
    guard let device = UInt8(exactly: value >> 16), let function = UInt8(exactly: value & 0xffff) else { return nil }
    return PCIPath.Hop(device: device, function: function)
  }

  /// The whole address on segment 0; `nil` when a part is out of its range, as a bus of another segment's may be.
  package static func address(bus: UInt32, _ value: UInt32) -> PCIAddress? {
    guard let bus = UInt8(exactly: bus), let hop = deviceAndFunction(value) else { return nil }
    return PCIAddress(bus: bus, device: hop.device, function: hop.function)
  }
}
