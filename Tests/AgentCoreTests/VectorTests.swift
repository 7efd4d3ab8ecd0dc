// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import ProtocolVectors
import Testing

@Suite("The protocol's vectors of requests")
struct VectorTests {
  @Test("are answered as each says, whole and byte by byte", arguments: try ProtocolVectors.load("requests"))
  func answered(_ vector: ProtocolVectors.Vector) throws {
    let input = try #require(vector.bytes("input"))
    let expected = try #require(vector.json["replies"]?.array)
    var whole = TestAgent()
    let replies = whole.send(input)
    #expect(replies.count == expected.count)
    for (record, expected) in zip(replies, expected) {
      let reply = try TestAgent.read(record)
      #expect(reply.id == expected["id"]?.uint)
      switch reply.outcome {
      case .result(let result): #expect(ProtocolVectors.holds(result, expected["result"] ?? .null))
      case .error(let error): #expect(error.code.number == expected["error"]?.int)
      }
    }
    #expect(try whole.result("agent.ping") == .object(JSONObject()))
    var split = TestAgent()
    #expect(input.flatMap { split.send([$0]) } == replies)
  }
}
