// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import QMP
import Transports

extension StatisticsStream {
  /// Watches the machine behind a QEMU monitor's socket, which is held all the time: QEMU's events come with its
  /// answers. Only queries are sent.
  /// - Throws: when the monitor cannot be talked to.
  package static func monitor(
    _ path: String, interval: Duration, collector: GuestCollector
  ) async throws(TargetError) -> StatisticsStream {
    try await StatisticsStream { () async throws(TargetError) in
      try await MonitorStatistics<Monitor>.open(path, interval, collector)
    }
  }

  /// Watches a virtual machine of Proxmox VE, whose monitor is taken for each look and let go after it.
  /// - Throws: when there is no such machine here, or it does not run.
  package static func proxmox(
    _ vmid: String, on host: ProxmoxHost, interval: Duration, collector: GuestCollector
  ) async throws(TargetError) -> StatisticsStream {
    try await StatisticsStream { () async throws(TargetError) in
      try await MonitorStatistics<SharedMonitor>.open(vmid, on: host, interval, collector)
    }
  }
}

/// The statistics of a machine by its monitor.
actor MonitorStatistics<Commands: MonitorCommands>: StatisticsSource {
  /// What only one of the two kinds of monitor has.
  struct Kind: Sendable {
    /// The events that QEMU has told on this connection: how many in all, and the latest.
    var events: @Sendable () async -> MonitorEvents
    /// After each look.
    var release: @Sendable () async -> Void
    var close: @Sendable () async -> Void
    var rss: @Sendable () -> Observation<UInt64>
  }

  nonisolated let guest: WatchedGuest
  private let facts: MonitorFacts<Commands>
  private let place: Observation<String>
  private let kind: Kind
  private var state: Observation<String>
  private var seen = 0
  /// The last reading that asked for statistics, and when that was.
  private var delivered: (reading: Reading, at: ContinuousClock.Instant)?

  init(_ guest: WatchedGuest, _ facts: MonitorFacts<Commands>, _ place: Observation<String>, _ kind: Kind) {
    self.guest = guest
    self.facts = facts
    self.place = place
    self.kind = kind
    state = guest.state
  }

  func look() async -> StatisticsLook {
    var look = StatisticsLook(reading: await reading(), state: state)
    look.reading.rss = kind.rss()
    look.told = await told()
    // Who is told nothing has to ask.
    if !guest.tellsEvents || !look.told.isEmpty || look.reading.actual.value == nil {
      let deadline = facts.collector.deadline
      do throws(QMPError) {
        state = .observed(try await facts.monitor.runState(until: deadline).status, facts.source("query-status"))
      } catch {
        state = .failed(Failure(error), facts.source("query-status"))
        look.lost = Failure(error)
      }
      look.state = state
    }
    await kind.release()
    return look
  }

  /// Size and statistics; the size alone where the guest has not been asked anew since the last time.
  private func reading() async -> Reading {
    let now = ContinuousClock.now
    if let delivered, let period = guest.period, period > 0, guest.tellsEvents,
      // A tenth of a second is what a timer may be early.
      now - delivered.at < StatisticsStream.interval(asked: .zero, period: period) - .milliseconds(100)
    {
      var reading = delivered.reading
      reading.actual = await facts.size()
      reading.time = facts.collector.clock.now()
      return reading
    }
    let reading = await facts.reading(place)
    delivered = reading.statistics.value == nil ? nil : (reading, now)
    return reading
  }

  func wait(until instant: ContinuousClock.Instant) async {
    // QEMU's events are read together with its answers: there is nothing to wake up for.
    try? await Task.sleep(until: instant, clock: .continuous)
  }

  func told() async -> ToldEvents {
    let events = await kind.events()
    let new = max(0, events.total - seen)
    seen = events.total
    let kept = events.latest.suffix(new)
    let now = facts.collector.clock.now()
    return ToldEvents(
      events: kept.filter { MonitorEvents.telling.contains($0.name) }.map { MachineEvent($0, now: now) },
      omitted: new - kept.count)
  }

  func close() async { await kind.close() }
}

extension MonitorStatistics where Commands == Monitor {
  static func open(
    _ path: String, _ asked: Duration, _ collector: GuestCollector
  ) async throws(TargetError) -> MonitorStatistics {
    let socket: UnixSocket
    let monitor: Monitor
    let reached = ContinuousClock.now + min(collector.options.deadline, Monitor.greetingTime)
    do throws(TransportError) { socket = try await UnixSocket.connect(to: path, until: reached) } catch {
      throw TargetError("qmp:\(error.message)", Failure(error))
    }
    do throws(QMPError) {
      monitor = try await Monitor.connect(over: socket, named: path, until: collector.deadline)
    } catch {
      socket.close()
      throw TargetError("qmp:\(error.message)", Failure(error))
    }
    let facts = MonitorFacts(monitor: monitor, collector: collector)
    let deadline = collector.deadline
    var configuration = ConfigurationEvidence(
      Unknown(
        failure: Failure(.notFound, "a bare QEMU monitor keeps no record of what was asked of the balloon"),
        provenance: facts.source("QEMU monitor")))
    await facts.memory(&configuration)
    let (process, maximum) = (socket.peerProcess, configuration.maximum)
    let target = Target(
      kind: .qmp, name: try? await monitor.name(until: deadline), uuid: try? await monitor.uuid(until: deadline),
      location: path)
    let (guest, place) = await facts.watched(target, configuration, asked, tellsEvents: true, notices: [])
    return MonitorStatistics(
      guest, facts, place,
      Kind(
        events: { await monitor.events }, release: {},
        close: {
          await monitor.close()
          socket.close()
        }, rss: { collector.memory(ofProcess: process, holding: maximum).map(\.resident) }))
  }
}

extension MonitorStatistics where Commands == SharedMonitor {
  static func open(
    _ vmid: String, on host: ProxmoxHost, _ asked: Duration, _ collector: GuestCollector
  ) async throws(TargetError) -> MonitorStatistics {
    let settings = ProxmoxConfiguration(try await host.settings(of: vmid, until: collector.deadline))
    let told = ProxmoxFacts(settings: settings, file: host.settingsFile(of: vmid), time: collector.clock.now())
    let shared = SharedMonitor(host.monitor(of: vmid))
    let facts = MonitorFacts(monitor: shared, collector: collector)
    let machine: String?
    do throws(QMPError) { machine = try await shared.machineType(until: collector.deadline) } catch {
      await shared.release()
      if error.code == .denied { throw host.denied(shared.path, vmid) }
      guard error.code == .notFound || error.code == .unserved else {
        throw TargetError("proxmox:\(vmid): \(error.message)", Failure(error))
      }
      let reason = "the machine does not run"
      throw TargetError(
        "proxmox:\(vmid): \(reason); qm start \(vmid) starts it", Failure(.notFound, reason, ask: "qm start \(vmid)"))
    }
    let target = Target(kind: .proxmox, name: settings?.name, uuid: settings?.uuid, location: vmid)
    let (guest, place) = await facts.watched(
      target, told.configuration(machine: machine), asked, tellsEvents: false, notices: told.notices)
    await shared.release()
    return MonitorStatistics(
      guest, facts, place,
      Kind(
        events: { MonitorEvents() }, release: { await shared.release() }, close: { await shared.release() },
        rss: { collector.rss(ofProcess: host.process(of: vmid)) }))
  }
}

extension MonitorFacts {
  /// The balloon's size alone.
  fileprivate func size() async -> Observation<UInt64> {
    let deadline = collector.deadline
    return await ask("query-balloon") { () async throws(QMPError) in
      try await monitor.balloonActual(until: deadline)
    }
  }

  /// What a watch has to know before its first look.
  fileprivate func watched(
    _ target: Target, _ configuration: ConfigurationEvidence, _ asked: Duration, tellsEvents: Bool, notices: [String]
  ) async -> (WatchedGuest, place: Observation<String>) {
    let deadline = collector.deadline
    let place = await ask("qom-list") { () async throws(QMPError) in
      try await monitor.balloonPaths(until: deadline).first
    }
    let polling: Observation<UInt64>
    if let path = place.value {
      polling = await ask("qom-get guest-stats-polling-interval") { () async throws(QMPError) in
        try await monitor.pollingInterval(of: path, until: deadline)
      }
    } else {
      polling = place.map { _ in nil }
    }
    let state = await ask("query-status") { () async throws(QMPError) in
      try await monitor.runState(until: deadline).status
    }
    var guest = WatchedGuest(
      target: target, configuration: configuration, pollingInterval: polling, state: state, interval: 0,
      tellsEvents: tellsEvents, notices: notices)
    // A monitor of one's own is asked in the rhythm that the user wants, for its events and the size; for statistics no
    // faster than they come. One that others need too is left alone until there is something new.
    guest.interval = (tellsEvents ? asked : StatisticsStream.interval(asked: asked, period: guest.period)).seconds
    return (guest, place)
  }
}
