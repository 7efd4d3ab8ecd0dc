// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import DomainXML
import GuestLink
import Libvirt
import QMP
import Transports

/// What is asked of libvirt about one domain.
struct LibvirtSource: Sendable {
  let session: LibvirtSession
  let collector: GuestCollector
  /// For what may hang, and for what comes after it.
  let line: LibvirtLine

  private var domain: Domain { session.domain }
  private var deadline: ContinuousClock.Instant { collector.deadline }

  func unknown(_ failure: Failure, _ source: String) -> Unknown {
    Unknown(failure: failure, provenance: Provenance(source, trust: .host, time: collector.clock.now()))
  }

  private func observed<Value>(_ value: Value?, _ source: String) -> Observation<Value> {
    let provenance = Provenance(source, trust: .host, time: collector.clock.now())
    return value.map { .observed($0, provenance) } ?? .absent(provenance)
  }

  func domain(_ status: DomainStatus) async -> DomainEvidence {
    var evidence = DomainEvidence(unknown(Failure(.notAsked, "libvirt does not tell"), "libvirt"))
    evidence.state = observed(status.state.description, "virDomainGetState")
    evidence.stateReason = observed(status.reasonName, "virDomainGetState")
    do throws(LibvirtError) {
      let hypervisor = try await session.connection.hypervisor(until: deadline)
      evidence.libvirt = observed(hypervisor.libvirtVersion?.description, "virConnectGetLibVersion")
      evidence.emulator = observed(hypervisor.version?.description, "virConnectGetVersion")
    } catch {
      let failed = unknown(Failure(error), "libvirt")
      (evidence.libvirt, evidence.emulator) = (failed(), failed())
    }
    return evidence
  }

  func configuration(_ kind: Domain.Configuration) async throws(Failure) -> DomainConfiguration {
    let bytes: [UInt8]
    do throws(LibvirtError) { bytes = try await domain.xml(kind, until: deadline) } catch { throw Failure(error) }
    collector.recorder?.keep(
      .domainXML, kind == .live ? "virDomainGetXMLDesc" : "virDomainGetXMLDesc VIR_DOMAIN_XML_INACTIVE", bytes)
    do throws(DomainXMLError) { return try DomainConfiguration(xml: bytes) } catch { throw Failure(error) }
  }

  /// QEMU's monitor through libvirt's passthrough, which taints the domain: asked only with leave.
  var monitor: MonitorFacts<RecordedMonitor<MonitorPassthrough>> {
    let line = line
    let passthrough = MonitorPassthrough { command in
      do throws(Failure) {
        let reply = try await line.askMonitor { (domain, deadline) async throws(LibvirtError) in
          try await domain.monitorCommand(command, until: deadline)
        }
        return String(decoding: reply, as: UTF8.self)
      } catch { throw QMPError(error) }
    }
    return MonitorFacts(
      monitor: RecordedMonitor(base: passthrough, recorder: collector.recorder), collector: collector)
  }

  /// Takes down what QEMU's log says of the balloon, where that log is on this machine.
  func keepLog(_ runner: SourceRunner) async {
    let (log, name, uri) = (collector.log, domain.name, session.uri)
    let deadline = deadline
    let lines = await runner.run("QEMU log") { () async throws(Failure) -> HypervisorLog.Lines in
      let result: Result<HypervisorLog.Lines, Failure>
      do {
        result = try await blocking(until: deadline) {
          do throws(Failure) { return .success(try log.lines(of: name, at: uri)) } catch { return .failure(error) }
        }
      } catch { throw Failure(.timedOut, "QEMU's log could not be read within the time given") }
      return try result.get()
    }
    if case .success(let lines) = lines, !lines.bytes.isEmpty {
      collector.recorder?.keep(.hypervisorLog, "QEMU log", lines.bytes, isCut: lines.isCut)
    }
  }

  /// What libvirt announced of the domain and its balloon.
  func tell(_ evidence: inout Evidence, _ watch: DomainWatch) async {
    guard let told = try? await watch.history(until: deadline) else { return }
    evidence.events = told.events.compactMap(MachineEvent.init)
    if let notice = MachineEvent.notice(kept: told.events.count, omitted: told.omitted) {
      evidence.collection.notices.append(notice)
    }
  }

  /// The persistent configuration, which a transient domain has not.
  func persistent() async -> Result<DomainConfiguration, Failure> {
    do throws(Failure) {
      let isPersistent: Bool
      do throws(LibvirtError) { isPersistent = try await domain.isPersistent(until: deadline) } catch {
        throw Failure(error)
      }
      guard isPersistent else {
        throw Failure(.notFound, "a transient domain has no record of what was asked of its balloon")
      }
      return .success(try await configuration(.persistent))
    } catch { return .failure(error) }
  }

  func reading() async -> Reading {
    do throws(Failure) {
      let statistics = try await line.askMonitor { (domain, deadline) async throws(LibvirtError) in
        try await domain.memoryStatistics(until: deadline)
      }
      collector.recorder?.keep(statistics)
      return Reading(statistics, time: collector.clock.now())
    } catch {
      return Reading(failed: error, source: "virDomainMemoryStats", time: collector.clock.now())
    }
  }

  /// Without the monitor the XML is what tells whether there is a device.
  func presence(_ configuration: ConfigurationEvidence) -> Observation<String> {
    switch configuration.model {
    case .observed("none", let provenance), .absent(let provenance): .absent(provenance)
    case .observed: monitorNotAsked()
    case .failed(let failure, let provenance): .failed(failure, provenance)
    }
  }

  var monitorNotAsked: Unknown {
    unknown(
      Failure(
        .notAsked, "QEMU's monitor was not asked, which through libvirt taints the domain",
        ask: command("--monitor")), "QEMU monitor")
  }

  /// The command that would ask more.
  private func command(_ flags: String...) -> String { session.target.diagnose(flags) }

  /// Begins to watch what happens to the guest.
  func watch() async -> Result<DomainWatch, Failure> {
    do throws(LibvirtError) { return .success(try await domain.watch(until: deadline)) } catch {
      return .failure(Failure(error))
    }
  }

  /// What happened to the guest since `before`, as far as libvirt's state tells, and its events when there is a watch,
  /// which ends with this.
  func interruptions(
    since before: DomainStatus, _ watch: Result<DomainWatch, Failure>?
  ) async -> Observation<[String]> {
    var seen: [String] = []
    func add(_ name: String) { if !seen.contains(name) { seen.append(name) } }
    var failure: Failure?
    switch watch {
    case .success(let watch)?:
      do throws(LibvirtError) { try await watch.events(until: deadline).compactMap(\.interruption).forEach(add) } catch
      {
        failure = Failure(error)
      }
      await watch.close(until: deadline)
    case .failure(let refused)?: failure = refused
    case nil: break
    }
    do throws(LibvirtError) {
      let now = try await line.domain().connection.domain(domain.uuid, until: deadline)
      let status = try await now.status(until: deadline)
      if now.id != domain.id { add(now.id == nil ? "stopped" : "restarted") }
      if status.state != before.state { add("became \(status.state)") }
    } catch { failure = Failure(error) }
    // What was seen counts, even when something else could not be.
    if seen.isEmpty, let failure { return unknown(failure, "libvirt")() }
    let source = "virDomainGetState and the domain's id"
    return observed(seen.isEmpty ? nil : seen, watch == nil ? source : "libvirt's events, \(source)")
  }

  /// The agent, over its own channel: opened only when the guest holds its end.
  ///
  /// - Parameter kept: what goes on asking it while the guest is watched.
  func agent(
    _ channel: ChannelEvidence, _ runner: SourceRunner, _ kept: KeptAgent?
  ) async -> (GuestEvidence, ChannelEvidence) {
    var channel = channel
    // XML that could not be read says nothing against the channel: libvirt finds it by name.
    guard !channel.port.isAbsent else {
      return (
        guestWithoutAgent(Failure(.notFound, "the domain has no channel named \(AgentChannel.portName)")),
        channel
      )
    }
    guard channel.guestOpen.value != false else {
      return (
        guestWithoutAgent(Failure(.disconnected, "no program in the guest holds the agent's channel open")),
        channel
      )
    }
    guard !session.isReadOnly else {
      let failure = Failure(
        .denied, "a channel needs a read-write connection", ask: command())
      return (GuestEvidence(unknown(failure, "agent")), channel)
    }
    let opened = await runner.run("agent", shortfall: \.agent.failure) { () async throws(Failure) -> GuestEvidence in
      let stream: Libvirt.DomainChannel
      do throws(LibvirtError) {
        stream = try await session.openAgentChannel(within: collector.options.deadline)
      } catch {
        // libvirt has no code of its own for a channel that is taken; the channel is there and the guest has opened it.
        throw error.code == .operationFailed ? Failure(.busy, error.message) : Failure(error)
      }
      let collector = collector
      return await collector.agentCollector.collect(over: stream, kept: kept) {
        await stream.close(until: collector.deadline)
      }
    }
    switch opened {
    case .success(let guest):
      channel.heldByAnother = observed(false, "virDomainOpenChannel")
      return (guest, channel)
    case .failure(let failure):
      if failure.reason == .busy { channel.heldByAnother = observed(true, "virDomainOpenChannel") }
      return (GuestEvidence(unknown(failure, "agent")), channel)
    }
  }

  /// Nothing of the guest; what to do for it the reader of the evidence knows, with the guest's system.
  private func guestWithoutAgent(_ failure: Failure) -> GuestEvidence { GuestEvidence(unknown(failure, "agent")) }
}
