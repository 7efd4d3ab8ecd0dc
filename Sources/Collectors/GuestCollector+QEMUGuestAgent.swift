// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestLink
import Libvirt
import Transports

extension LibvirtSource {
  /// What libvirt does to a domain whose qemu-ga it asks; `nil` when it refused to before it asked.
  private static func notice(_ evidence: QEMUGuestAgentEvidence) -> String? {
    let mark = "marked as tainted (custom-ga-command)."
    switch evidence.version.failure?.reason {
    case .denied?, .unsupported?, .notFound?: return nil
    // libvirt has one code for an agent that is not connected, which it does not ask, and for one that is late.
    case .disconnected?: return "qemu-ga was asked for through libvirt: the domain may now be \(mark)"
    default: return "qemu-ga was asked through libvirt: the domain is now \(mark)"
    }
  }

  /// qemu-ga through libvirt, over a connection of its own: one call may last as long as the agent likes.
  ///
  /// - Parameter port: the channel of qemu-ga's name by the XML; one that is not there, or that nobody in the guest has
  ///   opened, is not asked, and so nothing is marked.
  /// - Returns: the evidence, what a report must tell of the mark, and what the probe gave where one was to be run.
  func qemuGA(
    _ port: ChannelEvidence?, _ runner: SourceRunner
  ) async -> (QEMUGuestAgentEvidence, notice: String?, probed: GuestProbe.Outcome?) {
    let clock = collector.clock
    let time = collector.options.deadline
    typealias Told = (evidence: QEMUGuestAgentEvidence, agent: RecordedQGA<QGAPassthrough>)
    let result = await runner.run("qemu-ga", shortfall: { (told: Told) in told.evidence.version.failure }) {
      () async throws(Failure) -> Told in
      if port?.port.isAbsent == true {
        throw Failure(.notFound, "the domain has no channel named \(QGA.portName)")
      }
      if port?.guestOpen.value == false {
        throw Failure(.disconnected, "no program in the guest holds qemu-ga's channel open")
      }
      guard !session.isReadOnly else {
        throw Failure(.denied, "qemu-ga through libvirt needs a read-write connection")
      }
      let domain: Domain
      do throws(LibvirtError) {
        let connection = try await session.connection.openAnother(until: .now + time)
        domain = try await connection.domain(session.domain.uuid, until: .now + time)
      } catch { throw Failure(error) }
      let passthrough = QGAPassthrough { (command, deadline) async throws(QGAError) in
        // libvirt gives up a second before this program does, so that its connection stays good.
        let seconds = max(1, (deadline - .now).components.seconds - 1)
        do throws(LibvirtError) {
          return try await domain.agentCommand(
            command, seconds: Int32(clamping: seconds), until: max(deadline, .now + .seconds(2)))
        } catch { throw QGAError(error) }
      }
      let agent = RecordedQGA(base: passthrough, recorder: collector.recorder)
      return (await QEMUGuestAgentCollector(clock: clock, deadline: time).collect(agent), agent)
    }
    switch result {
    case .success(let told):
      return (
        told.evidence, Self.notice(told.evidence), await collector.probe(told.evidence, over: told.agent, runner)
      )
    case .failure(let failure):
      let evidence = QEMUGuestAgentEvidence(failure, clock: clock)
      return (evidence, nil, nil)
    }
  }
}

extension GuestCollector {
  /// Runs the probe's programs through qemu-ga, where somebody has asked for that.
  func probe(
    _ evidence: QEMUGuestAgentEvidence?, over agent: some QGACommands, _ runner: SourceRunner
  ) async -> GuestProbe.Outcome? {
    guard let probe, let evidence else { return nil }
    let begun = ContinuousClock.now
    let outcome = await probe.run(evidence, over: agent, until: begun + probeTime)
    await runner.record("guest-exec", outcome.failure, took: ContinuousClock.now - begun)
    if !outcome.output.isEmpty { recorder?.keep(.pasted, "virt-balloon probe", outcome.output) }
    return outcome
  }

  /// qemu-ga at its port's socket, and the probe through it.
  func qemuGAWithProbe(
    _ place: PortPlace?, _ runner: SourceRunner, within time: Duration? = nil
  ) async -> (QEMUGuestAgentEvidence?, GuestProbe.Outcome?) {
    let evidence = await qemuGA(place, runner, within: time)
    guard let place else { return (evidence, nil) }
    return (
      evidence, await probe(evidence, over: RecordedQGA(base: QGATurns(place: place), recorder: recorder), runner)
    )
  }

  /// qemu-ga at its port's socket, which marks nothing; `nil` without a place.
  ///
  /// - Parameter time: how long the port is held at most; `nil` for a source's usual time.
  func qemuGA(
    _ place: PortPlace?, _ runner: SourceRunner, within time: Duration? = nil
  ) async -> QEMUGuestAgentEvidence? {
    guard let place else { return nil }
    let time = time ?? options.deadline
    let result = await runner.run("qemu-ga", shortfall: \.version.failure) {
      () async throws(Failure) -> QEMUGuestAgentEvidence in
      let socket = try await place.connect(until: .now + time)
      defer { socket.close() }
      return await QEMUGuestAgentCollector(clock: clock, deadline: time).collect(
        RecordedQGA(base: QGAClient(socket), recorder: recorder))
    }
    switch result {
    case .success(let evidence): return evidence
    case .failure(let failure): return QEMUGuestAgentEvidence(failure, clock: clock)
    }
  }
}

extension Evidence {
  /// Takes over what a probe told, and what a report must tell of it.
  mutating func take(_ probed: GuestProbe.Outcome?) {
    guard let probed else { return }
    if let told = probed.guest { guest.complete(with: told) }
    collection.notices += probed.notices
  }
}
