// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import CAgentWindows
import WindowsPnP

/// One device of Windows' device tree, present or remembered, as SetupAPI, the configuration manager and the registry
/// know it. It is asked about, never opened.
struct Device: ~Copyable {
  /// The instance id.
  let id: String
  private let devices: UnsafeMutableRawPointer

  /// The device of that instance id. Where SetupAPI knows it not, its key below Enum may still tell of it: Wine's
  /// SetupAPI knows no device without a class.
  init(_ id: String) throws(WindowsError) {
    var devices: UnsafeMutableRawPointer?
    let opened = vb_win_devices_open(nil, &devices)
    guard opened >= 0, let devices else { throw WindowsError(opened) }
    self.id = id
    self.devices = devices
    _ = id.withWide { vb_win_device_named(devices, $0) }
  }

  deinit { vb_win_devices_close(devices) }

  /// Where something of a device is told. Windows has the same facts in several places, not all of them in every
  /// version, and Wine in fewer.
  enum Source {
    /// DEVPKEY_Device_*.
    case property(PropertyKey)
    /// SPDRP_*: number and name.
    case setup(UInt32, String)
    /// A value of the device's key below Enum, untranslated.
    case key(String)
    /// A value of the driver's key.
    case driverKey(String)

    var name: String {
      switch self {
      case .property(let key): "DEVPKEY_" + key.name
      case .setup(_, let name): "SPDRP_" + name
      case .key(let name): "Enum key " + name
      case .driverKey(let name): "driver key " + name
      }
    }
  }

  /// What one source tells.
  func value(_ source: Source) -> Reading<SystemValue> {
    switch source {
    case .property(let key):
      typedBytes { vb_win_device_property(devices, key.formatLow, key.formatHigh, key.id, $0, $1, $2) }
        .then { .value(SystemValue(propertyType: $0.type, bytes: $0.bytes)) }
    case .setup(let number, _):
      typedBytes { vb_win_device_value(devices, number, $0, $1, $2) }
        .then { .value(SystemValue(registryType: $0.type, bytes: $0.bytes)) }
    case .key(let name):
      Registry.value(Registry.control + "\\Enum\\" + id, name)
    case .driverKey(let name):
      name.withWide { name in
        typedBytes { vb_win_device_driver_value(devices, name, $0, $1, $2) }
      }.then { .value(SystemValue(registryType: $0.type, bytes: $0.bytes)) }
    }
  }

  /// What the sources of a fact told, and which of them.
  struct Finding {
    let value: Reading<SystemValue>
    let source: String
  }

  /// The first of the sources that has a value of the kind; else the first failure, else that there is none.
  @inline(never)
  func first(_ sources: [Source], as kind: SystemValue.Kind) -> Finding {
    var failure: Finding?
    for source in sources {
      let value = value(source).then { $0.reading(as: kind) }
      switch value {
      case .value: return Finding(value: value, source: source.name)
      case .failed: failure = failure ?? Finding(value: value, source: source.name)
      case .missing: continue
      }
    }
    return failure ?? Finding(value: .missing, source: sources.first?.name ?? id)
  }

  @inline(never)
  func text(_ sources: [Source]) -> Fact<String> {
    let found = first(sources, as: .text)
    return found.value.then { $0.text }.fact(source: found.source)
  }

  @inline(never)
  func texts(_ sources: [Source]) -> Fact<[String]> {
    let found = first(sources, as: .texts)
    return found.value.then { $0.texts }.fact(source: found.source)
  }

  @inline(never)
  func number(_ sources: [Source]) -> Fact<UInt64> {
    let found = first(sources, as: .number)
    return found.value.then { $0.number }.fact(source: found.source)
  }

  /// Seconds since 1970.
  @inline(never)
  func time(_ key: PropertyKey) -> Fact<Int64> {
    let found = first([.property(key)], as: .time)
    return found.value.then { $0.time }.parsed(as: "a time") { FileTime.unixSeconds($0) }.fact(source: found.source)
  }

  /// The state of its node: the configuration manager's answer and, with CR_SUCCESS, DN_* flags and a CM_PROB_*.
  var node: (result: UInt32, status: DeviceNodeStatus, problem: UInt32) {
    var status: UInt32 = 0
    var problem: UInt32 = 0
    let result = vb_win_device_status(devices, &status, &problem)
    return (UInt32(truncatingIfNeeded: result), DeviceNodeStatus(rawValue: status), problem)
  }
}

/// The key of a device property: DEVPKEY_* of devpkey.h.
struct PropertyKey {
  let name: String
  let formatLow: UInt64
  let formatHigh: UInt64
  let id: UInt32

  /// - Parameter format: the GUID's text in numbers: `a45c254e`, `df1c`, `4efd`, `802067d146a850e0`.
  private init(_ name: String, _ format: (UInt32, UInt16, UInt16, UInt64), _ id: UInt32) {
    self.name = name
    formatLow = UInt64(format.0) | UInt64(format.1) << 32 | UInt64(format.2) << 48
    formatHigh = format.3.byteSwapped
    self.id = id
  }

  static func device(_ name: String, _ id: UInt32) -> PropertyKey {
    PropertyKey("Device_" + name, (0xa45c_254e, 0xdf1c, 0x4efd, 0x8020_67d1_46a8_50e0), id)
  }
  static func node(_ name: String, _ id: UInt32) -> PropertyKey {
    PropertyKey("Device_" + name, (0x4340_a6c5, 0x93fa, 0x4706, 0x972c_7b64_8008_a5a7), id)
  }
  static func bus(_ name: String, _ id: UInt32) -> PropertyKey {
    PropertyKey("Device_" + name, (0x540b_947e, 0x8b40, 0x45bc, 0xa8a2_6a0b_894c_bda2), id)
  }
  static func history(_ name: String, _ id: UInt32) -> PropertyKey {
    PropertyKey("Device_" + name, (0x83da_6326, 0x97a6, 0x4088, 0x9453_a192_3f57_3b29), id)
  }
  static func driver(_ name: String, _ id: UInt32) -> PropertyKey {
    PropertyKey("Device_" + name, (0xa8b8_65dd, 0x2e3d, 0x4094, 0xad97_e593_a70c_75d6), id)
  }
  static func pci(_ name: String, _ id: UInt32) -> PropertyKey {
    PropertyKey("PciDevice_" + name, (0x3ab2_2e31, 0x8264, 0x4b4e, 0x9af5_a8d2_d8e3_3e62), id)
  }
}
