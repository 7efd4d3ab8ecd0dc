// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// How much memory an exercise leaves a guest. The one place of this rule:
///
/// - The **margin** is what stays available in the guest: 256 MiB, or a tenth of its size when that is more. A guest
///   that is not known to be Linux keeps twice that. Windows' driver stops inflating by itself while Windows signals
///   low memory (virtio-win Balloon/sys/balloon.c); how Windows does shortly before that is not for an exercise to find
///   out.
/// - The **floor** is the size at which the guest would be left with the margin and an eighth more, by what it says is
///   available now: `actual - (available - margin * 9/8)`, rounded up to a MiB. The eighth is for what the guest's own
///   programs take meanwhile, so that a healthy guest reaches the floor without being stopped for it.
/// - What is available is the guest's word alone. Where statistics and agent both tell, the less of the two counts. A
///   guest that names no available memory (old drivers) is taken at its free memory, which is less.
/// - Available memory that exceeds the guest's size is no measure of anything, and gives no floor.
///
/// The floor is computed anew before every step, from statistics that came after the last one.
package struct SafetyFloor: Hashable, Sendable {
  /// What is to stay available, in bytes.
  package let margin: UInt64
  /// Whether the system is known to be Linux.
  package let isLinux: Bool

  private static let least: UInt64 = 256 << 20
  /// More memory than there is: sums of what is below never overflow.
  private static let most: UInt64 = 1 << 60

  /// - Parameters:
  ///   - actual: the guest's size when the exercise began, in bytes.
  ///   - family: `linux`, `windows`, or another word; `nil` when it is not known.
  package init(actual: UInt64, family: String?) {
    isLinux = family == "linux"
    let margin = max(Self.least, min(actual, Self.most) / 10)
    self.margin = isLinux ? margin : margin * 2
  }

  /// The margin and an eighth, in bytes.
  private var aim: UInt64 { margin + margin / 8 }

  /// The least size that may be asked for by this look, in bytes: `actual` itself where nothing can be spared; `nil`
  /// when the guest does not tell what is available, or tells what cannot be.
  package func floor(_ reading: ExerciseReading) -> UInt64? {
    guard let actual = reading.actual.value, actual < Self.most, let available = Self.available(reading),
      available <= actual
    else { return nil }
    guard available > aim else { return actual }
    let floor = actual - (available - aim)
    let mebibyte: UInt64 = 1 << 20
    return min(actual, (floor + (mebibyte - 1)) / mebibyte * mebibyte)
  }

  /// What the guest says is available, in bytes: the least that anybody names.
  package static func available(_ reading: ExerciseReading) -> UInt64? {
    func word(_ leaves: [String: UInt64]) -> UInt64? { leaves["availableMemory"] ?? leaves["freeMemory"] }
    let memory = reading.guest?.memory.value?["available"]?.value
    let statistics = (reading.guest?.statistics.value ?? [:]).compactMapValues(\.value)
    return [word(reading.values), memory, word(statistics)].compactMap { $0 }.min()
  }

  /// How the floor came about, for a report.
  package func reason(_ reading: ExerciseReading) -> String {
    let mebibytes = { (bytes: UInt64) in "\(bytes >> 20) MiB" }
    let rule =
      isLinux
      ? "256 MiB, or a tenth of its size when that is more"
      : "512 MiB, or a fifth of its size when that is more, as it is not known to be Linux"
    let available = Self.available(reading).map { "the guest says that \(mebibytes($0)) are available" }
    return "\(mebibytes(margin)) are to stay available in the guest (\(rule)); "
      + (available ?? "the guest does not say what is available")
  }
}
