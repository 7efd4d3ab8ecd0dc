// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol

/// The agent without its system: bytes of requests in, records of replies out.
///
/// Nothing is kept from one request to the next but an unfinished record's bytes, so a host may come and go at any
/// byte. Garbage between records and records cut short by another 0x1E are not answered; every whole record is
/// answered once, except notifications.
package struct Agent<Platform: GuestPlatform> {
  /// The most elements of a list in all its pages (specification, 6); ``GuestPlatform/log(from:_:)`` keeps it itself.
  static var listLimit: Int { 4096 }

  private let platform: Platform
  private let identity: AgentIdentity
  private var decoder = RecordDecoder(limit: JSONLimits.request.bytes)

  package init(platform: Platform, identity: AgentIdentity) {
    self.platform = platform
    self.identity = identity
  }

  /// Takes the next bytes of the stream. Call ``nextReply()`` until it has no more before giving further bytes.
  package mutating func receive(_ bytes: some Collection<UInt8>) { decoder.append(bytes) }

  /// The next reply as a whole record; `nil` when more bytes are needed.
  package mutating func nextReply() -> [UInt8]? {
    while let event = decoder.next() {
      switch event {
      case .record(let text):
        if let reply = answer(text) { return reply }
      case .oversize:
        let message = "a request has at most " + String(JSONLimits.request.bytes) + " bytes"
        return Record.encode(Reply(id: nil, .error(ProtocolError(.tooLarge, message))).json)
      case .truncated, .garbage:
        continue
      }
    }
    return nil
  }

  private func answer(_ text: [UInt8]) -> [UInt8]? {
    switch IncomingRequest(parsing: text) {
    case .notification: return nil
    case .invalid(let id, let error): return Record.encode(Reply(id: id, .error(error)).json)
    case .request(let request):
      let outcome: Reply.Outcome
      do throws(ProtocolError) { outcome = .result(try result(of: request)) } catch { outcome = .error(error) }
      let reply = Record.encode(Reply(id: request.id, outcome).json)
      // The separator and the terminator do not count.
      guard reply.count &- 2 <= JSONLimits.reply.bytes else {
        let message = "the reply would have more than " + String(JSONLimits.reply.bytes) + " bytes"
        return Record.encode(Reply(id: request.id, .error(ProtocolError(.tooLarge, message))).json)
      }
      return reply
    }
  }

  private func result(of request: Request) throws(ProtocolError) -> JSON {
    let name = request.method
    if Method.ping.isNamed(name) { return .object(JSONObject()) }
    if Method.hello.isNamed(name) { return try hello(request.parameters) }
    return try facts(name, request.parameters).withStrings(atMost: JSONLimits.reply.string)
  }

  private func facts(_ name: String, _ parameters: JSONObject?) throws(ProtocolError) -> JSON {
    if Method.os.isNamed(name) { return try platform.os().json }
    if Method.memory.isNamed(name) { return try platform.memory().json }
    if Method.statistics.isNamed(name) { return try platform.statistics().json }
    if Method.functions.isNamed(name) { return try functions(from: cursor(parameters)) }
    if Method.services.isNamed(name) { return try services(from: cursor(parameters)) }
    if Method.log.isNamed(name) { return try log(from: cursor(parameters)) }
    throw ProtocolError(.methodNotFound, "this agent has no such method")
  }

  private func hello(_ parameters: JSONObject?) throws(ProtocolError) -> JSON {
    guard let nonce = parameters?["nonce"]?.string, nonce.utf8.count <= Hello.nonceLimit else {
      throw ProtocolError(
        .invalidParameters, "agent.hello takes a nonce, a string of at most " + String(Hello.nonceLimit) + " bytes")
    }
    return Hello(
      nonce: nonce, version: AgentChannel.version, agentName: identity.name, agentVersion: identity.version,
      instance: identity.instance, system: platform.system, methods: Method.all.map { $0.name }, limits: .version1
    ).json
  }

  private func cursor(_ parameters: JSONObject?) throws(ProtocolError) -> UInt64 {
    guard let written = parameters?["cursor"] else { return 0 }
    guard let cursor = written.uint else {
      throw ProtocolError(.invalidParameters, "a cursor is an integer from 0 to 2^53")
    }
    return cursor
  }

  private func functions(from cursor: UInt64) throws(ProtocolError) -> JSON {
    var page = PageBuilder()
    for key in try platform.functions().prefix(Self.listLimit) where key >= cursor {
      guard let function = platform.function(key) else { continue }
      guard page.add(function.json, number: key) else { break }
    }
    return page.json(member: "functions")
  }

  private func services(from cursor: UInt64) throws(ProtocolError) -> JSON {
    var page = PageBuilder()
    for (index, service) in try platform.services().enumerated() where UInt64(index) >= cursor {
      guard page.add(service.json, number: UInt64(index)) else { break }
    }
    return page.json(member: "services")
  }

  private func log(from cursor: UInt64) throws(ProtocolError) -> JSON {
    var page = PageBuilder()
    try platform.log(from: cursor) { (number, line) in page.add(line.json, number: number) }
    return page.json(member: "lines")
  }
}

extension Method {
  /// Whether a request names this method. Names are compared byte by byte.
  func isNamed(_ name: String) -> Bool {
    self.name.utf8.count == name.utf8.count && self.name.hasSameBytes(as: name)
  }
}
