// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol
package import Transports

/// The host's end of the agent protocol on one connection.
///
/// Calls of several tasks are served one after the other. The first call, and the first after anything that may have
/// left the two ends out of step (a time-out, a flood), is preceded by an `agent.hello`; replies are matched by id, and
/// whatever else arrives is counted and dropped. Nothing an agent sends can make a call take longer than its time or
/// more memory than ``LinkLimits`` say.
package actor AgentClient {
  /// Sees every request that was answered, with the answer as it was sent.
  package typealias Observer =
    @Sendable (_ method: Method, _ parameters: JSONObject?, _ outcome: Reply.Outcome) -> Void

  let limits: LinkLimits
  private let transport: any Transport
  private let observer: Observer?
  private var decoder = RecordDecoder(limit: JSONLimits.reply.bytes)
  private var nextID: UInt64
  /// Whether a hello has been answered since the ends were last out of step.
  private var inStep = false
  private var isClosed = false
  /// The ids of the requests that ``sendAhead(_:within:)`` has sent and no call has asked for yet.
  private var ahead: [String: UInt64] = [:]
  /// Replies to them that came before their call: at most one each.
  private var early: [UInt64: Reply.Outcome] = [:]

  /// The answer to the latest hello; `nil` before the first. Its strings are the guest's, unescaped.
  package private(set) var peer: Hello?
  /// What has arrived on this connection so far.
  package internal(set) var traffic = LinkTraffic()

  private var isServing = false
  private var line: [CheckedContinuation<Void, Never>] = []

  /// Creates the client of a fresh connection; nothing is sent before the first call.
  package init(_ transport: any Transport, limits: LinkLimits = LinkLimits(), observer: Observer? = nil) {
    self.transport = transport
    self.limits = limits
    self.observer = observer
    nextID = UInt64.random(in: 0...(1 << 52))
  }

  /// Says hello, whether or not the ends are in step.
  package func hello(within time: Duration? = nil) async throws(LinkError) -> Hello {
    let turn = await begin(time ?? limits.hello)
    defer { end() }
    return try await shakeHands(turn)
  }

  /// Calls a method and returns its result as it was sent. A hello is called by ``hello(within:)``.
  package func call(
    _ method: Method, _ parameters: JSONObject? = nil, within time: Duration? = nil
  ) async throws(LinkError) -> JSON {
    let turn = await begin(time ?? limits.call)
    defer { end() }
    return try await request(method, parameters, turn)
  }

  /// Sends the requests of calls that will follow, so that the agent works on them while the answers travel. The next
  /// ``call(_:_:within:)`` of each method without parameters takes its answer from them.
  package func sendAhead(_ methods: [Method], within time: Duration? = nil) async throws(LinkError) {
    let turn = await begin(time ?? limits.call)
    defer { end() }
    try await synchronise(turn)
    var records: [UInt8] = []
    for method in methods where ahead[method.name] == nil {
      let (id, record) = try encode(method, nil)
      ahead[method.name] = id
      records += record
    }
    guard let last = methods.last, !records.isEmpty else { return }
    do throws(TransportError) { try await transport.write(records, until: turn.deadline) } catch {
      throw failure(error, last, turn)
    }
  }

  // MARK: One call at a time

  /// One call's allowance.
  struct Turn {
    let deadline: ContinuousClock.Instant
    /// The traffic when it began.
    let before: LinkTraffic
  }

  /// Waits for the calls before this one, each of which ends by its own deadline.
  func begin(_ time: Duration) async -> Turn {
    if isServing {
      await withCheckedContinuation { line.append($0) }
    } else {
      isServing = true
    }
    return Turn(deadline: .now + time, before: traffic)
  }

  func end() {
    if line.isEmpty {
      isServing = false
    } else {
      line.removeFirst().resume()
    }
  }

  // MARK: Requests

  /// Calls a method within a turn, after a hello when one is due.
  func request(_ method: Method, _ parameters: JSONObject?, _ turn: Turn) async throws(LinkError) -> JSON {
    try await synchronise(turn)
    return try await exchange(method, parameters, until: turn.deadline, turn)
  }

  /// Says hello when one is due.
  func synchronise(_ turn: Turn) async throws(LinkError) {
    if !inStep { _ = try await shakeHands(turn) }
  }

  private func shakeHands(_ turn: Turn) async throws(LinkError) -> Hello {
    fallOutOfStep()
    let nonce =
      String(UInt64.random(in: .min ... .max), radix: 16) + String(UInt64.random(in: .min ... .max), radix: 16)
    let result: JSON
    do throws(LinkError) {
      result = try await exchange(
        .hello, ["nonce": .string(nonce)], until: min(turn.deadline, .now + limits.hello), turn)
    } catch {
      guard error.remote?.code == .methodNotFound else { throw error }
      throw LinkError(
        .incompatible, "the peer does not know agent.hello", remote: error.remote, seen: traffic - turn.before)
    }
    // The version stands where every version has it, whatever else that version has.
    guard let version = result["protocol"]?.uint else {
      throw incompatible("the reply to agent.hello names no version of the protocol", turn)
    }
    guard version == AgentChannel.version else {
      throw incompatible("the agent speaks version \(version) of the protocol, not \(AgentChannel.version)", turn)
    }
    let hello: Hello
    do throws(ProtocolError) { hello = try Hello(json: result) } catch { throw incompatible(error.message, turn) }
    guard hello.nonce.utf8.elementsEqual(nonce.utf8) else {
      throw incompatible("the reply to agent.hello does not return the nonce", turn)
    }
    if let peer, !peer.instance.utf8.elementsEqual(hello.instance.utf8) { traffic.restarts += 1 }
    peer = hello
    inStep = true
    return hello
  }

  private func incompatible(_ message: String, _ turn: Turn) -> LinkError {
    LinkError(.incompatible, message, seen: traffic - turn.before)
  }

  /// Sends one request and reads until its reply.
  private func exchange(
    _ method: Method, _ parameters: JSONObject?, until deadline: ContinuousClock.Instant, _ turn: Turn
  ) async throws(LinkError) -> JSON {
    guard !isClosed else { throw LinkError(.closed, "the connection to the agent has ended") }
    let id: UInt64
    if parameters == nil, let sent = ahead.removeValue(forKey: method.name) {
      if let outcome = early.removeValue(forKey: sent) { return try result(of: method, nil, outcome, turn) }
      id = sent
    } else {
      let record: [UInt8]
      (id, record) = try encode(method, parameters)
      do throws(TransportError) { try await transport.write(record, until: deadline) } catch {
        throw failure(error, method, turn)
      }
    }
    let start = traffic.bytes
    while true {
      while let event = decoder.next() {
        guard let reply = take(event) else { continue }
        guard reply.id == id else {
          setAside(reply)
          continue
        }
        return try result(of: method, parameters, reply.outcome, turn)
      }
      guard traffic.bytes - start < limits.bytesPerRequest, traffic.bytes - turn.before.bytes < limits.bytesPerCall
      else {
        fallOutOfStep()
        throw LinkError(.flooded, "the agent sends without end", seen: traffic - turn.before)
      }
      let bytes: [UInt8]
      do throws(TransportError) { bytes = try await transport.read(until: deadline) } catch {
        throw failure(error, method, turn)
      }
      guard !bytes.isEmpty else {
        isClosed = true
        throw LinkError(
          .closed, "the agent's side ended the connection before it answered \(method.name)",
          seen: traffic - turn.before)
      }
      traffic.bytes += bytes.count
      decoder.append(bytes)
    }
  }

  /// One request as it is sent.
  private func encode(
    _ method: Method, _ parameters: JSONObject?
  ) throws(LinkError) -> (id: UInt64, record: [UInt8]) {
    let id = nextID
    nextID += 1
    let record = Record.encode(Request(id: id, method: method.name, parameters: parameters).json)
    // The separator and the line feed are outside the limit.
    let limit = min(
      (method == .hello ? nil : peer?.limits.request) ?? .max, UInt64(JSONLimits.request.bytes))
    guard record.count - 2 <= limit else {
      throw LinkError(.tooLarge, "a request of \(record.count - 2) bytes exceeds the limit of \(limit)")
    }
    return (id, record)
  }

  private func result(
    of method: Method, _ parameters: JSONObject?, _ outcome: Reply.Outcome, _ turn: Turn
  ) throws(LinkError) -> JSON {
    observer?(method, parameters, outcome)
    switch outcome {
    case .result(let result): return result
    case .error(let error):
      throw LinkError(
        .remote,
        "the agent answered \(method.name) with error \(error.code.number): "
          + LinkError.quoted(error.message), remote: error, seen: traffic - turn.before)
    }
  }

  /// Keeps the reply to a request that was sent ahead for its call; counts any other that is not waited for.
  private func setAside(_ reply: Reply) {
    if let id = reply.id {
      if ahead.values.contains(id), early[id] == nil { early[id] = reply.outcome } else { traffic.staleReplies += 1 }
    } else {
      traffic.unaddressedErrors += 1
    }
  }

  /// Nothing that was asked before is waited for any more.
  private func fallOutOfStep() {
    inStep = false
    ahead = [:]
    early = [:]
  }

  /// Counts an event; returns the reply that it was.
  private func take(_ event: RecordDecoder.Event) -> Reply? {
    switch event {
    case .garbage(let bytes): traffic.garbageBytes += bytes
    case .truncated: traffic.truncatedRecords += 1
    case .oversize: traffic.oversizeRecords += 1
    case .record(let record):
      do throws(ProtocolError) { return try Reply(parsing: record) } catch { traffic.unreadableRecords += 1 }
    }
    return nil
  }

  /// What a transport's error means in the light of what has arrived.
  private func failure(_ error: TransportError, _ method: Method, _ turn: Turn) -> LinkError {
    // Whether the request was sent whole, and whether its reply still comes, is unknown from here on.
    fallOutOfStep()
    let seen = traffic - turn.before
    switch error.code {
    case .closed:
      isClosed = true
      return LinkError(.closed, error.message, seen: seen)
    case .timedOut:
      if traffic.bytes == 0 { return LinkError(.silent, "nothing answers \(method.name)", seen: seen) }
      if peer == nil, seen.staleReplies + seen.unaddressedErrors == 0 {
        return LinkError(.garbage, "what answers \(method.name) does not speak the protocol", seen: seen)
      }
      if seen.garbageBytes > 0 || seen.unreadableRecords + seen.oversizeRecords + seen.truncatedRecords > 0 {
        return LinkError(.garbage, "no readable reply to \(method.name) came in time", seen: seen)
      }
      return LinkError(.timedOut, "\(method.name) was not answered in time", seen: seen)
    default: return LinkError(.transport, error.message, seen: seen)
    }
  }
}
