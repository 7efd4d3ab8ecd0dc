// SPDX-License-Identifier: BSD-3-Clause
package import PCI

/// A device instance id: `PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\3&13C0B0C5&0&28`.
///
/// It names the device's key below `HKLM\SYSTEM\CurrentControlSet\Enum`, and ends with where the device stands.
package struct InstanceID: Sendable {
  /// The whole id, as it was given.
  package let text: String
  /// The bus, such as `PCI` or `ROOT`; like the next two `nil` when the id has not three parts.
  package let enumerator: String?
  /// The device id, without its bus: `VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00`.
  package let deviceID: String?
  /// What tells one such device from the next: `3&13C0B0C5&0&28`.
  package let suffix: String?

  /// The longest id that is taken apart, in bytes; Windows' own limit is 200 characters.
  static let limit = 1024

  package init(_ text: String) {
    self.text = text
    let bytes = Array(text.utf8)
    let parts = bytes.split(separator: UInt8(ascii: "\\"), omittingEmptySubsequences: false)
    guard bytes.count <= Self.limit, parts.count == 3, !parts.contains(where: { $0.isEmpty }) else {
      enumerator = nil
      deviceID = nil
      suffix = nil
      return
    }
    enumerator = parts[0].text
    deviceID = parts[1].text
    suffix = parts[2].text
  }

  /// Whether PCI's bus driver reports the device.
  package var isPCI: Bool { enumerator?.isSameWindowsName(as: "PCI") == true }

  /// What the device id says; `nil` for a device of another bus.
  package var hardware: HardwareID? {
    guard isPCI, let deviceID else { return nil }
    return HardwareID("PCI\\" + deviceID)
  }

  /// The bridge path that the suffix tells; `nil` where it tells none, as for a device with a serial number.
  ///
  /// `d&hash&n&XX[YY…]`: the last part has one byte a step, `device << 3 | function`, the device's own first, then its
  /// bridge's and so on up to the root bus: `3&…&18` is 03.0, `4&…&0108` is 00.1 below 01.0.
  /// This is Windows' habit and nowhere documented; it held for all 120 PCI devices of four published SYSTEM hives.
  package var path: PCIPath? {
    guard isPCI, let suffix else { return nil }
    var scanner = ASCIIScanner(suffix)
    // The first digit grows with the depth in the device tree, which has more than bridges.
    guard scanner.hexadecimal(least: 1, most: 2) != nil, scanner.skip(UInt8(ascii: "&")),
      scanner.hexadecimal(least: 1, most: 8) != nil, scanner.skip(UInt8(ascii: "&")),
      scanner.hexadecimal(least: 1, most: 8) != nil, scanner.skip(UInt8(ascii: "&"))
    else { return nil }
    let digits = scanner.rest
    guard digits.count.isMultiple(of: 2), digits.count / 2 <= PCIPath.limit else { return nil }
    var hops: [PCIPath.Hop] = []
    var index = digits.startIndex
    while index < digits.endIndex {
      var pair = ASCIIScanner(digits[index..<(index &+ 2)])
      guard let step = pair.hexadecimal(2),
        let hop = PCIPath.Hop(device: UInt8(step >> 3), function: UInt8(step & 7))
      else { return nil }
      hops.append(hop)
      index &+= 2
    }
    return PCIPath(hops.reversed())
  }
}
