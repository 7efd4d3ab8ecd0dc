// SPDX-License-Identifier: BSD-3-Clause

/// How well a driver fits a device, 0xSSGGTHHH: signature, feature and identifier score. The lowest rank wins.
///
/// Source: Windows driver documentation, "How Windows ranks driver packages" (Vista and later).
package struct DriverRank: RawRepresentable, Hashable, Comparable, Sendable {
  package let rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// By which ids device and INF met.
  package enum Match: UInt8, Sendable {
    /// A hardware id of both.
    case hardware = 0
    /// The device's hardware id, a compatible id of the INF.
    case compatibleInINF = 1
    /// A compatible id of the device, the INF's hardware id: the generic driver for `PCI\CC_0500`, for one.
    case compatibleOfDevice = 2
    /// A compatible id of both.
    case compatible = 3
  }

  /// 0 is what Windows trusts most, whoever of the trusted signers it was. An early Windows Vista kept the kind of
  /// signature here as well (0x0d for its own drivers).
  package var signatureScore: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 24) }
  /// Whether the package has a signature that Windows trusts: DRIVER_UNTRUSTED_RANK is not in it.
  package var isTrusted: Bool { rawValue & 0x8000_0000 == 0 }
  /// 0xff unless the INF sets a FeatureScore.
  package var featureScore: UInt8 { UInt8(truncatingIfNeeded: rawValue >> 16) }
  /// `nil` for a kind of match that is not documented.
  package var match: Match? { Match(rawValue: UInt8(truncatingIfNeeded: rawValue >> 12) & 0xf) }
  /// Which id of the list met, 0 the most specific.
  package var position: UInt16 { UInt16(truncatingIfNeeded: rawValue & 0xfff) }

  package static func < (better: DriverRank, worse: DriverRank) -> Bool { better.rawValue < worse.rawValue }
}

extension DriverRank: CustomStringConvertible {
  /// Eight hexadecimal digits, as in SetupAPI's log: `0x00ff2007`.
  package var description: String {
    let digits = String(rawValue, radix: 16)
    return "0x" + String(repeating: "0", count: 8 &- digits.utf8.count) + digits
  }
}
