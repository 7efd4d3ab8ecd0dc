// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Collectors
import Reports
import Rules
import SupportBundle
import Synchronization

/// Looks at all running guests for a page of metrics.
struct ExportRun: Sendable {
  let options: CollectionOptions
  let target: TargetOptions
  /// What is remembered from one page to the next.
  let memory = Memory()

  final class Memory: Sendable {
    let readings = Mutex(ExportReadings())
    let ledger = Mutex(VersionLedger())
    let hung = Mutex(HungHosts())
  }

  private enum Kept: Sendable {
    case guest(GuestExposition)
    case lost(Failure)
    /// A socket may be left by one that has ended.
    case gone
  }

  /// - Parameters:
  ///   - budget: how long it may take in all; what was not had by then is left out, and told. `nil` gives each guest
  ///     its own time.
  ///   - complain: takes a line for each host or guest that could not be looked at.
  func page(within budget: Duration?, complain: (String) -> Void = { _ in }) async -> OpenMetrics {
    let begun = ContinuousClock.now
    var (options, target) = (options, target)
    if let budget {
      // A host that hangs must leave time for the guests of the others.
      target.seconds = min(target.seconds, budget / .seconds(1) * 0.4)
      options.deadline = min(options.deadline, budget * 0.5)
    }
    let hosts = hosts
    let resting = budget == nil ? [] : hosts.filter { host in memory.hung.withLock { $0.isResting(host, .now) } }
    target.connections.removeAll { connection in resting.contains { $0.location == connection } }
    let found = resting.count == hosts.count ? GuestSearch.Found() : await GuestSearch(options: target).find()
    let unreachable = Set(found.unreachable.map(\.target)).union(resting)
    memory.hung.withLock { hung in
      for host in hosts where !unreachable.contains(host) { hung.forgive(host) }
      for lost in found.unreachable where lost.failure.reason == .timedOut { hung.note(lost.target, .now) }
    }
    let kept = await collect(found.guests, options, target, end: budget.map { begun + $0 })
    var guests: [GuestExposition] = []
    var lost: [Target] = []
    for (place, kept) in zip(found.guests, kept) {
      switch kept {
      case .guest(let guest): guests.append(guest)
      case .lost(let failure):
        lost.append(place.target)
        complain(failure.line(of: place.target))
      case .gone: break
      }
    }
    for host in found.unreachable { complain(host.line) }
    let page = FleetMetrics(
      guests: guests, lost: lost, hosts: hosts.map { FleetMetrics.Host($0, isUp: !unreachable.contains($0)) },
      CollectionFacts(
        tool: options.tool, finished: WallClock.system.now(), seconds: (ContinuousClock.now - begun) / .seconds(1)))
    return memory.ledger.withLock { page.page(&$0) }
  }

  private func collect(
    _ places: [GuestPlace], _ options: CollectionOptions, _ target: TargetOptions, end: ContinuousClock.Instant?
  ) async -> [Kept] {
    if places.contains(where: \.isLibvirt) { await LibvirtSession.prepareForSeveral(within: options.deadline) }
    let pool = LibvirtPool()
    let jobs = places.map { $0.job(target, pool) { GuestCollector(options, progress: $0) } }
    let left = end.map { max(.milliseconds(100), $0 - .now) }
    let grace = min(.seconds(1), (left ?? .seconds(10)) / 10)
    let own = GuestCollector(options).guestTime
    let run = ParallelRun(
      limit: places.parallelLimit(), deadline: left.map { min(own, $0 - grace * 2) } ?? own, grace: grace)
    let work = Task { await run.run(jobs) { _, result in keep(result) } }
    let timer = end.map { end in
      Task {
        // Guests that still wait for their turn then are not begun any more.
        try await Task.sleep(until: end - grace, clock: .continuous)
        work.cancel()
      }
    }
    defer { timer?.cancel() }
    return await work.value
  }

  private func keep(_ result: ParallelRun.Result) -> Kept {
    guard var evidence = result.evidence else {
      return .lost(result.outcome.failure ?? Failure(.failed, "nothing was had"))
    }
    guard evidence.domain.state.value != "shutoff" else { return .gone }
    if options.quick { memory.readings.withLock { $0.complete(&evidence) } }
    return .guest(
      GuestExposition(evidence, Engine().diagnose(evidence), isComplete: result.outcome.failure == nil))
  }

  /// Who is asked for guests: each libvirt that was named, else Proxmox VE or the default libvirt.
  private var hosts: [Target] {
    target.connections.isEmpty && target.proxmox.isHere
      ? [Target(kind: .proxmox, name: nil, location: "this host")]
      : (target.connections.isEmpty ? [target.place] : target.connections).map {
        Target(kind: .libvirt, name: nil, location: $0)
      }
  }
}
