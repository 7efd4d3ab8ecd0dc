// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import BalloonEvidence
import Collectors
import Reports
import Rules
import SupportBundle

/// Diagnoses many guests for a line each: every running one, or those that were named.
struct FleetRun {
  let guests: GuestsRun
  let names: [String]

  /// What is kept of a guest: of a hundred of them the evidence would be a lot.
  private enum Kept: Sendable {
    case guest(FleetGuest)
    case lost(LostTarget)
    /// A socket may be left by one that has ended.
    case gone
  }

  func diagnose(_ check: Bool, _ output: DiagnoseOutputOptions) async throws -> ExitCode {
    let begun = ContinuousClock.now
    let hasMetrics = !check && output.format.metrics != nil
    let isBrief = check || output.format != .json
    let interruption = Interruption()
    let ((kept, unreachable), isInterrupted) = await guests.untilInterrupted { () -> ([[Kept]], [LostTarget]) in
      let search = GuestSearch(options: guests.target)
      let look: @Sendable ([GuestPlace]) async -> [Kept] = { places in
        await guests.look(at: places, hosts: names.isEmpty ? search.hostCount : 1) {
          Self.keep($0, $1, isBrief: isBrief, hasMetrics: hasMetrics)
        }
      }
      guard names.isEmpty else { return ([await look(guests.target.places(of: names))], []) }
      return await search.find(visiting: look)
    }
    let signal = interruption.release()
    var lost = unreachable
    var told: [FleetGuest] = []
    for kept in kept.joined() {
      switch kept {
      case .guest(let guest): told.append(guest)
      case .lost(let target): lost.append(target)
      case .gone: break
      }
    }
    let report = FleetReport(told, unreached: lost.map { FleetLoss($0.target, $0.failure, sentence: $0.line) })
    if check {
      let line = CheckLine(report)
      try Console.write(Array((output.verbose ? line.lines : line.line).utf8))
      return ExitCode(line.status.rawValue)
    }
    for target in lost { Console.complain(target.line) }
    if hasMetrics || !(report.guests.isEmpty && !lost.isEmpty) {
      try output.print(overview: report, seconds: (ContinuousClock.now - begun) / .seconds(1))
    }
    if isInterrupted, let signal { Interruption.send(signal) }
    let status = told.reduce(ExitCode.success) {
      $0.worse($1.shortfall == nil ? ExitCode($1.diagnosis.verdict) : .unavailable)
    }
    return lost.isEmpty ? status : status.worse(.unavailable)
  }

  private static func keep(
    _ place: GuestPlace, _ result: ParallelRun.Result, isBrief: Bool, hasMetrics: Bool
  ) -> Kept {
    guard let evidence = result.evidence else {
      return .lost(
        LostTarget(place.target, result.outcome.failure ?? Failure(.failed, "nothing was had"), seconds: 0))
    }
    guard evidence.domain.state.value != "shutoff" else { return .gone }
    return .guest(
      FleetGuest(
        Engine().diagnose(evidence), evidence, shortfall: result.outcome.failure, isBrief: isBrief,
        hasMetrics: hasMetrics))
  }
}
