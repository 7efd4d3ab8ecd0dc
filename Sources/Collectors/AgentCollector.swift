// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
package import BalloonEvidence
package import GuestLink
import Transports

/// Asks the agent everything it knows. A method that fails costs only its own leaves.
package struct AgentCollector: Sendable {
  let clock: WallClock
  /// How long all of it may take.
  let deadline: Duration
  /// See ``CollectionOptions/lean``.
  let lean: Bool
  /// What takes down the agent's answers; `nil` costs nothing.
  let recorder: Recorder?

  package init(clock: WallClock, deadline: Duration, lean: Bool = false) {
    self.init(clock: clock, deadline: deadline, lean: lean, recorder: nil)
  }

  init(clock: WallClock, deadline: Duration, lean: Bool, recorder: Recorder?) {
    self.clock = clock
    self.deadline = deadline
    self.lean = lean
    self.recorder = recorder
  }

  private static let onlyInFull: [Method] = [.memory, .log]

  /// Asks over a fresh connection to the agent's channel, and closes it.
  ///
  /// - Parameter kept: takes the connection over when the agent has answered, and closes it in its own time.
  func collect(
    over transport: any Transport, kept: KeptAgent? = nil, close: @escaping @Sendable () async -> Void = {}
  ) async -> GuestEvidence {
    var observer: AgentClient.Observer?
    if let recorder { observer = { recorder.keep(agent: $0, $1, $2) } }
    let limits = LinkLimits(hello: min(deadline, .seconds(3)), call: deadline)
    let client = AgentClient(transport, limits: limits, observer: observer)
    let guest = await collect(client)
    if let kept, guest.agent.value != nil, let hello = await client.peer, kept.take(client, hello, close: close) {
      return guest
    }
    await close()
    return guest
  }

  private func collect(_ client: AgentClient) async -> GuestEvidence {
    let end = ContinuousClock.now + deadline
    let provenance = Provenance("agent agent.hello", trust: .guest, time: clock.now())
    let hello: Hello
    do throws(LinkError) { hello = try await client.hello() } catch {
      return GuestEvidence(Unknown(failure: Failure(error), provenance: provenance))
    }
    return await facts(hello, client, until: end)
  }

  /// Asks every method that the agent named in its hello, as far as they are wanted.
  package func facts(_ hello: Hello, _ client: AgentClient) async -> GuestEvidence {
    await facts(hello, client, until: .now + deadline)
  }

  private func facts(
    _ hello: Hello, _ client: AgentClient, until end: ContinuousClock.Instant
  ) async -> GuestEvidence {
    let provenance = Provenance("agent agent.hello", trust: .guest, time: clock.now())
    var guest = GuestEvidence(
      Unknown(failure: Failure(.unsupported, "the agent has no such method"), provenance: provenance))
    guest.agent = .observed(
      AgentIdentity(name: hello.agentName, version: hello.agentVersion, protocolVersion: hello.version), provenance)
    let has = { (method: Method) in
      !(lean && Self.onlyInFull.contains(method)) && hello.methods.contains { $0.utf8.elementsEqual(method.name.utf8) }
    }
    if lean {
      let notAsked = Unknown(
        failure: Failure(.notAsked, "one reading does not need it", ask: "ask again without --quick"),
        provenance: provenance)
      (guest.memory, guest.log) = (notAsked(), notAsked())
    }
    let methods: [Method] = [.os, .memory, .statistics, .functions, .services, .log]
    // When this fails, so do the calls, which tell why.
    try? await client.sendAhead(methods.filter(has), within: end - .now)

    if has(.os) {
      switch await ask(end, { (left) async throws(LinkError) in try await client.os(within: left) }) {
      case .success(let os):
        let facts = AgentFacts(time: clock.now())
        guest.osFamily = facts.observation(os.family, of: .os)
        guest.osName = facts.observation(os.name, of: .os)
        guest.kernel = facts.observation(os.kernel, of: .os)
        guest.uptime = facts.observation(os.uptime, of: .os)
        guest.windows = os.windows.map(facts.windows)
      case .failure(let failure):
        let unknown = unknown(failure, .os)
        (guest.osFamily, guest.osName, guest.kernel, guest.uptime) = (unknown(), unknown(), unknown(), unknown())
      }
    }
    if has(.memory) {
      guest.memory = await leaf(.memory, end) { (left) async throws(LinkError) in
        AgentFacts(time: clock.now()).leaves(try await client.memory(within: left), of: .memory)
      }
    }
    if has(.statistics) {
      guest.statistics = await leaf(.statistics, end) { (left) async throws(LinkError) in
        AgentFacts(time: clock.now()).leaves(try await client.statistics(within: left), of: .statistics)
      }
    }
    if has(.functions) {
      guest.functions = await leaf(.functions, end) { (left) async throws(LinkError) in
        let facts = AgentFacts(time: clock.now())
        return try await client.functions(within: left).map(facts.function)
      }
    }
    if has(.services) {
      guest.services = await leaf(.services, end) { (left) async throws(LinkError) in
        let facts = AgentFacts(time: clock.now())
        return try await client.services(within: left).map(facts.service)
      }
    }
    if has(.log) {
      guest.log = await leaf(.log, end) { (left) async throws(LinkError) in
        try await client.log(within: left).map(\.text)
      }
    }
    return guest
  }

  /// One call, which may take what is left of the time: an agent that has fallen silent is not waited for once a call.
  private func ask<Value>(
    _ end: ContinuousClock.Instant, _ body: (_ left: Duration) async throws(LinkError) -> Value
  ) async -> Result<Value, Failure> {
    let left = end - .now
    guard left > .zero else {
      return .failure(Failure(.timedOut, "the agent's time was up before it could be asked for this"))
    }
    do throws(LinkError) { return .success(try await body(left)) } catch { return .failure(Failure(error)) }
  }

  private func leaf<Value>(
    _ method: Method, _ end: ContinuousClock.Instant, _ body: (_ left: Duration) async throws(LinkError) -> Value
  ) async -> Observation<Value> {
    switch await ask(end, body) {
    case .success(let value):
      .observed(value, Provenance("agent \(method.name)", trust: .guest, time: clock.now()))
    case .failure(let failure): unknown(failure, method)()
    }
  }

  private func unknown(_ failure: Failure, _ method: Method) -> Unknown {
    Unknown(failure: failure, provenance: Provenance("agent \(method.name)", trust: .guest, time: clock.now()))
  }
}
