// SPDX-License-Identifier: BSD-3-Clause

/// The chain of `device.function` steps from a root bus down to a function, through every bridge between.
///
/// This is the identity of a function that host and guest agree on: bus numbers are assigned anew on each side
/// (libvirt's `bus=` is a controller index, Windows and Linux show what firmware or the system numbered), while the
/// steps are wired by the virtual hardware.
package struct PCIPath: Hashable, Sendable {
  /// One step: a device and function number on one bus.
  package struct Hop: Hashable, Sendable {
    /// The device ("slot") number, 0 to 31.
    package let device: UInt8
    /// The function number, 0 to 7.
    package let function: UInt8

    /// Creates a step; `nil` when `device` exceeds 31 or `function` exceeds 7.
    package init?(device: UInt8, function: UInt8) {
      guard device < 32, function < 8 else { return nil }
      self.init(unchecked: device, function)
    }
    init(unchecked device: UInt8, _ function: UInt8) {
      self.device = device
      self.function = function
    }
    /// Reads `05.0`: two hexadecimal digits at most, a point, one digit.
    package init?(parsing text: String) {
      var scanner = HexScanner(text)
      guard let device = scanner.number(atMost: 2), scanner.skip(UInt8(ascii: ".")),
        let function = scanner.number(atMost: 1), scanner.isAtEnd, device < 32, function < 8
      else { return nil }
      self.init(unchecked: UInt8(device), UInt8(function))
    }
  }

  /// The longest chain that is believed: more bridges than any virtual machine has.
  package static let limit = 32

  /// The steps, the root bus's own first, the function itself last; never empty.
  package let hops: [Hop]
  /// The function itself.
  package var leaf: Hop { hops[hops.count - 1] }
  /// The chain without its last step; empty when the function stands on a root bus.
  package var bridges: ArraySlice<Hop> { hops.dropLast() }

  /// Creates a path; `nil` when `hops` is empty or longer than ``limit``.
  package init?(_ hops: [Hop]) {
    guard !hops.isEmpty, hops.count <= Self.limit else { return nil }
    self.hops = hops
  }

  /// Reads the text form, `02.1/00.0`.
  package init?(parsing text: String) {
    var hops: [Hop] = []
    for step in text.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      guard hops.count < Self.limit, let hop = Hop(parsing: String(decoding: step, as: UTF8.self)) else { return nil }
      hops.append(hop)
    }
    self.init(hops)
  }

  /// The path of a function one step below this one.
  package func appending(_ hop: Hop) -> PCIPath? { PCIPath(hops + [hop]) }
}

extension PCIPath.Hop: CustomStringConvertible {
  /// `05.0`: device in two hexadecimal digits, function in one.
  package var description: String { hexadecimal(device, width: 2) + "." + String(function) }
}

extension PCIPath: CustomStringConvertible {
  /// The steps joined by `/`, as in `02.1/00.0`.
  package var description: String {
    var text = ""
    for hop in hops { text += (text.isEmpty ? "" : "/") + hop.description }
    return text
  }
}

#if !hasFeature(Embedded)
  extension PCIPath: Codable {
    package init(from decoder: any Decoder) throws {
      self = try decoder.singleValue(named: "a PCI bridge path", PCIPath.init(parsing:))
    }
    package func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      try container.encode(description)
    }
  }
#endif
