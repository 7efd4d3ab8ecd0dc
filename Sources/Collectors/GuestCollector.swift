// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Gathers one guest's evidence. Each source has a deadline of its own, and one that fails hides no other.
package struct GuestCollector: Sendable {
  package let options: CollectionOptions
  let clock: WallClock
  /// What qemu-ga is to run in the guest; `nil` unless somebody has asked for that.
  let probe: GuestProbe?

  package init(_ options: CollectionOptions, clock: WallClock = .system, probe: GuestProbe? = nil) {
    self.options = options
    self.clock = clock
    self.probe = probe
  }

  /// How long a probe's programs may take together.
  var probeTime: Duration { options.deadline * 3 }

  /// When a call that begins now has to end.
  var deadline: ContinuousClock.Instant { .now + options.deadline }

  /// Evidence in which nothing has been asked yet.
  func start(_ target: Target, notices: [String]) -> Evidence {
    let now = clock.now()
    return .unknown(
      Failure(.notAsked, "no source was asked"), target: target,
      collection: Collection(
        tool: options.tool, started: now, finished: now, sampled: false, sources: [], notices: notices))
  }

  /// Takes the readings that follow the first, when change is to be judged and the guest runs.
  func sample(_ evidence: inout Evidence, _ read: @escaping @Sendable () async -> Reading) async {
    guard !options.quick, let first = evidence.readings.first, first.actual.value != nil,
      evidence.domain.state.value == "running"
    else { return }
    let period = evidence.device.pollingInterval.value ?? evidence.configuration.statsPeriod.value
    let sampler = Sampler(clock: .continuous, period: period, target: evidence.configuration.target.value)
    evidence.readings += await sampler.sample(after: first, read)
    evidence.collection.sampled = true
  }
}
