// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import GuestLink
import Libvirt
import PCI

/// Asks qemu-ga what it tells read-only: who it is, which system it runs on, and on Windows which drivers it lists.
struct QEMUGuestAgentCollector: Sendable {
  let clock: WallClock
  /// How long all of it may take.
  let deadline: Duration

  /// The commands that this program uses.
  static let commands = ["guest-get-osinfo", "guest-get-devices", "guest-exec", "guest-exec-status"]

  func collect(_ agent: some QGACommands) async -> QEMUGuestAgentEvidence {
    let end = ContinuousClock.now + deadline
    var evidence: QEMUGuestAgentEvidence
    var known: [String: Bool]?
    do throws(QGAError) {
      let info = try await agent.info(until: end)
      let source = source("guest-info")
      evidence = QEMUGuestAgentEvidence(
        Unknown(failure: Failure(.unsupported, "this qemu-ga has no such command"), provenance: source))
      evidence.version = observation(info.version, "guest-info")
      known = info.commands
      evidence.commands = .observed(
        Dictionary(uniqueKeysWithValues: Self.commands.compactMap { name in info.commands[name].map { (name, $0) } }),
        source)
    } catch {
      evidence = QEMUGuestAgentEvidence(Unknown(failure: Failure(error), provenance: source("guest-info")))
      // Whoever refuses guest-info may still answer the rest; whoever is silent has had his time.
      guard error.code == .refused || error.code == .malformed else { return evidence }
    }
    switch await ask("guest-get-osinfo", known, { () async throws(QGAError) in try await agent.system(until: end) }) {
    case .success(let system):
      let command = "guest-get-osinfo"
      evidence.osID = observation(system.id, command)
      evidence.osName = observation(system.prettyName.value == nil ? system.name : system.prettyName, command)
      evidence.osVersion = observation(system.version, command)
      evidence.kernel = observation(system.kernelRelease, command)
    case .failure(let failure):
      let unknown = Unknown(failure: failure, provenance: source("guest-get-osinfo"))
      (evidence.osID, evidence.osName, evidence.osVersion, evidence.kernel) =
        (unknown(), unknown(), unknown(), unknown())
    }
    switch await ask("guest-get-devices", known, { () async throws(QGAError) in try await agent.devices(until: end) }) {
    case .success(let devices): evidence.devices = .observed(devices.map(driver), source("guest-get-devices"))
    case .failure(let failure): evidence.devices = .failed(failure, source("guest-get-devices"))
    }
    return evidence
  }

  /// Runs one command, unless the agent said that it has none of that name or that it is switched off.
  private func ask<Value>(
    _ command: String, _ known: [String: Bool]?, _ body: () async throws(QGAError) -> Value
  ) async -> Result<Value, Failure> {
    if let known {
      switch known[command] {
      case true?: break
      case false?:
        return .failure(Failure(.denied, "\(command) is switched off in qemu-ga's settings (block-rpcs, allow-rpcs)"))
      case nil: return .failure(Failure(.unsupported, "this qemu-ga has no \(command)"))
      }
    }
    do throws(QGAError) { return .success(try await body()) } catch { return .failure(Failure(error)) }
  }

  private func driver(_ device: QGADevice) -> InstalledDriver {
    let command = "guest-get-devices"
    let identity: Observation<PCIIdentity>
    switch (observation(device.vendor, command), observation(device.device, command)) {
    case (.observed(let vendor, _), .observed(let number, let source)):
      identity = .observed(PCIIdentity(vendor: vendor, device: number), source)
    case (.observed, let unknown), (let unknown, _): identity = unknown.map { _ in nil }
    }
    return InstalledDriver(
      name: observation(device.name, command), version: observation(device.version, command),
      date: observation(device.date, command), identity: identity)
  }

  private func source(_ command: String) -> Provenance {
    Provenance("qemu-ga \(command)", trust: .guest, time: clock.now())
  }

  private func observation<Value>(_ fact: Fact<Value>, _ command: String) -> Observation<Value> {
    let source = Provenance("qemu-ga \(command): \(fact.source)", trust: .guest, time: clock.now())
    switch fact {
    case .observed(let value, _): return .observed(value, source)
    case .absent: return .absent(source)
    case .failed(let failure, _):
      return .failed(Failure(Failure.Reason(rawValue: failure.reason.text), failure.detail), source)
    }
  }
}

extension QEMUGuestAgentEvidence {
  /// Evidence of an agent that could not be asked.
  init(_ failure: Failure, clock: WallClock) {
    self.init(Unknown(failure: failure, provenance: Provenance("qemu-ga", trust: .host, time: clock.now())))
  }
}

extension QGAError {
  /// What libvirt says of a command that it was to pass on, by its code.
  init(_ error: LibvirtError) {
    let code: Code =
      if error.isDenied {
        .denied
      } else if error.isUnsupported {
        .unsupported
      } else {
        switch error.code {
        case .agentUnresponsive: .unserved
        case .argumentUnsupported: .notFound
        case .agentUnsynced: .garbage
        case .timedOut, .operationTimeout: .timedOut
        case .internalError: .refused
        default: .transport
        }
      }
    self.init(code, error.message)
  }
}
