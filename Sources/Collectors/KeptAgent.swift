// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import GuestLink
import Synchronization

/// The connection to the agent while a guest is watched: it is asked again and again how it sees its memory.
///
/// An agent that fails is asked no more: it costs one reading's word, and not the watch.
final class KeptAgent: Sendable {
  private struct Held: Sendable {
    let client: AgentClient
    let methods: [Method]
    let close: @Sendable () async -> Void
  }
  private enum State {
    case waiting
    case open(Held)
    /// Nobody asks any more; `failure` is why, where the agent was the reason.
    case over(failure: Failure?)
  }
  private let state = Mutex(State.waiting)
  private let clock: WallClock

  init(clock: WallClock) { self.clock = clock }

  /// Why the agent was asked no more before the end; `nil` when it answered to the end, or was never there.
  var failure: Failure? {
    state.withLock { if case .over(let failure) = $0 { failure } else { nil } }
  }

  /// Takes over an open connection, and its closing.
  /// - Returns: false when it is not wanted: then the caller closes it.
  func take(
    _ client: AgentClient, _ hello: Hello, close: @escaping @Sendable () async -> Void
  ) -> Bool {
    let methods = [Method.memory, .statistics].filter { method in
      hello.methods.contains { $0.utf8.elementsEqual(method.name.utf8) }
    }
    guard !methods.isEmpty else { return false }
    return state.withLock { state in
      guard case .waiting = state else { return false }
      state = .open(Held(client: client, methods: methods, close: close))
      return true
    }
  }

  /// What the agent says now; `nil` before it is there, and when it is asked no more.
  func reading(within time: Duration) async -> GuestReading? {
    guard let held = state.withLock({ if case .open(let held) = $0 { held } else { nil } }) else { return nil }
    let deadline = ContinuousClock.now + time
    // When this fails, so do the calls, which tell why.
    try? await held.client.sendAhead(held.methods, within: time)
    let memory = await leaves(.memory, held, until: deadline) { (left) async throws(LinkError) in
      try await held.client.memory(within: left)
    }
    let statistics = await leaves(.statistics, held, until: deadline) { (left) async throws(LinkError) in
      try await held.client.statistics(within: left)
    }
    return GuestReading(memory: memory, statistics: statistics)
  }

  private func leaves(
    _ method: Method, _ held: Held, until deadline: ContinuousClock.Instant,
    _ body: (_ left: Duration) async throws(LinkError) -> NamedFacts
  ) async -> Observation<[String: Observation<UInt64>]> {
    func source() -> Provenance { Provenance("agent \(method.name)", trust: .guest, time: clock.now()) }
    guard held.methods.contains(method) else {
      return .failed(Failure(.unsupported, "the agent has no such method"), source())
    }
    if let failure { return .failed(failure, source()) }
    do throws(LinkError) {
      let facts = try await body(max(.milliseconds(1), deadline - .now))
      return .observed(AgentFacts(time: clock.now()).leaves(facts, of: method), source())
    } catch {
      let failure = Failure(error)
      // An error that the agent answers with is an answer.
      if error.code != .remote { await end(failure) }
      return .failed(failure, source())
    }
  }

  /// Asks no more, and closes what is open.
  func end(_ failure: Failure? = nil) async {
    let held: Held? = state.withLock { state in
      defer { if case .over = state {} else { state = .over(failure: failure) } }
      if case .open(let held) = state { return held }
      return nil
    }
    await held?.close()
  }
}
