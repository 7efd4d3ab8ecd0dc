// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Transports

/// An agent inside the test that keeps the specification, except for one fault.
struct ModelAgent: Sendable {
  enum Fault: String, CaseIterable, Sendable {
    case wrongID, noNonce, answersNotifications, diesOnGarbage, duplicateKeysInReplies, silent, floods
    case takesDuplicateKeys, takesBatches, greets, newInstancePerHello, pagesInCircle, endlessPages, answersTwice
    case leavesOutFacts, hugeRecord, neverFinishes
  }
  let fault: Fault?
  init(_ fault: Fault? = nil) { self.fault = fault }

  /// A connection to the agent.
  func connect() throws(TransportError) -> any Transport {
    let pair = try SocketPair()
    let end = pair.agent
    Task { await serve(end) }
    return pair.client
  }

  private func serve(_ end: AgentEnd) async {
    if fault == .greets { await end.send(Array("virt-balloon agent 1.0\r\n".utf8)) }
    while let event = await end.event() {
      switch event {
      case .garbage where fault == .diesOnGarbage: return await end.close()
      case .garbage, .truncated: continue
      case .oversize: await send(Reply(id: nil, .error(ProtocolError(.tooLarge, ""))), end)
      case .record(let record): await answer(record, end)
      }
    }
    await end.close()
  }

  private func answer(_ record: [UInt8], _ end: AgentEnd) async {
    switch fault {
    case .silent?: return
    case .floods?:
      let noise = [UInt8](repeating: UInt8(ascii: "z"), count: 65_536)
      while await end.send(noise) {}
      return
    case .hugeRecord?:
      await end.send([Record.separator])
      let digits = [UInt8](repeating: UInt8(ascii: "1"), count: 65_536)
      while await end.send(digits) {}
      return
    case .neverFinishes?:
      await end.send([Record.separator] + Array("{\"jsonrpc\":\"2.0\",\"id\":".utf8))
      return
    default: break
    }
    if fault == .takesBatches, let batch = try? JSON(parsing: record, limits: .request).array {
      for one in batch { await answer(one.bytes, end) }
      return
    }
    switch IncomingRequest(parsing: record) {
    case .notification:
      if fault == .answersNotifications { await send(Reply(id: nil, .result([:])), end) }
    case .invalid(let id, let error):
      if fault == .takesDuplicateKeys, error.message.contains("duplicate") {
        await send(Reply(id: 1, .result([:])), end)
      } else {
        await send(Reply(id: id, .error(error)), end)
      }
    case .request(let request):
      let id = fault == .wrongID ? request.id &+ 1 : request.id
      let outcome: Reply.Outcome
      do throws(ProtocolError) { outcome = .result(try result(request)) } catch { outcome = .error(error) }
      await send(Reply(id: id, outcome), end)
      if fault == .answersTwice { await send(Reply(id: id, outcome), end) }
    }
  }

  private func send(_ reply: Reply, _ end: AgentEnd) async {
    var bytes = Record.encode(reply.json)
    if fault == .duplicateKeysInReplies { bytes.replaceSubrange(1..<2, with: Array("{\"jsonrpc\":\"2.0\",".utf8)) }
    await end.send(bytes)
  }

  private func result(_ request: Request) throws(ProtocolError) -> JSON {
    switch request.method {
    case "agent.ping": return [:]
    case "agent.hello":
      guard let nonce = request.parameters?["nonce"]?.string, nonce.utf8.count <= Hello.nonceLimit else {
        throw ProtocolError(.invalidParameters, "a nonce is needed")
      }
      return Hello(
        nonce: fault == .noNonce ? "" : nonce, version: 1, agentName: "model", agentVersion: "1",
        instance: fault == .newInstancePerHello ? String(UInt64.random(in: .min ... .max)) : "0123456789abcdef",
        system: "linux", methods: Method.all.map { $0.name }, limits: .version1
      ).json
    case "guest.os":
      return GuestOS(
        family: .observed("linux", source: "s"), name: .absent(source: "s"), version: .absent(source: "s"),
        kernel: .observed("6", source: "s"), architecture: .observed("x", source: "s"),
        bootTime: .observed(-1, source: "s"), uptime: .observed(.max, source: "s"), clock: .observed(1, source: "s")
      ).json
    case "guest.memory":
      var names = ["total", "free", "available", "cached", "buffers", "swapTotal", "swapFree"]
      if fault == .leavesOutFacts { names.removeLast() }
      return NamedFacts(names.map { .init($0, .observed(1, source: "s")) }).json
    case "balloon.stats":
      return NamedFacts(StatisticsField.all.map { .init($0, .failed(FactFailure(.denied, ""), source: "s")) }).json
    case "pci.functions": return try page("functions", [], request)
    case "driver.services":
      let service = ServiceFacts(
        name: "virtio_balloon", kind: "kernel-driver", state: .observed("running", source: "s"),
        version: .absent(source: "s"), counters: NamedFacts([.init("balloon_inflate", .observed(0, source: "s"))]))
      return try page("services", [JSON](repeating: service.json, count: 5), request)
    case "log.balloon": throw ProtocolError(.denied, "\u{1b}[2Jno")
    default: throw ProtocolError(.methodNotFound, "no such method")
    }
  }

  /// Two elements a page.
  private func page(_ member: String, _ elements: [JSON], _ request: Request) throws(ProtocolError) -> JSON {
    let written = request.parameters?["cursor"]
    guard let start = written.map({ $0.uint }) ?? 0 else { throw ProtocolError(.invalidParameters, "no cursor") }
    let rest = elements.enumerated().filter { UInt64($0.offset) >= start }.map { $0.element }
    var next: UInt64? = rest.count > 2 ? start + 2 : nil
    if fault == .pagesInCircle { next = 1 }
    if fault == .endlessPages { next = start == 1 << 53 ? nil : start + 1 }
    return Page(Array(rest.prefix(2)), next: next).json(member: member)
  }
}
