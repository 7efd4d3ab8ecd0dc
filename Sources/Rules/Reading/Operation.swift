// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// How far a guest's driver has got with the balloon, by the virtio status bits (virtio 1.2, 2.1).
enum DeviceState: Hashable, Sendable {
  /// Nobody has touched it since the last reset.
  case untouched
  /// The transport is bound, and no balloon driver: ACKNOWLEDGE alone.
  case transportOnly
  /// A driver began and did not finish.
  case unfinished
  /// The driver gave up, or the device did: FAILED, NEEDS_RESET.
  case broken(String)
  /// DRIVER_OK.
  case started
  /// Words that say none of this.
  case unclear

  init(status: [String]) {
    if let word = ["FAILED", "NEEDS_RESET"].first(where: status.contains) {
      self = .broken(word)
    } else if status.contains("DRIVER_OK") {
      self = .started
    } else if status.contains("DRIVER") {
      self = .unfinished
    } else if status.isEmpty {
      self = .untouched
    } else {
      self = status == ["ACKNOWLEDGE"] ? .transportOnly : .unclear
    }
  }

  /// Whether a driver took the device and does not serve it.
  var isStuck: Bool {
    switch self {
    case .unfinished, .broken: true
    case .untouched, .transportOnly, .started, .unclear: false
    }
  }

  /// The state in a clause about the balloon.
  var words: String {
    switch self {
    case .untouched: "no driver has touched the device (its virtio status is empty)"
    case .transportOnly: "only a virtio transport has acknowledged the device; no balloon driver has taken it"
    case .unfinished: "a driver took the device and did not finish starting (no DRIVER_OK)"
    case .broken("FAILED"): "the device's virtio status has FAILED (the guest's driver has given up on the device)"
    case .broken(let word):
      "the device's virtio status has \(word) (the device has met an error that it cannot recover from, and waits "
        + "for its driver to reset it)"
    case .started: "the device's virtio status has DRIVER_OK"
    case .unclear: "the device's virtio status is not understood"
    }
  }
}

/// Whether a driver serves the balloon.
enum Operation: Hashable, Sendable {
  /// It does; the clause says what shows it.
  case operating(String)
  /// It does not; the clause says what shows it.
  case notOperating(String, Confidence)
  case undecided
}

extension EvidenceReader {
  /// What the host's facts alone say, citing what decides; notes what is missing when nothing does.
  mutating func hostOperation() -> Operation {
    if wasRebooted() {
      note(
        missing: "the guest was started anew while it was looked at", at: "domain.interruptions", ask: diagnose())
      return .undecided
    }
    if let status = peek(\.device.status).value {
      _ = read(\.device.status)
      return operation(of: DeviceState(status: status))
    }
    switch steadiness() {
    case .suspended(let reason): note(missing: reason, at: "domain.state", ask: nil)
    case .steady, .unknown:
      if advance() == .advanced {
        return .operating("the guest delivered new statistics while it was looked at")
      }
      if let recent = recentAnswer() { return .operating(recent) }
    }
    _ = ask(\.device.status)
    return .undecided
  }

  private mutating func operation(of state: DeviceState) -> Operation {
    switch state {
    case .started: return .operating(state.words)
    case .unfinished, .broken: return .notOperating(state.words, .established)
    case .untouched, .transportOnly:
      if advance() == .advanced {
        note(
          missing: "the status says that no driver runs, yet statistics arrived: the guest changed meanwhile",
          at: "device.status", ask: diagnose())
        return .undecided
      }
      guard let up = systemUp() else {
        noteSystemUnknown()
        return .undecided
      }
      let words = state.words + ", although " + up.reason
      return .notOperating(words, up.isByTimeAlone ? .inferred : .established)
    case .unclear:
      note(missing: "the status is in words that are not known", at: "device.status", ask: nil)
      return .undecided
    }
  }

  /// What can be said at all: the host's facts, and the guest's word where the host is silent.
  mutating func operation() -> Operation {
    let host = hostOperation()
    guard case .undecided = host, peek(\.device.status).value == nil, !wasRebooted() else { return host }
    switch guestHold() {
    case .balloonDriver(let name, started: true): return .operating("the guest says that \(name) runs the balloon")
    case .balloonDriver(let name, started: false):
      return .notOperating(
        "the guest says that \(name) holds the balloon and did not start" + problemInBrackets(), .established)
    case .nobody:
      return .notOperating(
        "the guest says that no driver holds the balloon" + problemInBrackets(),
        presenceInDoubt() == nil ? .established : .inferred)
    case .other(let name, _):
      return .notOperating(
        "the guest says that \(name), which is no balloon driver, holds the balloon",
        presenceInDoubt() == nil ? .established : .inferred)
    case .balloonDriver(_, started: nil), .unrecognised, .unknown, nil:
      // Whoever holds it: Windows does not use a device that has a problem.
      let problem = problemInBrackets()
      return problem.isEmpty
        ? .undecided : .notOperating("Windows says that it does not use the balloon" + problem, .established)
    }
  }
}
