// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// What an exercise will do, or why it will not: computed from evidence alone, before anything is touched.
package struct ExercisePlan: Hashable, Sendable {
  /// Why no exercise is made, and what would help.
  package struct Refusal: Error, Hashable, Sendable {
    /// One line for a person.
    package let message: String
    package init(_ message: String) { self.message = message }
  }

  /// What is asked for in the end, in bytes, and how it is known.
  package let original: UInt64
  package let originalSource: String
  /// The guest's size now, in bytes.
  package let actual: UInt64
  package let purpose: ExerciseEvidence.Purpose
  /// The least that will be asked for by what is known now, in bytes.
  package let lowest: UInt64
  /// The rule that holds at every step; `nil` when the guest's word is not trusted and somebody named a size.
  package let floor: SafetyFloor?
  /// Below which somebody will not have it go, in bytes.
  package let named: UInt64?
  /// How far apart two sizes are, in bytes.
  package let step: UInt64

  /// How near a size counts as reached: drivers work in batches, Windows' in 2 MiB.
  package static let tolerance: UInt64 = 4 << 20
  /// The one step that proves that nobody follows: four times what counts as reached, and little enough for a driver
  /// that starts just then.
  package static let proofStep: UInt64 = 16 << 20
  /// How many steps an inflation has, when none of them is below 32 MiB.
  static let steps: UInt64 = 8
  private static let leastStep: UInt64 = 32 << 20

  /// - Parameters:
  ///   - evidence: of a collection that has watched the guest until its statistics advanced.
  ///   - recorded: what a journal says that the balloon had been asked for, in bytes.
  ///   - named: `--down-to`, in bytes.
  ///   - driver: the finding that says that nobody in the guest serves the balloon; `nil` without one.
  ///   - statistics: the finding that says that the statistics are of no use; `nil` without one.
  package init(
    _ evidence: Evidence, recorded: UInt64?, named: UInt64?, driver: String?, statistics: String?
  ) throws(Refusal) {
    if evidence.device.qomPath.isAbsent || evidence.configuration.model.value == "none" {
      throw Refusal("the machine has no balloon")
    }
    if evidence.hasXenBalloon { throw Refusal("the balloon is Xen's, which is driven in another way") }
    if let state = evidence.domain.state.value, !["running", "blocked", "idle"].contains(state) {
      throw Refusal("the guest is not running (\(state)), so its balloon cannot move")
    }
    if let events = evidence.domain.interruptions.value, !events.isEmpty {
      throw Refusal(
        "the guest did not run undisturbed just now (\(events.joined(separator: ", "))): try again when it does")
    }
    guard let reading = evidence.readings.last, let actual = reading.actual.value, actual > 0 else {
      let reason = evidence.readings.last?.actual.failure?.detail ?? "nobody told it"
      throw Refusal("the balloon's size is not known: \(reason)")
    }
    self.actual = actual
    (original, originalSource) = Self.original(evidence, actual: actual, recorded: recorded, isServed: driver == nil)

    if driver != nil {
      guard actual > Self.proofStep * 4 else { throw Refusal("the guest is too small for even one step of 16 MiB") }
      purpose = .proof
      (floor, self.named, step) = (nil, nil, Self.proofStep)
      lowest = actual - Self.proofStep
      return
    }
    purpose = .measure
    let look = ExerciseReading(reading, guest: Self.word(of: evidence))
    let rule = SafetyFloor(
      actual: actual, family: evidence.guest.osFamily.value ?? evidence.domain.osFamily.value)
    let doubt = statistics ?? Self.doubt(evidence)
    if let doubt {
      guard let named else {
        throw Refusal(
          "the guest's statistics cannot be trusted (\(doubt)), so nobody knows how much it can spare; mend that, or "
            + "say yourself how far it may go: --down-to SIZE")
      }
      (floor, self.named, lowest) = (nil, named, named)
    } else {
      guard let least = rule.floor(look) else {
        throw Refusal("the guest does not say how much memory is available; say yourself how far: --down-to SIZE")
      }
      (floor, self.named) = (rule, named)
      lowest = max(least, named ?? 0)
    }
    guard lowest < actual, actual - lowest >= Self.proofStep else {
      let available = SafetyFloor.available(look).map { "\($0 >> 20) MiB are available" } ?? "unknown"
      throw Refusal(
        doubt == nil && lowest > (named ?? 0)
          ? "the guest can spare nothing: \(available), and it is to keep \(rule.margin >> 20) MiB; nothing was touched"
          : "--down-to is not 16 MiB or more below the guest's size of \(actual >> 20) MiB: there is nothing to do")
    }
    let even = (actual - lowest) / Self.steps
    step = max(Self.leastStep, ((even + (1 << 20) - 1) >> 20) << 20)
  }

  /// What the balloon had been asked for. A journal knows best. Else the configuration does where it is believable: the
  /// guest has that size, or nobody serves the balloon and so nothing that was asked for shows. A guest that follows
  /// and has another size was given it since the start, or does not get further: it is left as it was found.
  private static func original(
    _ evidence: Evidence, actual: UInt64, recorded: UInt64?, isServed: Bool
  ) -> (UInt64, String) {
    if let recorded { return (recorded, "the journal of an exercise that was not ended") }
    if let target = evidence.configuration.target.value, target > 0 {
      let isThere = actual > target ? actual - target <= tolerance : target - actual <= tolerance
      let source = evidence.configuration.target.provenance.source
      if isThere || !isServed { return (target, "the stored configuration (\(source))") }
      return (
        actual,
        "its size when the exercise began; the stored configuration names another one (\(target >> 20) MiB, \(source))"
      )
    }
    return (actual, "its size when the exercise began; nobody keeps a record of what was asked for")
  }

  /// The agent's word in the evidence.
  private static func word(of evidence: Evidence) -> GuestReading? {
    guard evidence.guest.agent.value != nil else { return nil }
    return GuestReading(memory: evidence.guest.memory, statistics: evidence.guest.statistics)
  }

  /// Why the statistics cannot carry a floor; `nil` when they can.
  private static func doubt(_ evidence: Evidence) -> String? {
    guard let last = evidence.readings.last else { return "there are none" }
    if let failure = last.statistics.failure { return failure.detail }
    guard let update = last.lastUpdate.value else { return "the guest never delivered any" }
    guard let first = evidence.readings.first?.lastUpdate.value, update > first else {
      return "they did not advance while the guest was watched"
    }
    let values = last.values
    guard let available = values["availableMemory"] ?? values["freeMemory"] else {
      return "available memory is missing"
    }
    if let total = values["totalMemory"], available > total { return "more is available than there is" }
    return nil
  }

  /// The sizes to ask for on the way down, the lowest one last.
  package var downward: [UInt64] {
    var sizes: [UInt64] = []
    var size = actual
    while size > lowest, size - lowest > step, sizes.count < 64 {
      size -= step
      sizes.append(size)
    }
    return sizes + [lowest]
  }

  /// In one line, before it begins.
  package var announcement: String {
    let mebibytes = { (bytes: UInt64) in "\(bytes >> 20) MiB" }
    switch purpose {
    case .proof:
      return "ask the balloon for \(mebibytes(lowest)) instead of \(mebibytes(actual)), to see that nobody follows, "
        + "and then for \(mebibytes(original)) again"
    case .measure:
      return "take the guest from \(mebibytes(actual)) down to \(mebibytes(lowest)) in \(downward.count) "
        + "step\(downward.count == 1 ? "" : "s"), and give it \(mebibytes(original)) back"
    }
  }
}

extension ExerciseReading {
  /// The same look as a collection's.
  init(_ reading: Reading, guest: GuestReading?) {
    self.init(
      time: reading.time, actual: reading.actual, lastUpdate: reading.lastUpdate, rss: reading.rss,
      statistics: reading.statistics, guest: guest ?? reading.guest)
  }
}
