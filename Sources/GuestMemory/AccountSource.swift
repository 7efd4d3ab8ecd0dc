// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The evidence as an account reads it.
struct AccountSource {
  let evidence: Evidence
  let figures: GuestFigures?
  let reading: Reading?
  /// `linux` or `windows`, by the guest's word or else the host's records.
  let family: String?

  init(_ evidence: Evidence) {
    self.evidence = evidence
    figures = GuestFigures.best(evidence)
    reading = evidence.readings.last
    family = evidence.guest.osFamily.value ?? evidence.guest.qemuGA?.osFamily ?? evidence.domain.osFamily.value
  }

  var isWindows: Bool { family == "windows" }
  var isLinux: Bool { family == "linux" }

  /// A leaf that nobody could tell, for want of a source.
  static func missing(_ reason: String, ask: String? = nil) -> Observation<UInt64> {
    .failed(Failure(.notAsked, reason, ask: ask), Provenance("", trust: .host, time: nil))
  }

  /// What the agent tells by that name of `guest.memory`, or why it does not.
  func agent(_ name: String) -> Observation<UInt64> {
    if let figures, figures.witness == .agent, let leaf = figures[name] { return leaf }
    switch evidence.guest.memory {
    case .observed(let leaves, let provenance):
      return leaves[name]
        ?? .failed(
          Failure(.unsupported, "the agent in the guest does not tell it; a newer virt-balloon-agent may"), provenance)
    case .absent(let provenance): return .absent(provenance)
    case .failed(let failure, let provenance): return .failed(failure, provenance)
    }
  }

  /// The size of the balloon's machine at the last reading.
  var actual: Observation<UInt64> {
    reading?.actual ?? Self.missing("the balloon's size was not read", ask: "virsh dommemstat DOMAIN")
  }

  /// What is known of virtio-mem; 0 when the machine has none or nobody knows of any.
  var virtioMemory: UInt64 {
    evidence.configuration.virtioMemory.value.flatMap { $0 < MemoryBucket.most ? $0 : nil } ?? 0
  }

  /// What is known of plugged-in DIMMs; 0 when the machine has none or nobody knows of any.
  var dimmMemory: UInt64 { Self.plausible(evidence.configuration.dimmMemory) ?? 0 }

  /// What the machine has at its start, for which its guest's kernel sets things aside at boot: the maximum without
  /// what is plugged in, which firmware's map of memory does not have (measured with QEMU 7.2 and Linux 6.1, DIMMs of
  /// the command line among them). `nil` when the maximum is not known.
  var startMemory: UInt64? {
    guard let maximum, dimmMemory + virtioMemory > 0 else { return maximum }
    if let told = Self.plausible(evidence.configuration.baseMemory), told <= maximum { return told }
    return maximum > dimmMemory + virtioMemory ? maximum - dimmMemory - virtioMemory : maximum
  }

  /// A leaf's value, when it can be one.
  static func plausible(_ leaf: Observation<UInt64>?) -> UInt64? {
    leaf?.value.flatMap { $0 < MemoryBucket.most ? $0 : nil }
  }

  var maximum: UInt64? { Self.plausible(evidence.configuration.maximum) }
  var total: UInt64? { Self.plausible(figures?["total"]) }

  /// Where the guest counts the balloon; `nil` when its total or the balloon is not known.
  func place(of balloon: BalloonFigures, reserved: UInt64) -> BalloonPlace? {
    guard let total, let bytes = balloon.main.bytes else { return nil }
    return BalloonPlace(
      balloon: bytes, maximum: maximum, reserved: reserved, total: total, isWindows: isWindows,
      features: evidence.device.guestFeatures.value)
  }
}
