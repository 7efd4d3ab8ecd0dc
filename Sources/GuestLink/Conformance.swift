// SPDX-License-Identifier: GPL-3.0-or-later
package import Transports

/// The conformance run: every demand of the protocol's specification that can be seen from outside, tried on an agent.
///
/// Nothing the agent does can make the run last longer than its checks times ``time`` (some make two exchanges), or
/// keep more than a few MiB.
package struct Conformance: Sendable {
  private let connect: @Sendable () async throws(TransportError) -> any Transport
  private let time: Duration

  /// Prepares a run.
  /// - Parameters:
  ///   - time: how long one exchange of a check may take.
  ///   - connect: opens a connection to the agent. It is called again when a check needs a fresh one or the former was
  ///     lost; the former has been released by then.
  package init(
    time: Duration = .seconds(3), connect: @escaping @Sendable () async throws(TransportError) -> any Transport
  ) {
    self.time = time
    self.connect = connect
  }

  /// All checks, in the order in which they are run.
  package static let checks: [ConformanceCheck] =
    helloChecks + messageChecks + jsonChecks + recordChecks + sessionChecks + methodChecks

  /// Runs all checks.
  ///
  /// When three in a row hear nothing at all of the agent, those that follow are skipped.
  /// - Parameter progress: told each result as it comes.
  /// - Returns: a result for each of ``checks``, in their order. The agent conforms when all have passed.
  package func run(_ progress: @Sendable (ConformanceResult) -> Void = { _ in }) async -> [ConformanceResult] {
    let probe = ConformanceProbe(time: time, connect: connect)
    var results: [ConformanceResult] = []
    var unheard = 0
    for check in Self.checks {
      let verdict: ConformanceResult.Verdict
      let seen: String
      if unheard >= 3 {
        (verdict, seen) = (.skipped, "not run: the agent had stopped answering")
      } else {
        if check.isFresh { await probe.disconnect() }
        do throws(ConformanceFailure) {
          seen = try await check.run(probe)
          verdict = .passed
          unheard = 0
        } catch {
          // Whatever the agent still sends belongs to this check: the next one begins anew.
          await probe.disconnect()
          seen = error.seen
          verdict = .failed
          unheard = error.heard ? 0 : unheard + 1
        }
      }
      let result = ConformanceResult(
        id: check.id, section: check.section, demand: check.demand, verdict: verdict, seen: seen)
      results.append(result)
      progress(result)
    }
    await probe.disconnect()
    return results
  }
}
