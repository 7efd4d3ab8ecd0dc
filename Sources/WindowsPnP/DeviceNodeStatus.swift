// SPDX-License-Identifier: BSD-3-Clause

/// The state of a device in Windows' device tree: the DN_* flags of cfg.h that Windows NT uses.
package struct DeviceNodeStatus: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// DN_ROOT_ENUMERATED: a device that the registry alone reports.
  package static let rootEnumerated = DeviceNodeStatus(rawValue: 0x0000_0001)
  /// DN_DRIVER_LOADED: its drivers are in memory.
  package static let driverLoaded = DeviceNodeStatus(rawValue: 0x0000_0002)
  /// DN_ENUM_LOADED.
  package static let enumeratorLoaded = DeviceNodeStatus(rawValue: 0x0000_0004)
  /// DN_STARTED: it is configured and in use.
  package static let started = DeviceNodeStatus(rawValue: 0x0000_0008)
  /// DN_DRIVER_BLOCKED: Windows refuses one of its drivers.
  package static let driverBlocked = DeviceNodeStatus(rawValue: 0x0000_0040)
  /// DN_NEED_RESTART: it works only after the next start of Windows.
  package static let needRestart = DeviceNodeStatus(rawValue: 0x0000_0100)
  /// DN_CHILD_WITH_INVALID_ID.
  package static let childWithInvalidID = DeviceNodeStatus(rawValue: 0x0000_0200)
  /// DN_HAS_PROBLEM: there is a ``ProblemCode``.
  package static let hasProblem = DeviceNodeStatus(rawValue: 0x0000_0400)
  /// DN_FILTERED.
  package static let filtered = DeviceNodeStatus(rawValue: 0x0000_0800)
  /// DN_LEGACY_DRIVER.
  package static let legacyDriver = DeviceNodeStatus(rawValue: 0x0000_1000)
  /// DN_DISABLEABLE: it may be disabled.
  package static let disableable = DeviceNodeStatus(rawValue: 0x0000_2000)
  /// DN_REMOVABLE.
  package static let removable = DeviceNodeStatus(rawValue: 0x0000_4000)
  /// DN_PRIVATE_PROBLEM: its driver reports a problem of its own.
  package static let privateProblem = DeviceNodeStatus(rawValue: 0x0000_8000)
  /// DN_QUERY_REMOVE_PENDING.
  package static let removalPending = DeviceNodeStatus(rawValue: 0x0001_0000)
  /// DN_QUERY_REMOVE_ACTIVE.
  package static let removalActive = DeviceNodeStatus(rawValue: 0x0002_0000)
  /// DN_WILL_BE_REMOVED: it is being removed.
  package static let willBeRemoved = DeviceNodeStatus(rawValue: 0x0004_0000)
  /// DN_NT_ENUMERATOR.
  package static let ntEnumerator = DeviceNodeStatus(rawValue: 0x0080_0000)
  /// DN_NT_DRIVER.
  package static let ntDriver = DeviceNodeStatus(rawValue: 0x0100_0000)
  /// DN_DEVICE_DISCONNECTED: the driver says that the device is out of reach.
  package static let disconnected = DeviceNodeStatus(rawValue: 0x0200_0000)
  /// DN_NO_SHOW_IN_DM: Device Manager hides it.
  package static let hidden = DeviceNodeStatus(rawValue: 0x4000_0000)

  /// The names in cfg.h of the flags that are set, the lowest first, without those that this type does not have.
  package var names: [String] {
    var names: [String] = []
    for bit in UInt32(0)..<32 {
      if contains(DeviceNodeStatus(rawValue: 1 << bit)), let name = Self.name(1 << bit) { names.append(name) }
    }
    return names
  }

  private static func name(_ flag: UInt32) -> String? {
    switch flag {
    case 0x0000_0001: "DN_ROOT_ENUMERATED"
    case 0x0000_0002: "DN_DRIVER_LOADED"
    case 0x0000_0004: "DN_ENUM_LOADED"
    case 0x0000_0008: "DN_STARTED"
    case 0x0000_0040: "DN_DRIVER_BLOCKED"
    case 0x0000_0100: "DN_NEED_RESTART"
    case 0x0000_0200: "DN_CHILD_WITH_INVALID_ID"
    case 0x0000_0400: "DN_HAS_PROBLEM"
    case 0x0000_0800: "DN_FILTERED"
    case 0x0000_1000: "DN_LEGACY_DRIVER"
    case 0x0000_2000: "DN_DISABLEABLE"
    case 0x0000_4000: "DN_REMOVABLE"
    case 0x0000_8000: "DN_PRIVATE_PROBLEM"
    case 0x0001_0000: "DN_QUERY_REMOVE_PENDING"
    case 0x0002_0000: "DN_QUERY_REMOVE_ACTIVE"
    case 0x0004_0000: "DN_WILL_BE_REMOVED"
    case 0x0080_0000: "DN_NT_ENUMERATOR"
    case 0x0100_0000: "DN_NT_DRIVER"
    case 0x0200_0000: "DN_DEVICE_DISCONNECTED"
    case 0x4000_0000: "DN_NO_SHOW_IN_DM"
    default: nil
    }
  }
}
