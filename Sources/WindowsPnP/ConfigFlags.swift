// SPDX-License-Identifier: BSD-3-Clause

/// What Windows has noted of a device's installation: CONFIGFLAG_* of regstr.h, the value `ConfigFlags`.
package struct ConfigFlags: OptionSet, Hashable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// Somebody disabled the device.
  package static let disabled = ConfigFlags(rawValue: 0x0000_0001)
  /// Somebody removed it.
  package static let removed = ConfigFlags(rawValue: 0x0000_0002)
  /// It was installed by hand.
  package static let manualInstall = ConfigFlags(rawValue: 0x0000_0004)
  /// It must be installed again.
  package static let reinstall = ConfigFlags(rawValue: 0x0000_0020)
  /// Its installation failed; with ``reinstall``, 0x60, the mark of a device without any driver.
  package static let failedInstall = ConfigFlags(rawValue: 0x0000_0040)
  /// Its installation waits for an administrator to finish it.
  package static let finishInstall = ConfigFlags(rawValue: 0x0000_0400)
  /// It must be configured by hand.
  package static let needsForcedConfig = ConfigFlags(rawValue: 0x0000_0800)
  /// Windows starts from it.
  package static let bootDevice = ConfigFlags(rawValue: 0x0004_0000)

  /// The names in regstr.h of the flags that are set, the lowest first, without those that this type does not have.
  package var names: [String] {
    var names: [String] = []
    if contains(.disabled) { names.append("CONFIGFLAG_DISABLED") }
    if contains(.removed) { names.append("CONFIGFLAG_REMOVED") }
    if contains(.manualInstall) { names.append("CONFIGFLAG_MANUAL_INSTALL") }
    if contains(.reinstall) { names.append("CONFIGFLAG_REINSTALL") }
    if contains(.failedInstall) { names.append("CONFIGFLAG_FAILEDINSTALL") }
    if contains(.finishInstall) { names.append("CONFIGFLAG_FINISH_INSTALL") }
    if contains(.needsForcedConfig) { names.append("CONFIGFLAG_NEEDS_FORCED_CONFIG") }
    if contains(.bootDevice) { names.append("CONFIGFLAG_BOOT_DEVICE") }
    return names
  }
}
