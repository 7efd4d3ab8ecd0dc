// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension GuestCollector {
  /// The memory of QEMU's process, looked at by a thread of its own; `nil` unless somebody wants it.
  ///
  /// - Parameters:
  ///   - ram: the guest's RAM, by whose size its mapping is found.
  ///   - find: tells the process; it may block.
  func process(
    _ runner: SourceRunner, ram: Observation<UInt64>,
    _ find: @escaping @Sendable (ContinuousClock.Instant) throws(Failure) -> HypervisorProcess
  ) async -> ProcessEvidence? {
    guard options.process else { return nil }
    let (clock, ram) = (clock, ram.value)
    // What was had by the inner deadline is not lost to the outer one.
    let (inner, outer) = (ContinuousClock.now + options.deadline * 0.8, deadline)
    let result = await runner.run(
      "QEMU process", shortfall: { (evidence: ProcessEvidence) in evidence.resident.failure }
    ) { () async throws(Failure) -> ProcessEvidence in
      let result: Result<ProcessEvidence, Failure>
      do {
        result = try await blocking(until: outer) {
          do throws(Failure) {
            return .success(try find(inner).memory(ram: ram, until: inner, clock: clock))
          } catch { return .failure(error) }
        }
      } catch { throw Failure(.timedOut, "QEMU's process could not be looked at within the time given") }
      return try result.get()
    }
    return switch result {
    case .success(let evidence): evidence
    case .failure(let failure): HypervisorProcess.unknown(failure, clock: clock)
    }
  }

  /// The process at the other end of a monitor's socket, when it is the one that holds the machine's memory: who began
  /// to listen may have been another, which handed the socket on.
  func holder(
    _ process: Int32?, of maximum: Observation<UInt64>
  ) throws(Failure) -> HypervisorProcess {
    if let failure = memory(ofProcess: process, holding: maximum).failure { throw failure }
    guard let process else { throw Failure(.unsupported, "the socket does not tell its process") }
    return HypervisorProcess(pid: process)
  }
}
