// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Libvirt
import QMP

/// The way to one domain: when a call has missed its deadline, and with it the connection is lost, the next takes a new
/// connection.
actor LibvirtLine {
  /// A monitor that has been busy with one command for longer hangs; QEMU answers in milliseconds.
  private static let patience = Duration.seconds(1)

  private var current: Domain
  private let deadline: Duration

  init(_ domain: Domain, deadline: Duration) {
    current = domain
    self.deadline = deadline
  }

  /// The domain, on a connection that can be asked.
  func domain() async throws(LibvirtError) -> Domain {
    guard current.connection.isAbandoned else { return current }
    let connection = try await current.connection.openAnother(until: .now + deadline)
    current = try await connection.domain(current.uuid, until: .now + deadline)
    return current
  }

  /// Asks what libvirt has to ask of QEMU's monitor, unless that hangs already; and when no answer comes, says whether
  /// that is because the monitor hangs.
  nonisolated func askMonitor<Value: Sendable>(
    _ question: (Domain, ContinuousClock.Instant) async throws(LibvirtError) -> Value
  ) async throws(Failure) -> Value {
    if let hang = await hang() { throw hang }
    do throws(LibvirtError) { return try await question(try await domain(), .now + deadline) } catch {
      guard error.code == .timedOut, let hang = await hang() else { throw Failure(error) }
      throw hang
    }
  }

  /// That QEMU's monitor hangs, as libvirt knows without asking it; nil when it does not, or this cannot be told.
  private func hang() async -> Failure? {
    guard let domain = try? await domain(), let control = try? await domain.controlStatus(until: .now + deadline)
    else { return nil }
    switch control.state {
    case .occupied:
      guard let duration = control.duration, duration >= min(Self.patience, deadline / 2) else { return nil }
      return Failure(
        .timedOut,
        "QEMU's monitor has not answered libvirt for \(duration.seconds) s: QEMU hangs, or its process is stopped")
    case .error: return Failure(.disconnected, "libvirt has lost its connection to QEMU's monitor")
    default: return nil
    }
  }
}

extension DomainEvent {
  /// What evidence calls it: QEMU's own word for the event where it has one. Nil when it says nothing of the guest.
  var interruption: String? {
    if isMigration { return "MIGRATION" }
    if isWakeUp { return "WAKEUP" }
    switch self {
    case .reboot: return "RESET"
    case .balloonChange: return nil
    case .lifecycle(.started, _): return "restarted"
    case .lifecycle(.suspended, _): return "STOP"
    case .lifecycle(.resumed, _): return "RESUME"
    case .lifecycle(.stopped, _), .lifecycle(.shutdown, _): return "SHUTDOWN"
    case .lifecycle(.slept, _): return "SUSPEND"
    case .lifecycle(.crashed, _): return "crashed"
    case .lifecycle(.defined, _), .lifecycle(.undefined, _): return nil
    case .lifecycle(let kind, _): return "lifecycle event \(kind.rawValue)"
    }
  }
}

extension QMPError {
  /// A failure on the way to the monitor.
  init(_ failure: Failure) {
    let code: Code =
      switch failure.reason {
      case .timedOut: .timedOut
      case .denied: .denied
      case .unsupported: .unsupported
      case .disconnected: .closed
      default: .transport
      }
    self.init(code, failure.detail)
  }
}

extension LibvirtSession {
  /// The guest as reports and commands name it.
  var target: Target { Target(kind: .libvirt, name: domain.name, uuid: domain.uuid, location: uri) }
}
