// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt

/// A version as libvirt packs it: 1,000,000 × major + 1,000 × minor + release.
package struct LibvirtVersion: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let rawValue: UInt

  package init(rawValue: UInt) { self.rawValue = rawValue }

  package var major: UInt { rawValue / 1_000_000 }
  package var minor: UInt { rawValue / 1_000 % 1_000 }
  package var release: UInt { rawValue % 1_000 }

  package var description: String { "\(major).\(minor).\(release)" }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

/// What answers at the other end of a connection.
package struct Hypervisor: Hashable, Sendable {
  /// libvirt's name for the driver: "QEMU", "TEST".
  package let type: String
  /// libvirt on the host that was connected to; nil where the driver does not say.
  package let libvirtVersion: LibvirtVersion?
  /// The hypervisor's own version (QEMU's); nil where the driver does not say, or libvirt has not found it out.
  package let version: LibvirtVersion?
  /// libvirt's client library in this process.
  package let clientVersion: LibvirtVersion

  /// The corresponding C functions are `virConnectGetType`, `virConnectGetLibVersion`, `virConnectGetVersion` and
  /// `virGetVersion`.
  init(_ connection: OpaquePointer, _ libvirt: LibvirtFunctions) throws(LibvirtError) {
    guard let type = libvirt.virConnectGetType(connection) else { throw libvirt.lastError() }
    self.type = BoundedText.string(type, limit: 256)

    var number: UInt = 0
    guard libvirt.virGetVersion(&number, nil, nil) == 0 else { throw libvirt.lastError() }
    clientVersion = LibvirtVersion(rawValue: number)

    number = 0
    if libvirt.virConnectGetLibVersion(connection, &number) == 0 {
      libvirtVersion = number == 0 ? nil : LibvirtVersion(rawValue: number)
    } else {
      let error = libvirt.lastError()
      guard error.isUnsupported else { throw error }
      libvirtVersion = nil
    }

    number = 0
    if libvirt.virConnectGetVersion(connection, &number) == 0 {
      version = number == 0 ? nil : LibvirtVersion(rawValue: number)
    } else {
      let error = libvirt.lastError()
      guard error.isUnsupported else { throw error }
      version = nil
    }
  }
}
