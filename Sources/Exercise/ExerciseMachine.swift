// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Collectors
import Glibc
import Libvirt
import QMP
import Transports

/// A machine whose balloon may be changed: which one it is, and how it is reached.
package struct ExerciseMachine: Sendable {
  private enum Way: Sendable {
    case monitor(SharedMonitor, agentSocket: String?)
    case libvirt(LibvirtSession)
  }

  package let identity: MachineIdentity
  /// QEMU's process, where it is on this machine.
  private let process: Int32?
  private let way: Way
  /// Whether others want their turns at the monitor, too.
  package let isShared: Bool

  /// The machine behind a monitor's socket of one's own. The monitor is let go again.
  package init(monitor path: String, agentSocket: String?, within time: Duration) async throws(TargetError) {
    let peer: Int32?
    do throws(TransportError) {
      let socket = try await UnixSocket.connect(to: path, until: .now + min(time, .seconds(1)))
      peer = socket.peerProcess
      socket.close()
    } catch { throw TargetError("qmp:\(error.message)", Failure(.notFound, error.message)) }
    try await self.init(path, process: peer, label: "qmp:\(path)", agentSocket, isShared: false, within: time)
  }

  /// A machine of Proxmox VE.
  package init(
    proxmox vmid: String, on host: ProxmoxHost, agentSocket: String?, within time: Duration
  ) async throws(TargetError) {
    try await self.init(
      host.monitor(of: vmid), process: host.process(of: vmid), label: "proxmox:\(vmid)", agentSocket, isShared: true,
      within: time)
  }

  private init(
    _ path: String, process: Int32?, label: String, _ agentSocket: String?, isShared: Bool, within time: Duration
  ) async throws(TargetError) {
    guard let run = MachineIdentity.run(ofProcess: process) else {
      throw TargetError(
        "\(label): QEMU's process is not to be seen from here, so what an interrupted exercise took could not be given "
          + "back for sure: run this on QEMU's host, and not in a container of its own",
        Failure(.unsupported, "QEMU's process is not to be seen from here"))
    }
    let shared = SharedMonitor(path)
    do throws(QMPError) {
      let uuid = try await shared.uuid(until: .now + time)
      let isMigrating = try await shared.isMigrating(until: .now + time)
      await shared.release()
      guard !isMigrating else {
        throw QMPError(.refused, "the machine is being migrated: exercise it where it has arrived")
      }
      identity = MachineIdentity(key: uuid ?? MachineIdentity.key(ofSocket: path), run: run)
    } catch {
      await shared.release()
      throw TargetError("\(label): \(error.message)", Failure(error))
    }
    self.process = process
    self.isShared = isShared
    way = .monitor(shared, agentSocket: agentSocket)
  }

  /// A libvirt domain.
  package init(_ session: LibvirtSession) throws(TargetError) {
    guard let id = session.domain.id else {
      throw TargetError(
        "\(session.uri): \(session.domain.name) does not run", Failure(.notFound, "the domain does not run"))
    }
    guard !session.isReadOnly else {
      let reason = "the connection is read-only, and a balloon is asked for a size over a read-write one"
      throw TargetError("\(session.uri): \(reason)", Failure(.denied, reason))
    }
    process = MachineIdentity.process(ofUUID: session.domain.uuid)
    let run = MachineIdentity.run(ofProcess: process) ?? "domain \(id)"
    identity = MachineIdentity(key: session.domain.uuid, run: run)
    isShared = false
    way = .libvirt(session)
  }

  /// What changes the balloon and looks at it.
  ///
  /// - Parameter evidence: a collection of the same machine; `nil` for a balloon that is only put back.
  package func control(
    _ evidence: Evidence?, collector: GuestCollector, wall: WallClock
  ) async -> (control: ExerciseControl, agent: AgentWord?) {
    let hasAgent = evidence?.guest.agent.value != nil
    switch way {
    case .monitor(let shared, let socket):
      let agent = hasAgent ? await collector.agentWord(by: shared, agentSocket: socket) : nil
      await shared.release()
      return (
        .monitor(
          MonitorControl(
            shared, process: process, run: identity.run, collector: collector, evidence: evidence, agent: agent,
            wall: wall)), agent
      )
    case .libvirt(let session):
      let agent = hasAgent ? await collector.agentWord(of: session) : nil
      return (
        .libvirt(
          LibvirtControl(
            session.domain, process: process, run: identity.run, evidence: evidence, agent: agent, wall: wall,
            time: collector.options.deadline)), agent
      )
    }
  }
}

/// One of the two ways to a balloon.
package enum ExerciseControl: BalloonControl {
  case monitor(MonitorControl)
  case libvirt(LibvirtControl)

  package func request(_ size: UInt64) async throws(Failure) {
    switch self {
    case .monitor(let control): try await control.request(size)
    case .libvirt(let control): try await control.request(size)
    }
  }

  package func look(thorough: Bool) async -> ExerciseReading {
    switch self {
    case .monitor(let control): await control.look(thorough: thorough)
    case .libvirt(let control): await control.look(thorough: thorough)
    }
  }
}
