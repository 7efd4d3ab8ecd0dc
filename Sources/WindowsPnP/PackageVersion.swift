// SPDX-License-Identifier: BSD-3-Clause

/// The value `Version` of a package's key in the driver database: a class GUID at byte 8, the date as a FILETIME at 24,
/// the version at 32, its last number first. Not documented; all packages of lxc/distrobuilder's windows/driver_*.go
/// have it so.
package enum PackageVersion {
  /// `nil` for a value that is too short.
  package static func driverVersion(_ bytes: [UInt8]) -> DriverVersion? {
    guard bytes.count >= 40 else { return nil }
    var packed: UInt64 = 0
    for byte in bytes[32..<40].reversed() { packed = packed << 8 | UInt64(byte) }
    return DriverVersion(packed: packed)
  }
}
