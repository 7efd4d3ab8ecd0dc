// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// Gathers one guest's evidence. Each source has a deadline of its own, and one that fails hides no other.
package struct GuestCollector: Sendable {
  package let options: CollectionOptions
  let clock: WallClock
  /// What qemu-ga is to run in the guest; `nil` unless somebody has asked for that.
  let probe: GuestProbe?
  /// Where what sources say is taken down; `nil` costs nothing.
  let transcript: Transcript?
  /// Who is told how far the evidence has come; `nil` for nobody.
  let progress: CollectionProgress?
  /// What looks at the machine that runs the guest.
  let machine: HostCollector
  /// What reads the log of QEMU, when there is a transcript.
  let log: HypervisorLog

  package init(
    _ options: CollectionOptions, clock: WallClock = .system, probe: GuestProbe? = nil, transcript: Transcript? = nil,
    progress: CollectionProgress? = nil
  ) {
    self.init(
      options, clock: clock, probe: probe, transcript: transcript, progress: progress,
      machine: HostCollector(clock: clock), log: HypervisorLog())
  }

  init(
    _ options: CollectionOptions, clock: WallClock, probe: GuestProbe? = nil, transcript: Transcript? = nil,
    progress: CollectionProgress? = nil, machine: HostCollector, log: HypervisorLog
  ) {
    self.options = options
    self.clock = clock
    self.probe = probe
    self.transcript = transcript
    self.progress = progress
    self.machine = machine
    self.log = log
  }

  /// Whether the guest is watched for a time that somebody named.
  var watches: Bool { options.duration != nil && !options.quick }

  /// Where the agent's connection is kept while the guest is watched; `nil` when it is not.
  func keptAgent() -> KeptAgent? { watches ? KeptAgent(clock: clock) : nil }

  /// How long a probe's programs may take together.
  var probeTime: Duration { options.deadline * 3 }

  /// How long one guest may take in all, for a ``ParallelRun``: what is asked one after the other has a deadline each,
  /// and a source that missed one is not asked again.
  package var guestTime: Duration {
    let window: Duration =
      options.quick ? .zero : options.duration.map { min($0, Watch.longest) } ?? Sampler.longestWindow
    return window + options.deadline * 4 + (probe == nil ? .zero : probeTime)
  }

  /// When a call that begins now has to end.
  var deadline: ContinuousClock.Instant { .now + options.deadline }

  /// Evidence in which nothing has been asked yet.
  func start(_ target: Target, notices: [String]) -> Evidence {
    let now = clock.now()
    var evidence = Evidence.unknown(
      Failure(.notAsked, "no source was asked"), target: target,
      collection: Collection(
        tool: options.tool, started: now, finished: now, sampled: false, sources: [], notices: notices))
    if options.host || transcript != nil { evidence.host = machine.collect(for: target) }
    return evidence
  }

  /// Takes the readings that follow the first, when change is to be judged and the guest runs, or somebody wants to
  /// watch it.
  ///
  /// - Parameter agent: who is asked for the guest's word at each reading of a watch.
  func sample(
    _ evidence: inout Evidence, _ agent: KeptAgent? = nil, _ runner: SourceRunner? = nil,
    _ read: @escaping @Sendable () async -> Reading
  ) async {
    guard !options.quick, let first = evidence.readings.first, first.actual.value != nil else { return }
    if let duration = options.duration {
      await watch(&evidence, for: duration, agent, runner, read)
      return
    }
    guard evidence.domain.state.value == "running" else { return }
    let period = evidence.device.pollingInterval.value ?? evidence.configuration.statsPeriod.value
    let sampler = Sampler(clock: .continuous, period: period, target: evidence.configuration.target.value)
    evidence.readings += await sampler.sample(after: first) { await uncancelled(read) }
    // A window that was cut short shows nothing of what does not change.
    evidence.collection.sampled = !Task.isCancelled
  }

  /// Keeps every reading of a time that somebody named, with the agent's word beside it.
  private func watch(
    _ evidence: inout Evidence, for duration: Duration, _ agent: KeptAgent?, _ runner: SourceRunner?,
    _ read: @escaping @Sendable () async -> Reading
  ) async {
    let watch = Watch(clock: .continuous, duration: duration, interval: options.interval)
    if let notice = watch.notice(asked: options.interval) { evidence.collection.notices.append(notice) }
    // What a reading waits for the agent: no longer than the rhythm allows, unless that is quicker than any agent.
    let patience = min(options.deadline, max(watch.interval, .seconds(1)))
    var sampled = evidence
    // The guest that did not run at the beginning tells nothing of change.
    sampled.collection.sampled = evidence.domain.state.value == "running"
    let took = await watch.run {
      // Half a reading is of no use: what has been asked is waited for, each by its own deadline.
      await uncancelled {
        async let word = agent?.reading(within: patience)
        var reading = await read()
        reading.guest = await word
        return reading
      }
    } keep: { reading in
      sampled.readings.append(reading)
      if let runner { await publish(sampled, runner) }
    }
    if let failure = agent?.failure {
      sampled.collection.notices.append("The agent was asked no more while the guest was watched: \(failure.detail).")
    }
    if took < watch.duration - watch.interval {
      sampled.collection.notices.append(
        "The guest was watched for \(took.seconds) s of \(watch.duration.seconds) s: somebody interrupted it.")
    }
    evidence = sampled
  }
}
