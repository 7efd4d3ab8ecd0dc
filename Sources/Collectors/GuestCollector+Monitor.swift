// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import BalloonEvidence
import Glibc
import QMP
import Transports

extension GuestCollector {
  /// Gathers the evidence of the machine behind a QEMU monitor's socket. Only queries are sent.
  ///
  /// - Parameter agentSocket: the socket of the agent's channel; `nil` for the one that the monitor itself names.
  /// - Throws: only when the monitor cannot be talked to at all.
  package func collect(monitor path: String, agentSocket: String?) async throws(TargetError) -> Evidence {
    let socket: UnixSocket
    let monitor: Monitor
    // Whoever has no place for another client now has one client that keeps it.
    let reached = ContinuousClock.now + min(options.deadline, Monitor.greetingTime)
    do throws(TransportError) { socket = try await UnixSocket.connect(to: path, until: reached) } catch {
      throw TargetError("qmp:\(error.message)", Failure(error))
    }
    do throws(QMPError) { monitor = try await Monitor.connect(over: socket, named: path, until: deadline) } catch {
      throw TargetError("qmp:\(error.message)", Failure(error))
    }
    let facts = MonitorFacts(monitor: monitor, collector: self)
    var evidence = start(
      Target(
        kind: .qmp, name: try? await monitor.name(until: deadline), uuid: try? await monitor.uuid(until: deadline),
        location: path), notices: [])
    let runner = SourceRunner()
    let begun = ContinuousClock.now

    evidence.domain = await domain(facts, uptime: uptime(ofProcess: socket.peerProcess))
    evidence.configuration = ConfigurationEvidence(
      Unknown(
        failure: Failure(.notFound, "a bare QEMU monitor keeps no record of what was asked of the balloon"),
        provenance: facts.source("QEMU monitor")))
    evidence.configuration.maximum = await facts.ask("query-memory-size-summary") { () async throws(QMPError) in
      let size = try await monitor.memorySize(until: deadline)
      let (sum, overflow) = size.base.addingReportingOverflow(size.plugged ?? 0)
      guard !overflow else { throw QMPError(.malformed, "query-memory-size-summary: more memory than there is") }
      return sum
    }
    evidence.device = await facts.device()
    evidence.configuration.path = evidence.device.path
    let (channel, channelPath) = await facts.channel()
    evidence.channel = channel
    let qomPath = evidence.device.qomPath
    evidence.readings = [await facts.reading(qomPath)]
    await runner.record("QEMU monitor", qomPath.failure, took: ContinuousClock.now - begun)

    let elsewhere = agentSocket.flatMap { Self.isSame($0, channelPath) ? nil : $0 }
    if let elsewhere {
      evidence.collection.notices.append("The agent was asked at \(elsewhere), not at the machine's own port.")
    }
    async let guest = agent(channel, at: agentSocket ?? channelPath, isElsewhere: elsewhere != nil, runner)
    var sampled = evidence
    await sample(&sampled) { await facts.reading(qomPath) }
    sampled.guest = await guest
    await facts.refresh(&sampled.device)
    sampled.domain.interruptions = await interruptions(monitor, facts.source("QEMU's events"))
    await monitor.close()
    return await finish(sampled, runner)
  }

  private func domain(_ facts: MonitorFacts<Monitor>, uptime: Observation<Double>) async -> DomainEvidence {
    var evidence = DomainEvidence(
      Unknown(
        failure: Failure(.unsupported, "QEMU's monitor does not tell"), provenance: facts.source("QEMU monitor")))
    let deadline = deadline
    evidence.state = await facts.ask("query-status") { () async throws(QMPError) in
      try await facts.monitor.runState(until: deadline).status
    }
    evidence.emulator = .observed("\(facts.monitor.greeting.version)", facts.source("QMP greeting"))
    evidence.machine = await facts.ask("qom-get /machine type") { () async throws(QMPError) in
      try await facts.monitor.machineType(until: deadline)
    }
    evidence.uptime = uptime
    return evidence
  }

  /// What QEMU announced while it was being asked.
  private func interruptions(_ monitor: Monitor, _ source: Provenance) async -> Observation<[String]> {
    let telling: Set = ["RESET", "STOP", "RESUME", "SHUTDOWN", "SUSPEND", "SUSPEND_DISK", "WAKEUP", "MIGRATION"]
    // One more question, so that events which were on their way are read too.
    _ = try? await monitor.runState(until: deadline)
    let seen = await monitor.events.counts.keys.filter(telling.contains).sorted()
    return seen.isEmpty ? .absent(source) : .observed(seen, source)
  }

  /// Whether a socket that was given is the one that the machine's port leads to.
  private static func isSame(_ path: String, _ other: String?) -> Bool {
    guard let other, path != other else { return other != nil }
    var (one, two) = (stat(), stat())
    guard stat(path, &one) == 0, stat(other, &two) == 0 else { return false }
    return one.st_dev == two.st_dev && one.st_ino == two.st_ino
  }

  /// The agent behind a socket; not connected to while the guest has not opened its end or another client holds this one.
  ///
  /// - Parameter isElsewhere: the socket was given and is not that of the machine's port, of which alone QEMU tells: it
  ///   is asked whatever the state of the port.
  private func agent(
    _ channel: ChannelEvidence, at path: String?, isElsewhere: Bool, _ runner: SourceRunner
  ) async -> GuestEvidence {
    let result = await runner.run("agent", shortfall: \.agent.failure) { () async throws(Failure) -> GuestEvidence in
      if channel.port.isAbsent, !isElsewhere {
        throw Failure(.notFound, "the machine has no port named \(AgentChannel.portName)")
      }
      guard let path else {
        throw Failure(.notAsked, "the channel's socket is not known", ask: "give --agent-socket PATH")
      }
      if channel.heldByAnother.value == true, !isElsewhere {
        throw Failure(.busy, "another client on the host holds \(path)")
      }
      if channel.guestOpen.value == false, !isElsewhere {
        throw Failure(.disconnected, "no program in the guest holds the agent's port open")
      }
      let socket: UnixSocket
      do throws(TransportError) { socket = try await UnixSocket.connect(to: path, until: deadline) } catch {
        throw Failure(error)
      }
      defer { socket.close() }
      return await AgentCollector(clock: clock, deadline: options.deadline, lean: options.lean).collect(over: socket)
    }
    switch result {
    case .success(let guest): return guest
    case .failure(let failure):
      return GuestEvidence(
        Unknown(failure: failure, provenance: Provenance("agent", trust: .host, time: clock.now())))
    }
  }
}
