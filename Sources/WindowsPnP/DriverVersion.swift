// SPDX-License-Identifier: BSD-3-Clause

/// The version of a driver or of a file: four numbers, `100.101.104.28500`.
package struct DriverVersion: Hashable, Comparable, Sendable {
  /// All four in one number, the first the highest; its order is theirs.
  package let packed: UInt64

  package init(_ first: UInt16, _ second: UInt16, _ third: UInt16, _ fourth: UInt16) {
    packed = UInt64(first) << 48 | UInt64(second) << 32 | UInt64(third) << 16 | UInt64(fourth)
  }
  /// dwFileVersionMS and dwFileVersionLS of VS_FIXEDFILEINFO, one after the other.
  package init(packed: UInt64) { self.packed = packed }

  /// Reads four decimal numbers from 0 to 65535 with points between; `nil` for anything else, fewer numbers included.
  package init?(_ text: String) {
    guard text.utf8.count <= 23 else { return nil }
    var scanner = ASCIIScanner(text)
    guard let first = scanner.decimal(atMost: 0xffff), scanner.skip(UInt8(ascii: ".")),
      let second = scanner.decimal(atMost: 0xffff), scanner.skip(UInt8(ascii: ".")),
      let third = scanner.decimal(atMost: 0xffff), scanner.skip(UInt8(ascii: ".")),
      let fourth = scanner.decimal(atMost: 0xffff), scanner.isAtEnd
    else { return nil }
    packed = first << 48 | second << 32 | third << 16 | fourth
  }

  package var first: UInt16 { UInt16(truncatingIfNeeded: packed >> 48) }
  package var second: UInt16 { UInt16(truncatingIfNeeded: packed >> 32) }
  package var third: UInt16 { UInt16(truncatingIfNeeded: packed >> 16) }
  package var fourth: UInt16 { UInt16(truncatingIfNeeded: packed) }

  package static func < (lesser: DriverVersion, greater: DriverVersion) -> Bool { lesser.packed < greater.packed }
}

extension DriverVersion: CustomStringConvertible {
  package var description: String {
    String(first) + "." + String(second) + "." + String(third) + "." + String(fourth)
  }
}
