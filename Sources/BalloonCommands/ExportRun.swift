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
    let turns = Mutex(ExportTurns())
    let hungHosts = Mutex(HungTargets())
    /// Guests of libvirt: of a monitor's socket nothing is left behind that hangs.
    let hungGuests = Mutex(HungTargets(longestRest: .seconds(600)))
    /// The hosts that have been told to be away.
    let away = Mutex<Set<Target>>([])
  }

  /// Whether the time for a page is up.
  private final class TimeUp: Sendable {
    let has = Atomic(false)
  }

  private enum Kept: Sendable {
    case guest(GuestExposition)
    case lost(Failure)
    /// The time for the page was up before; with how it was seen earlier.
    case postponed(GuestExposition?)
    /// A socket may be left by one that has ended.
    case gone
  }

  /// - Parameters:
  ///   - budget: how long it may take in all; what was not had by then is told as it was before, or left out. `nil`
  ///     gives each guest its own time.
  ///   - complain: takes a line for each host, and without a budget for each guest, that could not be looked at; for a
  ///     host when that begins and when it ends.
  func page(within budget: Duration?, complain: (String) -> Void) async -> OpenMetrics {
    let begun = ContinuousClock.now
    var (options, target) = (options, target)
    if let budget {
      // A host that hangs must leave time for the guests of the others.
      target.seconds = min(target.seconds, budget / .seconds(1) * 0.4)
      options.deadline = min(options.deadline, budget * 0.5)
    }
    let hosts = hosts
    let resting = budget == nil ? [] : hosts.filter { host in memory.hungHosts.withLock { $0.isResting(host, .now) } }
    target.connections.removeAll { connection in resting.contains { $0.location == connection } }
    let found = resting.count == hosts.count ? GuestSearch.Found() : await GuestSearch(options: target).find()
    let unreachable = Set(found.unreachable.map(\.target)).union(resting)
    memory.hungHosts.withLock { hung in
      for host in hosts where !unreachable.contains(host) { hung.forgive(host) }
      for lost in found.unreachable where lost.failure.reason == .timedOut { hung.note(lost.target, .now) }
    }
    let kept = await collect(found.guests, options, target, end: budget.map { begun + $0 })
    var guests: [GuestExposition] = []
    var lost: [Target] = []
    var postponed = 0
    var hidden = 0
    for (place, kept) in zip(found.guests, kept) {
      switch kept {
      case .guest(let guest): guests.append(guest)
      case .lost(let failure):
        lost.append(place.target)
        if budget == nil { complain(failure.line(of: place.target)) }
      case .postponed(let guest):
        postponed += 1
        if let guest { guests.append(guest) } else { hidden += 1 }
      case .gone: break
      }
    }
    tell(unreachable, found, complain)
    let page = FleetMetrics(
      guests: guests, lost: lost, postponed: postponed, hidden: hidden,
      hosts: hosts.map { FleetMetrics.Host($0, isUp: !unreachable.contains($0)) },
      CollectionFacts(
        tool: options.tool, finished: WallClock.system.now(), seconds: (ContinuousClock.now - begun) / .seconds(1)))
    return memory.ledger.withLock { page.page(&$0) }
  }

  /// Says of each host when it is away and when it is back, and no more.
  private func tell(_ unreachable: Set<Target>, _ found: GuestSearch.Found, _ complain: (String) -> Void) {
    let before = memory.away.withLock { away in
      defer { away = unreachable }
      return away
    }
    for host in found.unreachable where !before.contains(host.target) { complain(host.line) }
    for host in before.subtracting(unreachable) { complain("\(host.location): answers again") }
  }

  /// How many guests are looked at at once for a page that has its time.
  private static let limitInTime = 4 * ParallelRun.defaultLimit

  private func collect(
    _ places: [GuestPlace], _ options: CollectionOptions, _ target: TargetOptions, end: ContinuousClock.Instant?
  ) async -> [Kept] {
    let targets = places.map(\.target)
    var kept = end == nil ? [Kept?](repeating: nil, count: places.count) : places.map(resting)
    let order = memory.turns.withLock { turns in
      turns.keep(only: Set(targets))
      return turns.order(targets).filter { kept[$0] == nil }
    }
    let pool = LibvirtPool()
    let jobs = order.map { places[$0].job(target, pool) { GuestCollector(options, progress: $0) } }
    let left = end.map { max(.milliseconds(100), $0 - .now) }
    let grace = min(.seconds(1), (left ?? .seconds(10)) / 10)
    let own = GuestCollector(options).guestTime
    // In a time that may be too short for all, some that are looked at to the end are better than all of them begun.
    let limit = end == nil ? places.parallelLimit() : min(places.parallelLimit(), Self.limitInTime)
    let run = ParallelRun(
      limit: limit, deadline: left.map { min(own, $0 - grace * 2) } ?? own, grace: grace)
    let timeUp = TimeUp()
    let work = Task {
      await run.run(jobs) { number, result in
        keep(result, of: places[order[number]], isUp: timeUp.has.load(ordering: .acquiring))
      }
    }
    let timer = end.map { end in
      Task {
        // Guests that still wait for their turn then are not begun any more.
        try await Task.sleep(until: end - grace, clock: .continuous)
        timeUp.has.store(true, ordering: .releasing)
        work.cancel()
      }
    }
    defer { timer?.cancel() }
    for (index, result) in zip(order, await work.value) { kept[index] = result }
    return kept.map { $0 ?? .postponed(nil) }
  }

  /// A guest of libvirt that has hung, and is left alone for a while: what libvirt knows without asking it; `nil` for
  /// any other.
  private func resting(_ place: GuestPlace) -> Kept? {
    guard place.isLibvirt, memory.hungGuests.withLock({ $0.isResting(place.target, .now) }) else { return nil }
    return atFirst(place).map(Kept.guest) ?? .lost(Failure(.timedOut, "it hung when it was asked last"))
  }

  /// What libvirt's call for all guests told of one; `nil` for nothing.
  private func atFirst(_ place: GuestPlace) -> GuestExposition? {
    guard case .libvirt(let guest) = place,
      let evidence = guest.atFirst?.evidence(of: guest.target, tool: options.tool)
    else { return nil }
    return GuestExposition(evidence, Engine().diagnose(evidence), isComplete: false)
  }

  /// - Parameter isUp: whether the time for the page was up when the guest's turn ended.
  private func keep(_ result: ParallelRun.Result, of place: GuestPlace, isUp: Bool) -> Kept {
    let target = place.target
    let now = WallClock.system.now()
    let failure = result.outcome.failure
    // A guest that has not had its own time tells nothing by that.
    if isUp, let failure, failure.reason != .timedOut {
      return .postponed(memory.turns.withLock { $0.last(target, now: now) } ?? atFirst(place))
    }
    if place.isLibvirt {
      memory.hungGuests.withLock { result.hasHung ? $0.note(target, .now) : $0.forgive(target) }
    }
    guard var evidence = result.evidence else {
      memory.turns.withLock { $0.note(target, nil, isLate: result.isLate, now: now) }
      return .lost(failure ?? Failure(.failed, "nothing was had"))
    }
    guard evidence.domain.state.value != "shutoff" else { return .gone }
    if options.quick { memory.readings.withLock { $0.complete(&evidence) } }
    let guest = GuestExposition(evidence, Engine().diagnose(evidence), isComplete: failure == nil)
    memory.turns.withLock { $0.note(target, guest, isLate: result.isLate, now: now) }
    return .guest(guest)
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

extension ParallelRun.Result {
  /// Whether the guest, or one of its sources, did not answer in time.
  fileprivate var isLate: Bool {
    outcome.failure?.reason == .timedOut
      || evidence?.collection.sources.contains { $0.failure?.reason == .timedOut } ?? false
  }

  /// Whether the hypervisor did not answer in time.
  fileprivate var hasHung: Bool {
    guard let evidence, outcome.failure?.reason != .timedOut else { return outcome.failure?.reason == .timedOut }
    let reading = evidence.readings.last
    return [reading?.actual.failure, reading?.statistics.failure, evidence.domain.state.failure].contains {
      $0?.reason == .timedOut
    }
  }
}
