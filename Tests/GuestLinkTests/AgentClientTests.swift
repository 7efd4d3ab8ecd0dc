// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import GuestLink
import Testing
import Transports

@Suite("The agent's client, against")
struct AgentClientTests {
  private func client(
    _ fault: ModelAgent.Fault?, _ limits: LinkLimits = LinkLimits(hello: .seconds(30), call: .seconds(30))
  ) throws -> AgentClient {
    AgentClient(try ModelAgent(fault).connect(), limits: limits)
  }

  private func code<Value>(_ body: () async throws(LinkError) -> Value) async -> LinkError? {
    do throws(LinkError) {
      _ = try await body()
      return nil
    } catch {
      return error
    }
  }

  @Test("an agent that keeps the specification, reads every method")
  func methods() async throws {
    let client = try client(nil)
    #expect(try await client.hello().agentName == "model")
    #expect(try await client.ping() >= .zero)
    #expect(try await client.os().uptime.value == .max)
    #expect(try await client.os().bootTime.value == -1)
    #expect(try await client.memory()["total"].value == 1)
    #expect(try await client.statistics()["swapIn"].value == nil)
    #expect(try await client.functions().isEmpty)
    let services = try await client.services()
    #expect(services.count == 5 && services.allSatisfy { $0.counters["balloon_inflate"].value == 0 })
    let error = await code { () throws(LinkError) in try await client.log() }
    #expect(error?.code == .remote && error?.remote?.code == .denied)
    // The guest's escape sequence does not come through in the line for people.
    #expect(error.map { !$0.description.contains("\u{1b}") } ?? false)
    #expect(await client.traffic.ignoredRecords == 0)
  }

  @Test("many tasks at once, gives each its own answer")
  func concurrent() async throws {
    let client = try client(nil)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      for index in 0..<20 {
        group.addTask {
          if index.isMultiple(of: 2) { return try await client.services().count == 5 }
          return try await client.os().kernel.value == "6"
        }
      }
      for try await right in group { #expect(right) }
    }
    #expect(await client.traffic.staleReplies == 0)
  }

  @Test("an endless flood, stops at its limit of bytes", arguments: [ModelAgent.Fault.floods, .hugeRecord])
  func floods(_ fault: ModelAgent.Fault) async throws {
    let client = try client(fault)
    let error = await code { () throws(LinkError) in try await client.memory() }
    #expect(error?.code == .flooded)
    let read = try #require(error?.seen.bytes)
    #expect(read >= 4 << 20 && read <= 4 << 20 + 65_536)
    // It says so again, and does not take the flood for closed.
    #expect(await code { () throws(LinkError) in try await client.memory() }?.code == .flooded)
  }

  @Test("silence, says so")
  func silent() async throws {
    let client = try client(.silent)
    let error = await code { () throws(LinkError) in try await client.memory(within: .milliseconds(100)) }
    #expect(error?.code == .silent && error?.seen == LinkTraffic())
  }

  @Test(
    "replies under a wrong id or with a key twice, waits for its time and tells what came",
    arguments: [
      ("{\"jsonrpc\":\"2.0\",\"id\":9007199254740992,\"result\":{}}", LinkError.Code.timedOut),
      ("{\"jsonrpc\":\"2.0\",\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}", .garbage),
      ("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":-32700,\"message\":\"\"}}", .timedOut),
    ])
  func unusable(_ reply: String, _ expected: LinkError.Code) async throws {
    let pair = try SocketPair()
    let client = AgentClient(pair.client, limits: LinkLimits(hello: .seconds(30), call: .seconds(30)))
    async let outcome = code { () throws(LinkError) in try await client.memory() }
    #expect(await pair.agent.receive()?.method == "agent.hello")
    await pair.agent.send([Record.separator] + Array(reply.utf8) + [Record.terminator])
    pair.client.expire()
    let error = await outcome
    #expect(error?.code == expected)
    #expect(error?.seen.ignoredRecords == 1, "\(String(describing: error))")
  }

  @Test(
    "pages in a circle or without end, refuses to pass a part for the whole",
    arguments: [(ModelAgent.Fault.pagesInCircle, LinkError.Code.malformed), (.endlessPages, .flooded)])
  func pages(_ fault: ModelAgent.Fault, _ expected: LinkError.Code) async throws {
    let client = try client(fault)
    #expect(await code { () throws(LinkError) in try await client.services() }?.code == expected)
    // The ends are in step all the same.
    #expect(try await client.memory()["total"].value == 1)
  }

  @Test("a list beyond its limit of elements, refuses it")
  func elements() async throws {
    let client = try client(nil, LinkLimits(hello: .seconds(30), call: .seconds(30), elements: 4))
    #expect(await code { () throws(LinkError) in try await client.services() }?.code == .flooded)
  }

  @Test("a request beyond the limit, does not send it")
  func tooLarge() async throws {
    let client = try client(nil)
    let long = JSON.string(String(repeating: "x", count: 70_000))
    #expect(await code { () throws(LinkError) in try await client.call(.ping, ["x": long]) }?.code == .tooLarge)
    #expect(try await client.ping() >= .zero)
  }

  @Test("a greeting before the first reply, counts it and goes on")
  func greeting() async throws {
    let client = try client(.greets)
    #expect(try await client.memory()["free"].value == 1)
    #expect(await client.traffic.garbageBytes == 24)
  }

  @Test("another instance at a later hello, counts a restart")
  func restart() async throws {
    let client = try client(.newInstancePerHello)
    _ = try await client.hello()
    _ = try await client.hello()
    #expect(await client.traffic.restarts == 1)
  }

  @Test("a connection that has ended, says so at once, every time")
  func closed() async throws {
    let pair = try SocketPair()
    let client = AgentClient(pair.client)
    await pair.agent.close()
    for _ in 0..<3 { #expect(await code { () throws(LinkError) in try await client.ping() }?.code == .closed) }
  }

  @Test("requests sent ahead, takes the answers in any order and asks once")
  func sentAhead() async throws {
    let pair = try SocketPair()
    let client = AgentClient(pair.client, limits: LinkLimits(hello: .seconds(30), call: .seconds(30)))
    let agent = Task {
      var asked: [String] = []
      var ahead: [Request] = []
      while let request = await pair.agent.receive() {
        asked.append(request.method)
        if request.method == "agent.hello" {
          await pair.agent.send(Self.hello(to: request))
        } else {
          ahead.append(request)
        }
        guard ahead.count == 2 else { continue }
        for request in ahead.reversed() {
          // A second reply to the same request is none that anybody waits for.
          for _ in 0..<2 {
            await pair.agent.send(
              Record.encode(Reply(id: request.id, .result(["method": .string(request.method)])).json))
          }
        }
        ahead = []
      }
      return asked
    }
    try await client.sendAhead([.memory, .os])
    #expect(try await client.call(.memory)["method"]?.string == "guest.memory")
    #expect(try await client.call(.os)["method"]?.string == "guest.os")
    // Each was for one call: these are asked for anew.
    try await client.sendAhead([.os, .memory])
    #expect(try await client.call(.os)["method"]?.string == "guest.os")
    #expect(try await client.call(.memory)["method"]?.string == "guest.memory")
    #expect(await client.traffic.staleReplies > 0)
    await pair.agent.close()
    #expect(await agent.value == ["agent.hello", "guest.memory", "guest.os", "guest.os", "guest.memory"])
  }

  private static func hello(to request: Request) -> [UInt8] {
    let hello = Hello(
      nonce: request.parameters?["nonce"]?.string ?? "", version: AgentChannel.version, agentName: "script",
      agentVersion: "1", instance: "i", system: "linux", methods: [], limits: .version1)
    return Record.encode(Reply(id: request.id, .result(hello.json)).json)
  }
}
