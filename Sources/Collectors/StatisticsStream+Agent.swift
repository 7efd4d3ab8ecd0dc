// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Transports

extension StatisticsStream {
  /// Watches what the agent at a socket or a terminal says of its guest, over one connection.
  /// - Throws: when nothing can be opened at `path`, or no agent answers there.
  package static func agent(
    _ path: String, interval: Duration, collector: GuestCollector
  ) async throws(TargetError) -> StatisticsStream {
    try await StatisticsStream { () async throws(TargetError) in
      try await AgentStatistics.open(path, interval, collector)
    }
  }
}

/// The statistics that an agent computes in its guest.
struct AgentStatistics: StatisticsSource {
  let guest: WatchedGuest
  private let agent: KeptAgent
  private let collector: GuestCollector
  private let unknown: Unknown

  static func open(
    _ path: String, _ asked: Duration, _ collector: GuestCollector
  ) async throws(TargetError) -> AgentStatistics {
    let socket: UnixSocket
    do throws(TransportError) { socket = try await UnixSocket.connect(to: path, until: collector.deadline) } catch {
      throw TargetError("agent:\(error.message)", Failure(error))
    }
    let agent = KeptAgent(clock: collector.clock)
    let told = await collector.agentCollector.collect(over: socket, kept: agent) { socket.close() }
    if let failure = told.agent.failure { throw TargetError("agent:\(path): \(failure.detail)", failure) }
    let unknown = Unknown(
      failure: Failure(
        .unsupported, "only the agent was asked, which knows nothing of the host", ask: Target.askHost),
      provenance: Provenance("agent", trust: .guest, time: collector.clock.now()))
    return AgentStatistics(
      guest: WatchedGuest(
        target: Target(kind: .agent, name: nil, location: path), configuration: ConfigurationEvidence(unknown),
        pollingInterval: unknown(), state: unknown(), interval: asked.seconds, tellsEvents: false,
        notices: ["Only the agent is asked: all of this is the guest's word, and nothing the host's."]),
      agent: agent, collector: collector, unknown: unknown)
  }

  func look() async -> StatisticsLook {
    let word = await agent.reading(within: collector.options.deadline)
    var reading = Reading(
      time: collector.clock.now(), actual: unknown(), lastUpdate: unknown(), statistics: unknown(), rss: unknown())
    reading.guest = word
    var look = StatisticsLook(reading: reading, state: guest.state)
    if word == nil || agent.failure != nil {
      look.lost = agent.failure ?? Failure(.unsupported, "the agent tells neither memory nor statistics")
    }
    return look
  }

  func wait(until instant: ContinuousClock.Instant) async {
    try? await Task.sleep(until: instant, clock: .continuous)
  }

  func told() async -> ToldEvents { ToldEvents() }

  func close() async { await agent.end() }
}
