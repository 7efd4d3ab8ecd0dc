// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Transports

/// The conformance run's connection: sends what no client would, and tells exactly what came back.
actor ConformanceProbe {
  private let time: Duration
  private let connect: @Sendable () async throws(TransportError) -> any Transport
  private var transport: (any Transport)?
  private var decoder = RecordDecoder(limit: JSONLimits.reply.bytes)
  private var nextID = UInt64.random(in: 1_000_000...(1 << 52))
  /// Bytes received on this connection in the present exchange.
  private var heard = 0

  init(time: Duration, connect: @escaping @Sendable () async throws(TransportError) -> any Transport) {
    self.time = time
    self.connect = connect
  }

  /// Releases the connection; the next exchange opens another.
  func disconnect() {
    transport = nil
    decoder = RecordDecoder(limit: JSONLimits.reply.bytes)
  }

  /// An id that no request had yet.
  func freshID() -> UInt64 {
    nextID += 1
    return nextID
  }

  /// A reply that is awaited.
  struct Expected: Sendable {
    let id: UInt64?
    /// The error's code; `nil` for a result.
    let error: ProtocolError.Code?
    static func result(_ id: UInt64) -> Expected { Expected(id: id, error: nil) }
    static func error(_ code: ProtocolError.Code, _ id: UInt64?) -> Expected { Expected(id: id, error: code) }
  }

  /// Calls a method; returns its reply, whatever it is.
  func ask(_ method: Method, _ parameters: JSONObject? = nil) async throws(ConformanceFailure) -> Reply {
    let id = freshID()
    let replies = try await exchange(
      [Record.encode(Request(id: id, method: method.name, parameters: parameters).json)], 1)
    guard let reply = replies.first, reply.id == id else { throw wrong(replies, "one reply under the id \(id)") }
    return reply
  }

  /// Sends records and demands exactly these replies, in any order.
  @discardableResult
  func demand(
    _ pieces: [[UInt8]], _ expected: [Expected], during what: String = "the input"
  ) async throws(ConformanceFailure) -> [Reply] {
    let replies = try await exchange(pieces, expected.count)
    var rest = replies
    for one in expected {
      let place = rest.firstIndex { reply in
        guard reply.id == one.id else { return false }
        switch (reply.outcome, one.error) {
        case (.result, nil): return true
        case (.error(let error), let code?): return error.code == code
        default: return false
        }
      }
      guard let place else {
        let words = one.error.map { "error \($0.number)" } ?? "a result"
        throw wrong(replies, "\(words) under the id \(one.id.map { String($0) } ?? "null") to \(what)")
      }
      rest.remove(at: place)
    }
    guard rest.isEmpty else { throw wrong(rest, "nothing more to \(what)") }
    return replies
  }

  private func wrong(_ replies: [Reply], _ expected: String) -> ConformanceFailure {
    let seen = replies.prefix(4).map { reply in
      let id = reply.id.map { String($0) } ?? "null"
      return switch reply.outcome {
      case .result: "a result under the id \(id)"
      case .error(let error): "error \(error.code.number) under the id \(id)"
      }
    }
    let list = seen.isEmpty ? "no reply" : seen.joined(separator: ", ") + (replies.count > 4 ? ", and more" : "")
    return ConformanceFailure("expected \(expected), saw \(list)")
  }

  /// Sends `pieces`, one write each, then a ping behind them; returns every other reply that came until the ping's and
  /// `count` more had. So an answer too many, and an agent that died of the input, are found without waiting.
  private func exchange(_ pieces: [[UInt8]], _ count: Int) async throws(ConformanceFailure) -> [Reply] {
    heard = 0
    let deadline = ContinuousClock.now + time
    let fence = freshID()
    for piece in pieces + [Record.encode(Request(id: fence, method: Method.ping.name).json)] {
      try await write(piece, deadline)
    }
    var replies: [Reply] = []
    var passed = false
    while !passed || replies.count < count {
      // Replies may overtake one another, but not by much.
      let limit = passed ? min(deadline, .now + time / 4) : deadline
      let next: Reply
      do throws(ConformanceFailure) { next = try await reply(limit) } catch {
        // What is missing although the ping was answered is the caller's to tell.
        if passed, ContinuousClock.now >= limit { return replies }
        guard heard > 0 else { throw error }
        let so = passed ? "" : ", and no answer to the ping that followed"
        throw ConformanceFailure("\(error.seen) after \(replies.count) replies\(so)")
      }
      if next.id == fence, case .result = next.outcome, !passed { passed = true } else { replies.append(next) }
      // One too many already: the caller tells which.
      guard replies.count <= count else { return replies }
    }
    return replies
  }

  /// Sends `bytes`, reads nothing, and leaves.
  func leave(after bytes: [UInt8]) async throws(ConformanceFailure) {
    try await write(bytes, .now + time)
    disconnect()
  }

  /// Reads replies that a former host left unread, up to the first to a ping sent now.
  func drain() async throws(ConformanceFailure) {
    heard = 0
    let deadline = ContinuousClock.now + time
    let fence = freshID()
    try await write(Record.encode(Request(id: fence, method: Method.ping.name).json), deadline)
    while true {
      guard heard < 4 << 20 else { throw ConformanceFailure("the agent sends without end") }
      if let event = decoder.next() {
        guard case .record(let record) = event else { continue }
        do throws(ProtocolError) {
          if try Reply(parsing: record).id == fence { return }
        } catch { throw ConformanceFailure("the agent sent what is no reply, \(error.message)") }
        continue
      }
      try await fill(deadline)
    }
  }

  private func write(_ bytes: [UInt8], _ deadline: ContinuousClock.Instant) async throws(ConformanceFailure) {
    let transport: any Transport
    do throws(TransportError) {
      if let open = self.transport { transport = open } else { transport = try await connect() }
      self.transport = transport
      try await transport.write(bytes, until: deadline)
    } catch {
      throw ConformanceFailure(
        error.code == .timedOut ? "the agent does not read" : "no connection: \(error.message)", heard: false)
    }
  }

  /// The next reply.
  private func reply(_ deadline: ContinuousClock.Instant) async throws(ConformanceFailure) -> Reply {
    while true {
      while let event = decoder.next() {
        switch event {
        case .record(let record):
          do throws(ProtocolError) { return try Reply(parsing: record) } catch {
            let text = LinkError.quoted(String(decoding: record.prefix(200), as: UTF8.self))
            throw ConformanceFailure("the agent sent what is no reply, \(error.message): \(text)")
          }
        case .garbage(let bytes): throw ConformanceFailure("the agent sent \(bytes) bytes outside any record")
        case .truncated(let bytes): throw ConformanceFailure("the agent broke off a record after \(bytes) bytes")
        case .oversize: throw ConformanceFailure("the agent sent a record of more than 1048576 bytes")
        }
      }
      guard heard < 4 << 20 else { throw ConformanceFailure("the agent sends without end") }
      try await fill(deadline)
    }
  }

  /// Reads once.
  private func fill(_ deadline: ContinuousClock.Instant) async throws(ConformanceFailure) {
    guard let transport else { throw ConformanceFailure("no connection", heard: false) }
    let bytes: [UInt8]
    do throws(TransportError) { bytes = try await transport.read(until: deadline) } catch {
      guard error.code == .timedOut else {
        throw ConformanceFailure("the connection broke: \(error.message)", heard: heard > 0)
      }
      let unfinished = decoder.isInsideRecord && heard > 0
      throw ConformanceFailure(
        unfinished ? "the agent did not finish a record in time" : "no reply in time", heard: heard > 0)
    }
    guard !bytes.isEmpty else { throw ConformanceFailure("the agent ended the connection", heard: heard > 0) }
    heard += bytes.count
    decoder.append(bytes)
  }
}
