// SPDX-License-Identifier: BSD-3-Clause
package import PCI

/// One of a device's location paths: `PCIROOT(0)#PCI(1500)#PCI(0000)`.
///
/// Source: DEVPKEY_Device_LocationPaths. A device may also have paths that begin with `ACPI(_SB_)`; those tell no
/// device numbers and are no value of this type.
package struct LocationPath: Sendable {
  /// The root's own number, ACPI's `_UID`. It depends on the machine type (1 for QEMU's up to 5.1, 0 later [C]), so
  /// functions are told apart by ``path`` and never by this.
  package let rootNumber: UInt32
  /// The steps below the root; `nil` when the path ends there or leads through anything but PCI bridges.
  package let path: PCIPath?

  /// The longest path that is read, in bytes.
  static let limit = 4096
  /// The most paths of one device that are read.
  package static let listLimit = 64

  /// Reads one path; `nil` when it does not begin at a PCI root.
  package init?(_ text: String) {
    guard text.utf8.count <= Self.limit else { return nil }
    var scanner = ASCIIScanner(text)
    guard scanner.skip("PCIROOT("), let root = scanner.hexadecimal(least: 1, most: 8),
      scanner.skip(UInt8(ascii: ")")), scanner.isAtEnd || scanner.next == UInt8(ascii: "#")
    else { return nil }
    rootNumber = UInt32(truncatingIfNeeded: root)
    path = Self.path(&scanner)
  }

  /// Elements `#PCI(ddff)` to the end: device and function, two hexadecimal digits each.
  private static func path(_ scanner: inout ASCIIScanner) -> PCIPath? {
    var hops: [PCIPath.Hop] = []
    while !scanner.isAtEnd {
      guard hops.count < PCIPath.limit, scanner.skip("#PCI("), let step = scanner.hexadecimal(4),
        scanner.skip(UInt8(ascii: ")")), let hop = PCIPath.Hop(device: UInt8(step >> 8), function: UInt8(step & 0xff))
      else { return nil }
      hops.append(hop)
    }
    return PCIPath(hops)
  }

  /// The first of a device's paths that begins at a PCI root, one with steps before one without.
  package static func first(in texts: [String]) -> LocationPath? {
    var found: LocationPath?
    for text in texts.prefix(listLimit) {
      guard let path = LocationPath(text) else { continue }
      if path.path != nil { return path }
      if found == nil { found = path }
    }
    return found
  }
}
