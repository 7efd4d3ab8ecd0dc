// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import PCI
import WindowsPnP

/// The identification registers of a PCI function, by its ids: Windows gives them in no other way.
struct DeviceRegisters {
  let vendor: Fact<UInt16>
  let device: Fact<UInt16>
  let subsystemVendor: Fact<UInt16>
  let subsystem: Fact<UInt16>
  let revision: Fact<UInt16>
  let classCode: Fact<UInt64>

  init(of device: borrowing Device) {
    var ids: HardwareID?
    var source = "hardware and compatible ids"
    ids = HardwareID.merged(device.ids)
    if ids == nil {
      // The instance id is made of one of them.
      ids = InstanceID(device.id).hardware
      source = "the instance id"
    }
    func fact(_ value: UInt16?) -> Fact<UInt16> {
      value.map { .observed($0, source: source) } ?? .absent(source: source)
    }
    vendor = fact(ids?.vendor)
    self.device = fact(ids?.device)
    subsystemVendor = fact(ids?.subsystemVendor)
    subsystem = fact(ids?.subsystem)
    revision = fact(ids?.revision.map { UInt16($0) })
    classCode = Self.properties(of: device) ?? Self.classCode(ids, source)
  }

  private static func properties(of device: borrowing Device) -> Fact<UInt64>? {
    var code: UInt64 = 0
    for key in [PropertyKey.pci("BaseClass", 3), .pci("SubClass", 4), .pci("ProgIf", 5)] {
      guard case .value(let part) = device.value(.property(key)).then({ $0.number }), part <= 0xff else { return nil }
      code = code << 8 | part
    }
    return .observed(code, source: "DEVPKEY_PciDevice_BaseClass, SubClass, ProgIf")
  }

  private static func classCode(_ ids: HardwareID?, _ source: String) -> Fact<UInt64> {
    if let code = ids?.classCode { return .observed(UInt64(code), source: source) }
    guard let base = ids?.baseClass, let subclass = ids?.subclass else { return .absent(source: source) }
    let known = hexadecimal(base, width: 2) + hexadecimal(subclass, width: 2)
    return .failed(FactFailure(.malformed, "only base class and subclass are told: " + known), source: source)
  }
}
