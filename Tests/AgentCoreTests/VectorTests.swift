// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import ProtocolVectors
import Testing

@Suite("The agent")
struct VectorTests {
  @Test(
    "answers each vector of requests as it says, whole and byte by byte, and a ping behind it",
    arguments: try ProtocolVectors.load("requests"))
  func vector(_ vector: ProtocolVectors.Vector) throws {
    let input = try #require(vector.bytes("input"))
    let expected = try #require(vector.json["replies"]?.array)
    var whole = TestAgent()
    let replies = whole.send(input)
    #expect(replies.count == expected.count)
    for (bytes, wanted) in zip(replies, expected) {
      let reply = try JSON(parsing: Array(bytes.dropFirst().dropLast()), limits: .reply)
      #expect(reply["id"] == wanted["id"])
      if let code = wanted["error"] {
        #expect(reply["error"]?["code"] == code)
      } else {
        #expect(ProtocolVectors.holds(reply, wanted))
      }
    }
    var split = TestAgent()
    #expect(input.flatMap { split.send([$0]) } == replies)
    #expect(try split.call("agent.ping").outcome == .result([:]))
  }
}
