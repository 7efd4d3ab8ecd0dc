// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import GuestLink
import ProtocolVectors
import Testing
import Transports

@Suite("The Python sample", .enabled(if: SampleAgent.python != nil, "needs python3"))
struct SampleAgentTests {
  @Test("passes the conformance run over a unix socket")
  func conformance() async throws {
    let agent = try SampleAgent()
    let results = await Conformance(time: .seconds(20)) { () throws(TransportError) in try await agent.connect() }.run()
    #expect(results.count == Conformance.checks.count)
    for result in results { #expect(result.verdict == .passed, "\(result.id): \(result.seen)") }
  }

  @Test("answers every vector of requests as it says, on one connection")
  func vectors() async throws {
    let agent = try SampleAgent()
    let transport = try await agent.connect()
    var decoder = RecordDecoder(limit: JSONLimits.reply.bytes)
    let deadline = ContinuousClock.now + .seconds(60)
    for vector in try ProtocolVectors.load("requests") {
      // The ping behind each vector shows where its replies end.
      let ping = Record.encode(Request(id: 987_654, method: "agent.ping").json)
      try await transport.write(try #require(vector.bytes("input")) + ping, until: deadline)
      var replies: [JSON] = []
      while replies.last?["id"]?.uint != 987_654 {
        if case .record(let record)? = decoder.next() {
          replies.append(try JSON(parsing: record, limits: .reply))
        } else {
          let bytes = try await transport.read(until: deadline)
          try #require(!bytes.isEmpty)
          decoder.append(bytes)
        }
      }
      let expected = try #require(vector.json["replies"]?.array)
      #expect(replies.count - 1 == expected.count, "\(vector.name)")
      for (reply, wanted) in zip(replies, expected) {
        #expect(reply["id"] == wanted["id"], "\(vector.name)")
        let lacks = reply["error"]?["code"] == .integer(ProtocolError.Code.unsupported.number)
        if lacks, vector.name.contains("cursor") {
          continue  // An agent may lack the method that these ask for.
        } else if let code = wanted["error"] {
          #expect(reply["error"]?["code"] == code, "\(vector.name)")
        } else {
          #expect(ProtocolVectors.holds(reply, wanted), "\(vector.name)")
        }
      }
    }
  }

  @Test("tells what this machine's /proc tells, and of the rest that it does not read it")
  func facts() async throws {
    let agent = try SampleAgent()
    let client = AgentClient(try await agent.connect(), limits: LinkLimits(hello: .seconds(20), call: .seconds(20)))
    let memory = try await client.memory()
    #expect((memory["total"].value ?? 0) > (memory["free"].value ?? .max))
    #expect(memory["total"].source == "/proc/meminfo MemTotal")
    let error = await #expect(throws: LinkError.self) { _ = try await client.os() }
    #expect(error?.remote?.code == .unsupported)
  }
}
