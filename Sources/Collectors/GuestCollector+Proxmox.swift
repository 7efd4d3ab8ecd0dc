// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import BalloonEvidence
import GuestLink
import QMP

extension GuestCollector {
  /// Gathers the evidence of a virtual machine of Proxmox VE, from its settings and over its sockets.
  ///
  /// The monitor is shared with pvestatd and `qm`: it is asked in short turns, and never held between two readings.
  /// - Throws: only when there is no such machine here, or the caller may not look at it.
  package func collect(
    proxmox vmid: String, on host: ProxmoxHost, agentSocket: String?
  ) async throws(TargetError) -> Evidence {
    let bytes = try await host.settings(of: vmid, until: deadline)
    recorder?.keep(.proxmoxConfiguration, "qm config", bytes)
    let settings = ProxmoxConfiguration(bytes)
    let facts = ProxmoxFacts(settings: settings, file: host.settingsFile(of: vmid), time: clock.now())
    let target = Target(kind: .proxmox, name: settings?.name, uuid: settings?.uuid, location: vmid)
    var evidence = start(target, notices: facts.notices)
    let runner = SourceRunner()
    await runner.record(
      "Proxmox's settings", settings == nil ? Failure(.malformed, "\(facts.file) is not understood") : nil, took: .zero)

    let shared = SharedMonitor(host.monitor(of: vmid))
    let monitor = MonitorFacts(
      monitor: RecordedMonitor(base: shared, recorder: recorder), collector: self)
    let begun = ContinuousClock.now
    let version: QEMUVersion
    do throws(QMPError) { version = try await monitor.monitor.version(until: deadline) } catch {
      await shared.release()
      if error.code == .denied { throw host.denied(shared.path, vmid) }
      let isStopped = error.code == .notFound || error.code == .unserved
      let failure = isStopped ? Failure(.notFound, "the machine does not run", ask: "qm start \(vmid)") : Failure(error)
      if !isStopped { await runner.record("QEMU monitor", failure, took: ContinuousClock.now - begun) }
      return await finish(withoutMonitor(evidence, facts, shared.path, failure, isStopped: isStopped), runner)
    }
    let process = host.process(of: vmid)
    evidence.domain = await domain(monitor, version: version, uptime: uptime(ofProcess: process))
    facts.describe(&evidence.domain)
    evidence.configuration = facts.configuration(machine: evidence.domain.machine.value)
    await publish(evidence, runner)
    // What QEMU has: `memory:` is what somebody wrote down.
    var byQEMU = evidence.configuration
    await monitor.memory(&byQEMU)
    let size = options.process ? byQEMU.maximum : evidence.configuration.maximum
    (evidence.configuration.baseMemory, evidence.configuration.dimmMemory) = (byQEMU.baseMemory, byQEMU.dimmMemory)
    // QEMU knows the UUID of the settings, where there is one.
    tellJournal(&evidence, keys: [settings?.uuid, MachineIdentity.key(ofSocket: shared.path)]) {
      MachineIdentity.run(ofProcess: process)
    }
    evidence.device = await monitor.device()
    evidence.configuration.path = evidence.device.path
    let (channel, channelPath) = await monitor.channel()
    evidence.channel = channel
    let qomPath = evidence.device.qomPath
    evidence.readings = [await reading(monitor, qomPath, process)]
    await runner.record("QEMU monitor", qomPath.failure, took: ContinuousClock.now - begun)

    let place = PortPlace(
      name: AgentChannel.portName, owner: "the agent", option: "--agent-socket", channel: channel, given: agentSocket,
      known: channelPath)
    let otherPlace = options.qemuGA ? await qemuGAPlace(monitor) : nil
    evidence.collection.notices += [place.notice, otherPlace?.notice].compactMap { $0 }
    await shared.release()
    evidence.process = await self.process(runner, ram: size) { (until) throws(Failure) in
      try host.hypervisor(of: vmid, until: until)
    }
    await publish(evidence, runner)
    let kept = keptAgent()
    async let guest = agent(place, runner, kept)
    async let other = qemuGAWithProbe(otherPlace, runner, within: min(options.deadline, Self.qemuGATime))
    var sampled = evidence
    await sample(&sampled, kept, runner) {
      let reading = await reading(monitor, qomPath, process)
      await shared.release()
      return reading
    }
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
        await monitor.refresh(&sampled.device)
        sampled.domain.interruptions = await interruptions(
          had.domain.state, monitor, process, host.process(of: vmid))
        await shared.release()
        return sampled
      }, runner)
  }

  /// Who else asks qemu-ga on Proxmox (`qm guest cmd`, a backup) gives it five seconds by default; nobody waits longer
  /// for us. Source: PVE/QMPClient.pm, `cmd`.
  private static let qemuGATime = Duration.seconds(5)

  /// What the settings alone tell: of a machine that does not run, or whose monitor does not answer.
  private func withoutMonitor(
    _ evidence: Evidence, _ facts: ProxmoxFacts, _ path: String, _ failure: Failure, isStopped: Bool
  ) -> Evidence {
    var evidence = evidence
    let source = Provenance(path, trust: .host, time: clock.now())
    let unknown = Unknown(failure: failure, provenance: source)
    evidence.domain = DomainEvidence(unknown)
    if isStopped {
      evidence.domain.state = .observed("shutoff", source)
      evidence.domain.stateReason = .absent(source)
      evidence.domain.interruptions = .absent(source)
    }
    facts.describe(&evidence.domain)
    evidence.configuration = facts.configuration(machine: nil)
    evidence.device = DeviceEvidence(unknown)
    evidence.channel = facts.channel(named: AgentChannel.portName, unknown: failure)
    evidence.guest = GuestEvidence(unknown)
    if !isStopped { evidence.readings = [Reading(failed: failure, source: path, time: clock.now())] }
    return evidence
  }

  private func domain(
    _ facts: MonitorFacts<some MonitorCommands>, version: QEMUVersion, uptime: Observation<Double>
  ) async -> DomainEvidence {
    var evidence = await domain(facts, uptime: uptime)
    evidence.emulator = .observed("\(version)", facts.source("query-version"))
    return evidence
  }

  private func reading(
    _ facts: MonitorFacts<some MonitorCommands>, _ place: Observation<String>, _ process: Int32?
  ) async -> Reading {
    var reading = await facts.reading(place)
    reading.rss = rss(ofProcess: process)
    return reading
  }

  /// What happened while the machine was looked at, as far as its state and its process tell: QEMU's events are
  /// nobody's while the monitor is let go.
  private func interruptions(
    _ before: Observation<String>, _ facts: MonitorFacts<some MonitorCommands>, _ process: Int32?, _ now: Int32?
  ) async -> Observation<[String]> {
    let source = facts.source("query-status and the pid file")
    let deadline = deadline
    let after = await facts.ask("query-status") { () async throws(QMPError) in
      try await facts.monitor.runState(until: deadline).status
    }
    var seen: [String] = []
    if process != now { seen.append(now == nil ? "stopped" : "restarted") }
    if let before = before.value, let after = after.value, before != after { seen.append("became \(after)") }
    if seen.isEmpty, let failure = after.failure { return .failed(failure, source) }
    return seen.isEmpty ? .absent(source) : .observed(seen, source)
  }
}
