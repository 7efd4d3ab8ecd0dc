// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import BalloonEvidence
import GuestLink
import QMP
import Transports

extension GuestCollector {
  /// Gathers the evidence of the machine behind a QEMU monitor's socket. Only queries are sent.
  ///
  /// - Parameter agentSocket: the socket of the agent's channel; `nil` for the one that the monitor itself names.
  /// - Throws: only when the monitor cannot be talked to at all.
  package func collect(monitor path: String, agentSocket: String?) async throws(TargetError) -> Evidence {
    let socket: UnixSocket
    let connection: Monitor
    // Whoever has no place for another client now has one client that keeps it.
    let reached = ContinuousClock.now + min(options.deadline, Monitor.greetingTime)
    do throws(TransportError) { socket = try await UnixSocket.connect(to: path, until: reached) } catch {
      throw TargetError("qmp:\(error.message)", Failure(error))
    }
    do throws(QMPError) { connection = try await Monitor.connect(over: socket, named: path, until: deadline) } catch {
      throw TargetError("qmp:\(error.message)", Failure(error))
    }
    let monitor = RecordedMonitor(base: connection, recorder: recorder)
    let facts = MonitorFacts(monitor: monitor, collector: self)
    var evidence = start(
      Target(
        kind: .qmp, name: try? await monitor.name(until: deadline), uuid: try? await monitor.uuid(until: deadline),
        location: path), notices: [])
    let runner = SourceRunner()
    let begun = ContinuousClock.now
    await publish(evidence, runner)

    evidence.domain = await domain(facts, uptime: uptime(ofProcess: socket.peerProcess))
    evidence.domain.emulator = .observed("\(connection.greeting.version)", facts.source("QMP greeting"))
    evidence.configuration = ConfigurationEvidence(
      Unknown(
        failure: Failure(.notFound, "a bare QEMU monitor keeps no record of what was asked of the balloon"),
        provenance: facts.source("QEMU monitor")))
    await facts.memory(&evidence.configuration)
    let peer = socket.peerProcess
    tellJournal(&evidence, keys: [evidence.target.uuid ?? MachineIdentity.key(ofSocket: path)]) {
      MachineIdentity.run(ofProcess: peer)
    }
    evidence.domain.hypervisor = await facts.hypervisor(machine: evidence.domain.machine)
    let (process, maximum) = (socket.peerProcess, evidence.configuration.maximum)
    await facts.host(&evidence.configuration, process: memory(ofProcess: process, holding: maximum))
    await publish(evidence, runner)
    evidence.device = await facts.device()
    await publish(evidence, runner)
    evidence.configuration.path = evidence.device.path
    let (channel, channelPath) = await facts.channel()
    evidence.channel = channel
    let qomPath = evidence.device.qomPath
    let look: @Sendable () async -> Reading = {
      var reading = await facts.reading(qomPath)
      reading.rss = memory(ofProcess: process, holding: maximum).map(\.resident)
      return reading
    }
    evidence.readings = [await look()]
    await runner.record("QEMU monitor", qomPath.failure, took: ContinuousClock.now - begun)
    evidence.process = await self.process(runner, ram: maximum) { (_) throws(Failure) in
      try holder(process, of: maximum)
    }

    let place = PortPlace(
      name: AgentChannel.portName, owner: "the agent", option: "--agent-socket", channel: channel, given: agentSocket,
      known: channelPath)
    let otherPlace = options.qemuGA ? await qemuGAPlace(facts) : nil
    evidence.collection.notices += [place.notice, otherPlace?.notice].compactMap { $0 }
    await publish(evidence, runner)
    let kept = keptAgent()
    async let guest = agent(place, runner, kept)
    async let other = qemuGAWithProbe(otherPlace, runner)
    var sampled = evidence
    await sample(&sampled, kept, runner, look)
    await kept?.end()
    sampled.guest = await guest
    let (told, probed) = await other
    sampled.guest.qemuGA = told
    sampled.take(probed)
    await publish(sampled, runner)
    let had = sampled
    return await finish(
      uncancelled {
        var sampled = had
        await facts.refresh(&sampled.device)
        sampled.domain.interruptions = await interruptions(connection, facts.source("QEMU's events"))
        if watches { await tell(&sampled, connection) }
        await connection.close()
        return sampled
      }, runner)
  }

  /// What QEMU announced of the machine and its balloon, with its own times.
  private func tell(_ evidence: inout Evidence, _ monitor: Monitor) async {
    let told = await monitor.events
    let now = clock.now()
    evidence.events = told.history.map { MachineEvent($0, now: now) }
    if let notice = MachineEvent.notice(kept: told.history.count, omitted: told.historyOmitted) {
      evidence.collection.notices.append(notice)
    }
  }

  /// Where qemu-ga's port is reached: at the socket that was given, or at the one that the monitor names.
  func qemuGAPlace(_ facts: MonitorFacts<some MonitorCommands>) async -> PortPlace {
    let (channel, path) = await facts.channel(named: QGA.portName)
    return PortPlace(
      name: QGA.portName, owner: "qemu-ga", option: "--qemu-ga-socket", channel: channel, given: options.qemuGASocket,
      known: path)
  }

  /// State and machine type; QEMU's version is left to who knows it.
  func domain(
    _ facts: MonitorFacts<some MonitorCommands>, uptime: Observation<Double>
  ) async -> DomainEvidence {
    var evidence = DomainEvidence(
      Unknown(
        failure: Failure(.unsupported, "QEMU's monitor does not tell"), provenance: facts.source("QEMU monitor")))
    let deadline = deadline
    evidence.state = await facts.ask("query-status") { () async throws(QMPError) in
      try await facts.monitor.runState(until: deadline).status
    }
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

  /// The agent at its port's socket.
  ///
  /// - Parameter kept: what goes on asking it.
  func agent(_ place: PortPlace, _ runner: SourceRunner, _ kept: KeptAgent? = nil) async -> GuestEvidence {
    let result = await runner.run("agent", shortfall: \.agent.failure) { () async throws(Failure) -> GuestEvidence in
      let socket = try await place.connect(until: deadline)
      return await agentCollector.collect(over: socket, kept: kept) { socket.close() }
    }
    switch result {
    case .success(let guest): return guest
    case .failure(let failure):
      return GuestEvidence(
        Unknown(failure: failure, provenance: Provenance("agent", trust: .host, time: clock.now())))
    }
  }
}
