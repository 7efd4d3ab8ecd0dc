// SPDX-License-Identifier: BSD-3-Clause

/// Why Windows does not use a device: Device Manager's "Code N", a CM_PROB_* of cfg.h.
///
/// Any number is a value; ``name`` is `nil` for those that cfg.h does not have.
package struct ProblemCode: RawRepresentable, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// No problem.
  package static let none = ProblemCode(rawValue: 0)
  /// The device has not been configured.
  package static let notConfigured = ProblemCode(rawValue: 1)
  /// The driver's start of the device failed; the device's problem status says why.
  package static let failedStart = ProblemCode(rawValue: 10)
  /// Works after the next start of Windows.
  package static let needRestart = ProblemCode(rawValue: 14)
  /// The driver must be installed again.
  package static let reinstall = ProblemCode(rawValue: 18)
  /// The device's entries in the registry are broken.
  package static let registry = ProblemCode(rawValue: 19)
  /// Somebody disabled the device.
  package static let disabled = ProblemCode(rawValue: 22)
  /// The device does not answer.
  package static let deviceNotThere = ProblemCode(rawValue: 24)
  /// No driver is installed.
  package static let failedInstall = ProblemCode(rawValue: 28)
  /// The driver did not accept the device.
  package static let failedAdd = ProblemCode(rawValue: 31)
  /// The driver's service is disabled: its start type is 4.
  package static let disabledService = ProblemCode(rawValue: 32)
  /// The driver's own initialisation failed.
  package static let failedDriverEntry = ProblemCode(rawValue: 37)
  /// An earlier instance of the driver is still in memory.
  package static let driverFailedPriorUnload = ProblemCode(rawValue: 38)
  /// The driver's file could not be loaded: missing, damaged, or refused.
  package static let driverFailedLoad = ProblemCode(rawValue: 39)
  /// The driver's service key cannot be read.
  package static let driverServiceKeyInvalid = ProblemCode(rawValue: 40)
  /// The driver stopped the device because it reported problems.
  package static let failedPostStart = ProblemCode(rawValue: 43)
  /// The device is not there now; Windows remembers it.
  package static let phantom = ProblemCode(rawValue: 45)
  /// Windows is shutting down.
  package static let systemShutdown = ProblemCode(rawValue: 46)
  /// Windows is known not to work with this driver, and blocks it.
  package static let driverBlocked = ProblemCode(rawValue: 48)
  /// The device waits for another.
  package static let waitingOnDependency = ProblemCode(rawValue: 51)
  /// The driver's signature cannot be verified.
  package static let unsignedDriver = ProblemCode(rawValue: 52)

  /// The name in cfg.h, such as `CM_PROB_FAILED_INSTALL`; `nil` for 0 and for numbers that it does not have.
  package var name: String? {
    switch rawValue {
    case 1: "CM_PROB_NOT_CONFIGURED"
    case 2: "CM_PROB_DEVLOADER_FAILED"
    case 3: "CM_PROB_OUT_OF_MEMORY"
    case 4: "CM_PROB_ENTRY_IS_WRONG_TYPE"
    case 5: "CM_PROB_LACKED_ARBITRATOR"
    case 6: "CM_PROB_BOOT_CONFIG_CONFLICT"
    case 7: "CM_PROB_FAILED_FILTER"
    case 8: "CM_PROB_DEVLOADER_NOT_FOUND"
    case 9: "CM_PROB_INVALID_DATA"
    case 10: "CM_PROB_FAILED_START"
    case 11: "CM_PROB_LIAR"
    case 12: "CM_PROB_NORMAL_CONFLICT"
    case 13: "CM_PROB_NOT_VERIFIED"
    case 14: "CM_PROB_NEED_RESTART"
    case 15: "CM_PROB_REENUMERATION"
    case 16: "CM_PROB_PARTIAL_LOG_CONF"
    case 17: "CM_PROB_UNKNOWN_RESOURCE"
    case 18: "CM_PROB_REINSTALL"
    case 19: "CM_PROB_REGISTRY"
    case 20: "CM_PROB_VXDLDR"
    case 21: "CM_PROB_WILL_BE_REMOVED"
    case 22: "CM_PROB_DISABLED"
    case 23: "CM_PROB_DEVLOADER_NOT_READY"
    case 24: "CM_PROB_DEVICE_NOT_THERE"
    case 25: "CM_PROB_MOVED"
    case 26: "CM_PROB_TOO_EARLY"
    case 27: "CM_PROB_NO_VALID_LOG_CONF"
    case 28: "CM_PROB_FAILED_INSTALL"
    case 29: "CM_PROB_HARDWARE_DISABLED"
    case 30: "CM_PROB_CANT_SHARE_IRQ"
    case 31: "CM_PROB_FAILED_ADD"
    case 32: "CM_PROB_DISABLED_SERVICE"
    case 33: "CM_PROB_TRANSLATION_FAILED"
    case 34: "CM_PROB_NO_SOFTCONFIG"
    case 35: "CM_PROB_BIOS_TABLE"
    case 36: "CM_PROB_IRQ_TRANSLATION_FAILED"
    case 37: "CM_PROB_FAILED_DRIVER_ENTRY"
    case 38: "CM_PROB_DRIVER_FAILED_PRIOR_UNLOAD"
    case 39: "CM_PROB_DRIVER_FAILED_LOAD"
    case 40: "CM_PROB_DRIVER_SERVICE_KEY_INVALID"
    case 41: "CM_PROB_LEGACY_SERVICE_NO_DEVICES"
    case 42: "CM_PROB_DUPLICATE_DEVICE"
    case 43: "CM_PROB_FAILED_POST_START"
    case 44: "CM_PROB_HALTED"
    case 45: "CM_PROB_PHANTOM"
    case 46: "CM_PROB_SYSTEM_SHUTDOWN"
    case 47: "CM_PROB_HELD_FOR_EJECT"
    case 48: "CM_PROB_DRIVER_BLOCKED"
    case 49: "CM_PROB_REGISTRY_TOO_LARGE"
    case 50: "CM_PROB_SETPROPERTIES_FAILED"
    case 51: "CM_PROB_WAITING_ON_DEPENDENCY"
    case 52: "CM_PROB_UNSIGNED_DRIVER"
    case 53: "CM_PROB_USED_BY_DEBUGGER"
    case 54: "CM_PROB_DEVICE_RESET"
    case 55: "CM_PROB_CONSOLE_LOCKED"
    case 56: "CM_PROB_NEED_CLASS_CONFIG"
    case 57: "CM_PROB_GUEST_ASSIGNMENT_FAILED"
    default: nil
    }
  }
}
