// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Synchronization
import Transports

/// The peer of a transport that answers each request of the agent protocol as a closure has it.
final class ScriptedAgent: Transport {
  /// What becomes of one request.
  enum Answer {
    case result(JSON)
    case error(ProtocolError)
    case bytes([UInt8])
    case nothing
    case end
  }
  private struct State {
    var decoder = RecordDecoder(limit: JSONLimits.request.bytes)
    var output: [UInt8] = []
    var isEnded = false
    var asked: [String] = []
  }
  private let state = Mutex(State())
  private let answer: @Sendable (Request) -> Answer

  init(_ answer: @escaping @Sendable (Request) -> Answer) { self.answer = answer }

  /// The methods that were asked for, in order.
  var asked: [String] { state.withLock { $0.asked } }

  static func hello(_ request: Request, methods: [Method] = Method.all) -> Answer {
    .result(
      Hello(
        nonce: request.parameters?["nonce"]?.string ?? "", version: 1, agentName: "scripted", agentVersion: "1",
        instance: "0", system: "linux", methods: methods.map { $0.name }, limits: .version1
      ).json)
  }

  func write(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) async throws(TransportError) {
    state.withLock { state in
      state.decoder.append(bytes)
      while let event = state.decoder.next() {
        guard case .record(let record) = event, case .request(let request) = IncomingRequest(parsing: record) else {
          continue
        }
        state.asked.append(request.method)
        switch answer(request) {
        case .result(let result): state.output += Record.encode(Reply(id: request.id, .result(result)).json)
        case .error(let error): state.output += Record.encode(Reply(id: request.id, .error(error)).json)
        case .bytes(let bytes): state.output += bytes
        case .nothing: break
        case .end: state.isEnded = true
        }
      }
    }
  }

  func read(until deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8] {
    let ready: [UInt8]? = state.withLock { state in
      guard !state.output.isEmpty else { return state.isEnded ? [] : nil }
      let chunk = Array(state.output.prefix(64 << 10))
      state.output.removeFirst(chunk.count)
      return chunk
    }
    if let ready { return ready }
    do { try await Task.sleep(until: deadline, clock: .continuous) } catch {
      throw TransportError(.cancelled, "cancelled")
    }
    throw TransportError(.timedOut, "late")
  }
}
