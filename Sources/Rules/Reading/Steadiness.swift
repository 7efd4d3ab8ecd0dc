// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Whether the guest ran undisturbed while it was looked at, so that change, or its lack, may be judged.
enum Steadiness: Hashable, Sendable {
  case steady
  /// It did not; the sentence says why.
  case suspended(String)
  /// Nobody knows whether it ran.
  case unknown

  /// The words for a guest whose processors run. `blocked` and `idle` are libvirt's for one that waits.
  static let running: Set<String> = ["running", "blocked", "idle"]
  /// What ends the guest's boot: what was read before may be another boot's.
  static let newBoot: Set<String> = ["RESET", "restarted", "stopped"]
}

extension EvidenceReader {
  /// The one judgement behind every rule about change: the guest runs, and nothing happened to it meanwhile.
  ///
  /// Notes what is missing when it cannot be told.
  mutating func steadiness() -> Steadiness {
    if let state = peek(\.domain.state).value, !Steadiness.running.contains(state) {
      _ = read(\.domain.state)
      return .suspended("The guest is not running (\(EvidenceText.name(state))), so no change can be expected.")
    }
    if let events = peek(\.domain.interruptions).value, !events.isEmpty {
      _ = read(\.domain.interruptions)
      return .suspended(
        "The guest did not run undisturbed while it was looked at (\(EvidenceText.name(events.joined(separator: ", ")))"
          + "), so no change may be judged.")
    }
    guard require(\.domain.state) != nil, ask(\.domain.interruptions).failure == nil else { return .unknown }
    return .steady
  }

  /// Whether the guest was reset or started anew while it was looked at: then a status may be of either boot.
  mutating func wasRebooted() -> Bool {
    guard let events = peek(\.domain.interruptions).value, events.contains(where: Steadiness.newBoot.contains) else {
      return false
    }
    _ = read(\.domain.interruptions)
    return true
  }
}
