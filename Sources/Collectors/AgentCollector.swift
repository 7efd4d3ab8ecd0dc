// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
package import BalloonEvidence
package import GuestLink
import Transports

/// Asks the agent everything it knows. A method that fails costs only its own leaves.
package struct AgentCollector: Sendable {
  let clock: WallClock
  /// How long each call may take.
  let deadline: Duration

  package init(clock: WallClock, deadline: Duration) {
    self.clock = clock
    self.deadline = deadline
  }

  /// Asks over a fresh connection to the agent's channel.
  func collect(over transport: any Transport) async -> GuestEvidence {
    let limits = LinkLimits(hello: min(deadline, .seconds(3)), call: deadline)
    let client = AgentClient(transport, limits: limits)
    let provenance = Provenance("agent agent.hello", trust: .guest, time: clock.now())
    let hello: Hello
    do throws(LinkError) { hello = try await client.hello() } catch {
      return GuestEvidence(Unknown(failure: Failure(error), provenance: provenance))
    }
    return await facts(hello, client)
  }

  /// Asks every method that the agent named in its hello.
  package func facts(_ hello: Hello, _ client: AgentClient) async -> GuestEvidence {
    let provenance = Provenance("agent agent.hello", trust: .guest, time: clock.now())
    var guest = GuestEvidence(
      Unknown(failure: Failure(.unsupported, "the agent has no such method"), provenance: provenance))
    guest.agent = .observed(
      AgentIdentity(name: hello.agentName, version: hello.agentVersion, protocolVersion: hello.version), provenance)
    let has = { (method: Method) in hello.methods.contains { $0.utf8.elementsEqual(method.name.utf8) } }
    let methods: [Method] = [.os, .memory, .statistics, .functions, .services, .log]
    // When this fails, so do the calls, which tell why.
    try? await client.sendAhead(methods.filter(has))

    if has(.os) {
      switch await ask({ () async throws(LinkError) in try await client.os() }) {
      case .success(let os):
        let facts = AgentFacts(time: clock.now())
        guest.osFamily = facts.observation(os.family, of: .os)
        guest.osName = facts.observation(os.name, of: .os)
        guest.kernel = facts.observation(os.kernel, of: .os)
        guest.uptime = facts.observation(os.uptime, of: .os)
      case .failure(let failure):
        let unknown = unknown(failure, .os)
        (guest.osFamily, guest.osName, guest.kernel, guest.uptime) = (unknown(), unknown(), unknown(), unknown())
      }
    }
    if has(.memory) {
      guest.memory = await leaf(.memory) { () async throws(LinkError) in
        AgentFacts(time: clock.now()).leaves(try await client.memory(), of: .memory)
      }
    }
    if has(.statistics) {
      guest.statistics = await leaf(.statistics) { () async throws(LinkError) in
        AgentFacts(time: clock.now()).leaves(try await client.statistics(), of: .statistics)
      }
    }
    if has(.functions) {
      guest.functions = await leaf(.functions) { () async throws(LinkError) in
        let facts = AgentFacts(time: clock.now())
        return try await client.functions().map(facts.function)
      }
    }
    if has(.services) {
      guest.services = await leaf(.services) { () async throws(LinkError) in
        let facts = AgentFacts(time: clock.now())
        return try await client.services().map(facts.service)
      }
    }
    if has(.log) {
      guest.log = await leaf(.log) { () async throws(LinkError) in try await client.log().map(\.text) }
    }
    return guest
  }

  private func ask<Value>(_ body: () async throws(LinkError) -> Value) async -> Result<Value, Failure> {
    do throws(LinkError) { return .success(try await body()) } catch { return .failure(Failure(error)) }
  }

  private func leaf<Value>(
    _ method: Method, _ body: () async throws(LinkError) -> Value
  ) async -> Observation<Value> {
    switch await ask(body) {
    case .success(let value):
      .observed(value, Provenance("agent \(method.name)", trust: .guest, time: clock.now()))
    case .failure(let failure): unknown(failure, method)()
    }
  }

  private func unknown(_ failure: Failure, _ method: Method) -> Unknown {
    Unknown(failure: failure, provenance: Provenance("agent \(method.name)", trust: .guest, time: clock.now()))
  }
}
