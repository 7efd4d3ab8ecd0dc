// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Rules about whether the guest's size follows what somebody asked for.
///
/// The target is what the stored configuration asks for at the start; a later `setmem --live` is not recorded anywhere,
/// so both rules name that other explanation and are certain of neither: unless an exercise has asked for a size.
enum TargetRules {
  static let all = [ignored, notReached]

  static let ignored = Rule(
    id: "balloon.target.ignored",
    title: "The guest still has its maximum, though less was asked for",
    severity: .warning,
    confidence: .inferred,
    explanation: """
      The stored configuration asks for less memory than the maximum, and the guest has all of it. A request to the \
      balloon has no acknowledgement: virsh setmem returns success although no driver listens, and the domain goes \
      on showing its actual size. So either nobody in the guest serves the balloon, or its driver runs and does not \
      inflate (Windows while it signals low memory, or when a wait for the host timed out, in drivers before \
      September 2024), or somebody has raised the size since the start, which is recorded nowhere.
      """,
    sources: [
      "libvirt 9.0 and QEMU 7.2.22, measured: setmem without a driver succeeds, and nothing changes",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/772",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/pull/1157",
    ],
    evidence: [
      "domain.hypervisor", "domain.interruptions", "domain.state", "configuration.maximum", "configuration.model",
      "configuration.target", "configuration.virtioMemory", "device.qomPath", "device.siblings", "device.status",
      "exercise.before.actual", "exercise.steps.*.readings.*.actual", "journal.isUnderWay", "journal.original",
      "readings", "readings.*.actual", "readings.*.lastUpdate",
    ],
    remedy: { $0.retarget },
    assess: { assess(&$0, ignored: true) })

  static let notReached = Rule(
    id: "balloon.target.not-reached",
    title: "The guest's size stands still short of what was asked for",
    severity: .note,
    confidence: .inferred,
    explanation: """
      The guest gave back a part of what the stored configuration asks for, and stopped. A guest that runs out of \
      free pages does so: Linux logs "Out of puff! Can't get N pages" and tries again for ever, Windows stops \
      inflating while it signals low memory, and drivers before September 2024 gave up when the host was slow to \
      acknowledge. It is also what a policy looks like that has set another size since the start, which is recorded \
      nowhere. Where the guest's own facts speak of shortage, guest.memory-pressure is found and explains this.
      """,
    sources: [
      "virtio-win Balloon/sys/balloon.c, Balloon/sys/Device.c (LowMemoryCondition)",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/772",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/786",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/pull/1157",
      "Linux drivers/virtio/virtio_balloon.c: \"Out of puff!\"",
    ],
    evidence: [
      "collection.sampled", "domain.hypervisor", "domain.interruptions", "domain.state", "configuration.maximum",
      "configuration.model", "configuration.target", "configuration.virtioMemory", "device.qomPath", "device.status",
      "exercise.before.actual", "exercise.steps.*.readings.*.actual", "journal.isUnderWay", "journal.original",
      "readings", "readings.*.actual",
    ],
    remedy: { $0.retarget },
    assess: { assess(&$0, ignored: false) })

  private static func assess(_ reader: inout EvidenceReader, ignored: Bool) -> Assessment {
    if let excuse = reader.withoutAnyBalloon() { return excuse }
    if case .suspended(let reason) = reader.steadiness() { return .notApplicable(reason) }
    if let proof = reader.exerciseProof() { return assess(proof, ignored: ignored, &reader) }
    if let exercise = reader.unfinishedExercise() { return .notApplicable(exercise) }
    if reader.peek(\.configuration.target).isAbsent {
      _ = reader.read(\.configuration.target)
      return .notApplicable("Nobody is known to have asked for a size.")
    }
    if reader.virtioMemory() != nil {
      return .notApplicable(
        "Part of the guest's memory comes by virtio-mem, which is resized apart from the balloon and counts in what "
          + "the configuration asks for: what is asked of the balloon itself is not known.")
    }
    // A bare monitor and a transient domain keep no record, so there is none to be followed.
    if let failure = reader.peek(\.configuration.target).failure, failure.reason == .notFound {
      _ = reader.read(\.configuration.target)
      return .notApplicable("Nobody keeps a record of what size was asked for.")
    }
    guard let target = reader.require(\.configuration.target),
      let maximum = reader.require(\.configuration.maximum)
    else { return .inconclusive }
    let tolerance = BalloonDeviceRules.tolerance
    guard target < maximum, maximum - target > tolerance else {
      return .notApplicable("What is asked for is the maximum, so there is nothing to give back.")
    }
    guard let (first, last) = reader.sizes() else { return .inconclusive }
    let asked = "The configuration asks for \(EvidenceText.size(target))"
    guard last > target, last - target > tolerance else {
      return .healthy("\(asked), and the guest has \(EvidenceText.size(last)).")
    }
    let isAtMaximum = last >= maximum || maximum - last <= tolerance
    guard isAtMaximum == ignored else {
      return .notApplicable(
        ignored
          ? "The guest has given back a part: see balloon.target.not-reached."
          : "The guest has given back nothing: see balloon.target.ignored.")
    }
    guard reader.collection.sampled, let first else {
      reader.noteNoSample()
      return .inconclusive
    }
    guard first == last else { return .healthy("\(asked), and the guest's size is on its way.") }
    guard reader.steadiness() == .steady else { return .inconclusive }
    let facts =
      "\(asked), and the guest has \(EvidenceText.size(last)) of \(EvidenceText.size(maximum)) and did not move."
    return ignored ? assessIgnored(facts, &reader) : .found(facts + otherwise)
  }

  /// What was asked for in front of one's eyes needs no record, and has no other explanation.
  private static func assess(
    _ proof: ExerciseProof, ignored: Bool, _ reader: inout EvidenceReader
  ) -> Assessment {
    switch (proof, ignored) {
    case (.followed(let facts), _): return .healthy(facts)
    case (.ignored(let facts), true):
      switch reader.operation() {
      case .operating(let reason): return .found("\(facts) Its driver runs (\(reason)).", confidence: .established)
      case .notOperating(let reason, _):
        return .found("\(facts) No driver serves the balloon: \(reason).", confidence: .established)
      case .undecided: return .found(facts, confidence: .established)
      }
    case (.fellShort(let facts), false): return .found(facts, severity: .warning, confidence: .established)
    case (.ignored, false):
      return .notApplicable("The guest has given back nothing: see balloon.target.ignored.")
    case (.fellShort, true):
      return .notApplicable("The guest has given back a part: see balloon.target.not-reached.")
    }
  }

  private static let otherwise = " Unless somebody has set another size since the start."

  private static func assessIgnored(_ facts: String, _ reader: inout EvidenceReader) -> Assessment {
    switch reader.operation() {
    case .operating(let reason): .found(facts + " Its driver runs (\(reason))." + otherwise)
    case .notOperating(let reason, let confidence):
      .found("\(facts) No driver serves the balloon: \(reason).", confidence: confidence)
    case .undecided: .found(facts + otherwise)
    }
  }
}

extension EvidenceReader {
  /// What our journal says of an exercise that has not put back what it took, cited: then the size is what that has
  /// made of it.
  fileprivate mutating func unfinishedExercise() -> String? {
    guard let journal = peek(\.journal), let exercise = peek(\.unfinishedExercise) else { return nil }
    if case .underWay = exercise { cite(exercisePart: journal.isUnderWay, at: "journal.isUnderWay") }
    if journal.original.value != nil { cite(exercisePart: journal.original, at: "journal.original") }
    return exercise.sentence(of: target, size: EvidenceText.size)
  }

  /// The guest's size at the first and the last reading (`first` is `nil` when there is one only), cited; `nil`, with
  /// what is missing noted, when there is none.
  fileprivate mutating func sizes() -> (first: UInt64?, last: UInt64)? {
    let readings = peek(\.readings)
    guard let end = readings.indices.last else {
      note(missing: "the balloon's size was not read", at: "readings", ask: diagnose())
      return nil
    }
    let known = readings.indices.filter { readings[$0].actual.value != nil }
    guard let last = known.last, let size = read(reading: last, \.actual)?.value else {
      note(missing: readings[end].actual, at: "readings.\(end).actual")
      return nil
    }
    guard let first = known.first, first != last else { return (nil, size) }
    // Any size in between that differs is movement too.
    let moved = known.first { readings[$0].actual.value != size } ?? first
    return (read(reading: moved, \.actual)?.value, size)
  }
}

extension RemedyContext {
  /// Asks for the size again and watches what happens.
  fileprivate var retarget: [RemedyStep] {
    let again = RemedyStep(
      .host,
      vmid == nil
        ? "Ask for the size again (SIZE with its unit, such as 2GiB) and watch whether actual moves."
        : "Ask for the size again and watch whether actual moves: type `balloon MIB`, then `info balloon`.",
      command: virsh("setmem", "SIZE --live") ?? qm("monitor")
        ?? monitor("{\"execute\": \"balloon\", \"arguments\": {\"value\": BYTES}}"))
    let windows = [
      RemedyStep(
        .guest, "See how much memory is available; the driver stops while Windows signals low memory.",
        command: "typeperf \"\\Memory\\Available MBytes\" -sc 1"),
      RemedyStep(.guest, "Update the balloon's driver to one of September 2024 or later."),
    ]
    let linux = [
      RemedyStep(.guest, "See whether the driver ran out of pages.", command: "dmesg | grep -i 'out of puff'"),
      RemedyStep(.guest, "See what is available.", command: "free -m"),
    ]
    let guestSteps = steps(windows: windows, linux: linux)
    return [again] + guestSteps + [checkAgain]
  }
}
