// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import DomainXML
import Libvirt

extension StatisticsStream {
  /// Watches a libvirt domain: its events as they come, and its statistics no faster than its driver delivers them.
  ///
  /// Nothing here taints the domain; a read-only connection serves, and is what is opened where libvirt allows one.
  /// - Throws: when the domain cannot be reached.
  package static func libvirt(
    _ name: String, uri: String?, readOnly: Bool, interval: Duration, collector: GuestCollector
  ) async throws(TargetError) -> StatisticsStream {
    try await StatisticsStream { () async throws(TargetError) in
      try await LibvirtStatistics(
        try await session(name, uri: uri, readOnly: readOnly, deadline: collector.options.deadline), interval, collector
      )
    }
  }

  private static func session(
    _ name: String, uri: String?, readOnly: Bool, deadline: Duration
  ) async throws(TargetError) -> LibvirtSession {
    do throws(TargetError) {
      return try await LibvirtSession.find(name, uri: uri, readOnly: true, deadline: deadline)
    } catch {
      // A daemon may have no socket for readers; where there is no such domain, another connection has none either.
      guard !readOnly, error.failure.reason != .notFound else { throw error }
      return try await LibvirtSession.find(name, uri: uri, readOnly: false, deadline: deadline)
    }
  }
}

/// The statistics of a libvirt domain, over one connection for calls and one for events (see ``DomainWatch``).
actor LibvirtStatistics: StatisticsSource {
  nonisolated let guest: WatchedGuest
  private let source: LibvirtSource
  private let watch: DomainWatch?
  private let bell = Doorbell()
  private var state: Observation<String>
  /// Whether something has happened since the state was asked.
  private var isStale = false

  init(_ session: LibvirtSession, _ asked: Duration, _ collector: GuestCollector) async throws(TargetError) {
    let line = LibvirtLine(session.domain, deadline: collector.options.deadline)
    let source = LibvirtSource(session: session, collector: collector, line: line)
    let watch: DomainWatch?
    var notices = session.notices
    switch await source.watch() {
    case .success(let opened): watch = opened
    case .failure(let failure):
      watch = nil
      notices.append("libvirt tells no events of this domain: \(failure.detail)")
    }
    let status: DomainStatus
    do throws(LibvirtError) { status = try await session.domain.status(until: collector.deadline) } catch {
      throw TargetError("\(session.uri): \(error.message)", Failure(error))
    }
    let state = Observation<String>.observed(
      status.state.description, Provenance("virDomainGetState", trust: .host, time: collector.clock.now()))
    let configuration: ConfigurationEvidence
    do throws(Failure) {
      let facts = XMLFacts(live: try await source.configuration(.live), time: collector.clock.now())
      configuration = facts.configuration(persistent: await source.persistent())
    } catch {
      configuration = ConfigurationEvidence(source.unknown(error, "domain XML"))
    }
    var guest = WatchedGuest(
      target: session.target, configuration: configuration, pollingInterval: source.monitorNotAsked(), state: state,
      interval: 0, tellsEvents: watch != nil, notices: notices)
    // Without events a look is also what tells the size.
    guest.interval =
      (watch == nil ? asked : StatisticsStream.interval(asked: asked, period: guest.period)).seconds
    self.guest = guest
    self.state = state
    self.source = source
    self.watch = watch
    watch?.notify { [bell] in bell.ring() }
  }

  func look() async -> StatisticsLook {
    var look = StatisticsLook(reading: await source.reading(), state: state)
    look.told = told()
    if isStale || look.reading.actual.value == nil {
      let provenance = Provenance("virDomainGetState", trust: .host, time: source.collector.clock.now())
      do throws(LibvirtError) {
        let status = try await source.line.domain().status(until: source.collector.deadline)
        state = .observed(status.state.description, provenance)
        isStale = false
      } catch {
        state = .failed(Failure(error), provenance)
        look.lost = Failure(error)
      }
      look.state = state
    }
    return look
  }

  func wait(until instant: ContinuousClock.Instant) async { await bell.wait(until: instant) }

  func told() -> ToldEvents {
    guard let (dated, omitted) = watch?.take() else { return ToldEvents() }
    var told = ToldEvents(events: dated.compactMap(MachineEvent.init), omitted: omitted)
    for event in dated {
      if case .balloonChange = event.event { continue }
      isStale = true
      if case .lifecycle(.started, _) = event.event { told.hasRestarted = true }
    }
    return told
  }

  func close() async {
    let deadline = source.collector.deadline
    await watch?.close(until: deadline)
    if let domain = try? await source.line.domain() { await domain.connection.close(until: deadline) }
  }
}
