// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import BalloonEvidence
import Libvirt
package import QMP
import Transports

/// The agent's word on a guest's memory, for as long as somebody changes the guest: one connection, asked again and
/// again. An agent that fails is asked no more.
package struct AgentWord: Sendable {
  private let kept: KeptAgent
  private let patience: Duration

  fileprivate init(_ kept: KeptAgent, patience: Duration) { (self.kept, self.patience) = (kept, patience) }

  /// What the agent says now; `nil` when it is not there.
  package func reading() async -> GuestReading? { await kept.reading(within: patience) }

  /// Asks no more.
  package func end() async { await kept.end() }

  /// How long one look waits for the agent.
  fileprivate static let patience = Duration.seconds(1)
}

extension GuestCollector {
  /// Opens the agent's channel of a libvirt domain; `nil` when there is no agent.
  package func agentWord(of session: LibvirtSession) async -> AgentWord? {
    guard !session.isReadOnly, let stream = try? await session.openAgentChannel(within: options.deadline) else {
      return nil
    }
    let time = options.deadline
    let kept = KeptAgent(clock: clock)
    let guest = await agentCollector.collect(over: stream, kept: kept) { await stream.close(until: .now + time) }
    return guest.agent.value == nil ? nil : AgentWord(kept, patience: AgentWord.patience)
  }

  /// Opens the agent's socket, the one that is given or the one that the machine's monitor names; `nil` when there is
  /// no agent.
  package func agentWord(by monitor: some MonitorCommands, agentSocket: String?) async -> AgentWord? {
    let (channel, path) = await MonitorFacts(monitor: monitor, collector: self).channel()
    let place = PortPlace(
      name: AgentChannel.portName, owner: "the agent", option: "--agent-socket", channel: channel, given: agentSocket,
      known: path)
    guard let socket = try? await place.connect(until: deadline) else { return nil }
    let kept = KeptAgent(clock: clock)
    let guest = await agentCollector.collect(over: socket, kept: kept) { socket.close() }
    return guest.agent.value == nil ? nil : AgentWord(kept, patience: AgentWord.patience)
  }
}
