// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import Transports

extension GuestCollector {
  /// Gathers what the agent behind a unix socket or a terminal tells, and nothing of the host.
  ///
  /// - Throws: when nothing can be opened at `path`, or no agent answers there.
  package func collect(agent path: String) async throws(TargetError) -> Evidence {
    let socket: UnixSocket
    do throws(TransportError) { socket = try await UnixSocket.connect(to: path, until: deadline) } catch {
      throw TargetError("agent:\(error.message)", Failure(error))
    }
    defer { socket.close() }
    var evidence = Evidence.unknown(
      Failure(
        .unsupported, "only the agent was asked, which knows nothing of the host", ask: Target.askHost),
      target: Target(kind: .agent, name: nil, location: path),
      collection: Collection(
        tool: options.tool, started: clock.now(), finished: clock.now(), sampled: false))
    let runner = SourceRunner()
    let result = await runner.run("agent", shortfall: \.agent.failure) { () async throws(Failure) -> GuestEvidence in
      await agentCollector.collect(over: socket)
    }
    if case .success(let guest) = result { evidence.guest = guest }
    if let failure = evidence.guest.agent.failure {
      throw TargetError("agent:\(path): \(failure.detail)", failure)
    }
    evidence.collection.notices = ["Only the agent was asked: all of this is the guest's word, and nothing the host's."]
    return await finish(evidence, runner)
  }

  /// What asks the agent at its channel.
  var agentCollector: AgentCollector {
    AgentCollector(clock: clock, deadline: options.deadline, lean: options.lean, recorder: recorder)
  }
}
