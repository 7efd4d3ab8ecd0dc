// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import PCI
import QMP

/// What QEMU's monitor says of the balloon, over a socket of one's own or libvirt's passthrough. Only queries.
struct MonitorFacts<Commands: MonitorCommands>: Sendable {
  let monitor: Commands
  let collector: GuestCollector

  private var deadline: ContinuousClock.Instant { collector.deadline }

  func source(_ command: String, _ trust: Trust = .host) -> Provenance {
    Provenance(command, trust: trust, time: collector.clock.now())
  }

  /// One question; whatever goes wrong is its answer's failure. A `nil` answer is an absent one.
  func ask<Value>(
    _ command: String, _ body: () async throws(QMPError) -> Value?
  ) async -> Observation<Value> {
    do throws(QMPError) {
      let value = try await body()
      return value.map { .observed($0, source(command)) } ?? .absent(source(command))
    } catch {
      return error.code == .absent ? .absent(source(command)) : .failed(Failure(error), source(command))
    }
  }

  // MARK: The device

  /// The balloon device, its function, its virtio status and its siblings.
  func device() async -> DeviceEvidence {
    var evidence = DeviceEvidence(
      Unknown(failure: Failure(.notFound, "the machine has no balloon"), provenance: source("QEMU monitor")))
    let functions: Result<[MachineFunction], QMPError> = await result { () async throws(QMPError) in
      try await monitor.pciFunctions(until: deadline)
    }
    evidence.decoys = decoys(functions)
    evidence.qomPath = await ask("x-query-virtio") { () async throws(QMPError) in
      try await monitor.balloonPaths(until: deadline).first
    }
    (evidence.status, evidence.guestFeatures, evidence.hostFeatures, evidence.siblings) = await virtio()
    guard let path = evidence.qomPath.value else {
      if let failure = evidence.qomPath.failure {
        let unknown = Unknown(failure: failure, provenance: evidence.qomPath.provenance)
        (evidence.identity, evidence.address, evidence.path) = (unknown(), unknown(), unknown())
        evidence.pollingInterval = unknown()
      }
      return evidence
    }
    evidence.pollingInterval = await ask("qom-get guest-stats-polling-interval") { () async throws(QMPError) in
      try await monitor.pollingInterval(of: path, until: deadline)
    }
    evidence.path = await ask("qom-get addr, parent_bus") { () async throws(QMPError) in
      try await monitor.location(of: path, until: deadline).path
    }
    (evidence.address, evidence.identity) = await function(at: evidence.path.value, functions)
    return evidence
  }

  /// The balloon's function as firmware numbered it, and its ids: from `query-pci`, or where that omits it, from QEMU's
  /// device tree.
  private func function(
    at path: PCIPath?, _ functions: Result<[MachineFunction], QMPError>
  ) async -> (Observation<PCIAddress>, Observation<PCIIdentity>) {
    let listed = source("query-pci")
    switch functions {
    case .success(let functions):
      if let balloon = functions.first(where: { $0.identity.isBalloon && (path == nil || $0.path == path) }) {
        return (.observed(balloon.address, listed), .observed(balloon.identity, listed))
      }
      let identity: Observation<PCIIdentity> = await ask("info qtree") { () async throws(QMPError) in
        try await monitor.treeFunctions(until: deadline)
          .first { $0.identity.isBalloon && (path == nil || $0.path == path) }?.identity
      }
      return (.absent(listed), identity)
    case .failure(let error):
      let failure = Failure(error)
      return (.failed(failure, listed), .failed(failure, listed))
    }
  }

  private func decoys(_ functions: Result<[MachineFunction], QMPError>) -> Observation<[HostFunction]> {
    switch functions {
    case .success(let functions):
      let decoys = functions.filter { $0.identity.isBalloonDecoy }.map {
        HostFunction(address: $0.address, path: $0.path, identity: $0.identity)
      }
      return .observed(decoys, source("query-pci"))
    case .failure(let error): return .failed(Failure(error), source("query-pci"))
    }
  }

  /// The balloon's status and features, and its siblings' status.
  private func virtio() async -> (
    Observation<[String]>, Observation<[String]>, Observation<[String]>, Observation<[VirtioSibling]>
  ) {
    let command = "x-query-virtio-status"
    let devices: [VirtioDevice]
    do throws(QMPError) { devices = try await monitor.virtioDevices(until: deadline) } catch {
      let failure = Unknown(failure: await explained(error, "x-query-virtio"), provenance: source("x-query-virtio"))
      return (failure(), failure(), failure(), failure())
    }
    var balloon: Result<VirtioStatus, QMPError>?
    var siblings: [VirtioSibling] = []
    // A machine with hundreds of ports has one virtio-serial; more devices than this tell nothing new.
    for device in devices.prefix(64) {
      let status: Result<VirtioStatus, QMPError> = await result { () async throws(QMPError) in
        try await monitor.virtioStatus(of: device.path, until: deadline)
      }
      if device.isBalloon, balloon == nil {
        balloon = status
      } else if case .success(let status) = status {
        siblings.append(VirtioSibling(name: device.name, qomPath: device.path, status: status.status))
      }
    }
    let siblingsSeen = Observation<[VirtioSibling]>.observed(siblings, source(command))
    switch balloon {
    case .success(let status)?:
      return (
        .observed(status.status, source(command)), .observed(status.guest.device, source(command)),
        .observed(status.host.device, source(command)), siblingsSeen
      )
    case .failure(let error)?:
      let failure = Unknown(failure: await explained(error, command), provenance: source(command))
      // Siblings that could not be asked are not siblings that there are none of.
      let unseen = siblings.isEmpty && error.code == .unsupported
      return (failure(), failure(), failure(), unseen ? failure() : siblingsSeen)
    case nil:
      let none = source("x-query-virtio")
      return (.absent(none), .absent(none), .absent(none), siblingsSeen)
    }
  }

  /// Why a query of virtio devices has no answer: whether this QEMU is too old for it, or will not tell.
  private func explained(_ error: QMPError, _ command: String) async -> Failure {
    guard error.code == .unsupported, let version = try? await monitor.version(until: deadline) else {
      return Failure(error)
    }
    return version.major > 7 || (version.major == 7 && version.minor >= 2)
      ? Failure(
        .unsupported,
        "QEMU \(version) refuses \(command) (\(error.errorClass ?? "no class")), which 7.2 and later have: unstable "
          + "commands are switched off, or it was renamed")
      : Failure(.unsupported, "QEMU \(version) has no \(command); 7.2 and later do")
  }

  func result<Value>(_ body: () async throws(QMPError) -> Value) async -> Result<Value, QMPError> {
    do throws(QMPError) { return .success(try await body()) } catch { return .failure(error) }
  }

  /// Looks at the status again where no driver had finished: one that was just starting is not reported as missing.
  func refresh(_ evidence: inout DeviceEvidence) async {
    guard let status = evidence.status.value, !status.contains("DRIVER_OK") else { return }
    (evidence.status, evidence.guestFeatures, evidence.hostFeatures, evidence.siblings) = await virtio()
  }

  // MARK: Readings

  /// One look at size and statistics.
  func reading(_ place: Observation<String>) async -> Reading {
    let unknown = Unknown(
      failure: place.failure ?? Failure(.notFound, "the machine has no balloon"), provenance: source("guest-stats"))
    let info: Result<BalloonInfo?, QMPError> = await result { () async throws(QMPError) in
      try await monitor.balloonInfo(until: deadline)
    }
    var reading = Reading(
      time: collector.clock.now(),
      actual: await ask("query-balloon") { () async throws(QMPError) in try info.get()?.actual },
      lastUpdate: unknown(), statistics: unknown(), rss: unknown())
    // What Proxmox's QEMU tells besides counts where guest-stats is not to be had.
    if case .success(let info?) = info, let told = info.statistics {
      reading.take(
        told, host: source("query-balloon"), guest: source("query-balloon (from the guest's driver)", .guest))
    }
    let isTold = reading.lastUpdate.value != nil
    guard let path = place.value else { return reading }
    let host = source("qom-get guest-stats")
    do throws(QMPError) {
      let statistics = try await monitor.guestStatistics(of: path, until: deadline)
      reading.time = collector.clock.now()
      reading.take(statistics, host: host, guest: source("qom-get guest-stats (from the guest's driver)", .guest))
    } catch {
      if !isTold {
        (reading.lastUpdate, reading.statistics) = (.failed(Failure(error), host), .failed(Failure(error), host))
      }
    }
    reading.rss = .failed(
      Failure(.unsupported, "QEMU's monitor does not tell its process's memory"), source("QEMU monitor"))
    return reading
  }

  // MARK: The agent's channel

  /// An agent's port, whether the guest holds it open, whether somebody on the host does, and where it leads.
  func channel(named name: String = AgentChannel.portName) async -> (ChannelEvidence, path: String?) {
    var evidence = ChannelEvidence(
      Unknown(failure: Failure(.unsupported, "QEMU's monitor does not tell"), provenance: source("qom-list")))
    let port: PortObject?
    do throws(QMPError) { port = try await self.port(named: name) } catch {
      let unknown = Unknown(failure: Failure(error), provenance: source("qom-list"))
      return (ChannelEvidence(unknown), nil)
    }
    guard let port else {
      let none = source("qom-list")
      (evidence.port, evidence.guestOpen, evidence.heldByAnother) = (.absent(none), .absent(none), .absent(none))
      return (evidence, nil)
    }
    evidence.port = .observed(name, source("qom-get \(port.path) name"))
    do throws(QMPError) {
      let chardev = try await monitor.chardevs(until: deadline).first { $0.label == port.chardev }
      let source = source("query-chardev")
      guard let chardev else {
        (evidence.guestOpen, evidence.heldByAnother) = (.absent(source), .absent(source))
        return (evidence, nil)
      }
      evidence.guestOpen = .observed(chardev.isFrontendOpen, source)
      evidence.heldByAnother =
        chardev.isHostConnected.map { .observed($0, source) }
        ?? .failed(Failure(.unsupported, "QEMU does not tell who holds \(chardev.filename.prefix(80))"), source)
      return (evidence, chardev.path)
    } catch {
      let source = source("query-chardev")
      (evidence.guestOpen, evidence.heldByAnother) = (.failed(Failure(error), source), .failed(Failure(error), source))
      return (evidence, nil)
    }
  }

  private struct PortObject: Sendable {
    let path: String
    let chardev: String?
  }

  /// The virtio-serial port of that name, among the devices of the command line.
  private func port(named name: String) async throws(QMPError) -> PortObject? {
    for container in ["/machine/peripheral", "/machine/peripheral-anon"] {
      for property in try await monitor.properties(of: container, until: deadline).prefix(1_024)
      where property.child == "virtserialport" {
        let path = container + "/" + property.name
        guard try await monitor.property("name", of: path, until: deadline).string == name else {
          continue
        }
        return PortObject(path: path, chardev: try await monitor.property("chardev", of: path, until: deadline).string)
      }
    }
    return nil
  }
}
