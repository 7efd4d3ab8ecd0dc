// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Whether memory is in the balloon, or is meant to be: a setting that spoils ballooning matters only then.
enum BalloonUse: Hashable, Sendable {
  /// It holds so many bytes now.
  case inflated(UInt64)
  /// It holds nothing, though so many bytes were asked of it.
  case asked(UInt64)
  /// It holds nothing, and nothing is known to have been asked of it.
  case idle
  case unknown

  /// A setting that spoils what the balloon is used for is to be mended; one that would spoil it is worth knowing.
  var severity: Severity {
    switch self {
    case .inflated, .asked: .warning
    case .idle, .unknown: .note
    }
  }

  /// A sentence behind a space; empty when nothing is known.
  var sentence: String {
    switch self {
    case .inflated(let bytes): " The balloon holds \(EvidenceText.size(bytes)) now."
    case .asked(let bytes): " \(EvidenceText.size(bytes)) were asked of the balloon."
    case .idle: " The balloon holds nothing now."
    case .unknown: ""
    }
  }
}

extension EvidenceReader {
  /// Whether memory is in the balloon, citing what tells. Notes nothing as missing: no rule depends on it alone.
  mutating func balloonUse() -> BalloonUse {
    guard let most = peek(\.configuration.maximum).value else { return .unknown }
    let virtio = virtioMemory() ?? 0
    guard virtio < most else { return .unknown }
    let maximum = most - virtio
    // What the configuration asks for counts virtio-mem.
    let target = virtio > 0 ? nil : peek(\.configuration.target).value
    let isServed = peek(\.device.status).value.map { DeviceState(status: $0) == .started } ?? true
    let index = peek(\.readings).lastIndex { $0.actual.value != nil }
    // Without a driver the size is an earlier boot's.
    let actual = isServed ? index.flatMap { peek(\.readings)[$0].actual.value } : nil
    if let index, let actual, actual < maximum, maximum - actual > BalloonDeviceRules.tolerance {
      _ = read(\.configuration.maximum)
      _ = read(reading: index, \.actual)
      return .inflated(maximum - actual)
    }
    if let target, target < maximum, maximum - target > BalloonDeviceRules.tolerance {
      _ = read(\.configuration.maximum)
      _ = read(\.configuration.target)
      return .asked(maximum - target)
    }
    guard let index, actual != nil else { return .unknown }
    _ = read(reading: index, \.actual)
    return .idle
  }

  /// The status says that no driver serves the balloon: what it shows then may be an earlier boot's.
  mutating func unserved(_ consequence: String) -> Assessment? {
    guard let status = peek(\.device.status).value, DeviceState(status: status) != .started else { return nil }
    _ = read(\.device.status)
    return .notApplicable("No driver serves the balloon now, so \(consequence).")
  }
}
