// SPDX-License-Identifier: BSD-3-Clause

/// Where a PCI function stands on its bus: `segment:bus:device.function`.
///
/// The bus number is whatever firmware or the operating system assigned; the same function may carry
/// different bus numbers on the two sides of a virtual machine. Compare functions by ``PCIPath``, and show
/// this to people.
package struct PCIAddress: Hashable, Sendable {
  /// The PCI segment group ("domain" in Linux and libvirt), 0 on nearly every virtual machine.
  package let segment: UInt32
  /// The bus number, 0 to 255, as assigned by whoever reported this address.
  package let bus: UInt8
  /// The device ("slot") number, 0 to 31.
  package let device: UInt8
  /// The function number, 0 to 7.
  package let function: UInt8

  /// Creates an address; `nil` when `device` exceeds 31 or `function` exceeds 7.
  package init?(segment: UInt32 = 0, bus: UInt8, device: UInt8, function: UInt8) {
    guard device < 32, function < 8 else { return nil }
    self.segment = segment
    self.bus = bus
    self.device = device
    self.function = function
  }

  /// Reads the notation of `lspci`, sysfs and libvirt: `0000:00:05.0`, or `00:05.0` for segment 0.
  ///
  /// Linux gives segments above 0xffff more than four digits (`10000:e1:00.0` behind Intel VMD); up to eight
  /// are read.
  package init?(parsing text: String) {
    var scanner = HexScanner(text)
    guard let first = scanner.number(atMost: 8), scanner.skip(UInt8(ascii: ":")) else { return nil }
    guard let second = scanner.number(atMost: 2) else { return nil }
    if scanner.skip(UInt8(ascii: ":")) {
      guard let device = scanner.number(atMost: 2), scanner.skip(UInt8(ascii: ".")),
        let function = scanner.number(atMost: 1), scanner.isAtEnd, device < 32
      else { return nil }
      self.init(segment: first, bus: UInt8(second), device: UInt8(device), function: UInt8(function))
    } else {
      guard scanner.skip(UInt8(ascii: ".")), let function = scanner.number(atMost: 1), scanner.isAtEnd,
        first < 256, second < 32
      else { return nil }
      self.init(bus: UInt8(first), device: UInt8(second), function: UInt8(function))
    }
  }

  /// The last step of a bridge path: this address without its segment and bus.
  package var hop: PCIPath.Hop { PCIPath.Hop(unchecked: device, function) }
}

extension PCIAddress: CustomStringConvertible {
  /// The notation of `lspci -D` and sysfs: `0000:00:05.0`.
  package var description: String {
    hexadecimal(segment, width: 4) + ":" + hexadecimal(bus, width: 2) + ":" + hexadecimal(device, width: 2) + "."
      + String(function)
  }
}

#if !hasFeature(Embedded)
  extension PCIAddress: Codable {
    package init(from decoder: any Decoder) throws {
      self = try decoder.singleValue(named: "a PCI address", PCIAddress.init(parsing:))
    }
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(description)
    }
  }
#endif
