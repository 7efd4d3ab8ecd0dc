// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import Testing

@Suite("The agent's stream of bytes")
struct StreamTests {
  static let ping = "\u{1e}{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"agent.ping\"}\n"

  @Test("Requests split at any byte bring the same replies")
  func splits() throws {
    let stream = Array(
      ("noise" + Self.ping + "\u{1e}{\"jsonrpc\":\u{1e}{bad}\n"
        + "\u{1e}{\"jsonrpc\":\"2.0\",\"id\":8,\"method\":\"agent.hello\",\"params\":{\"nonce\":\"é\"}}\n").utf8)
    var whole = TestAgent()
    let expected = whole.send(stream)
    #expect(try expected.map { try TestAgent.read($0).id } == [7, nil, 8])
    for split in stream.indices {
      var agent = TestAgent()
      #expect(agent.send(Array(stream[..<split])) + agent.send(Array(stream[split...])) == expected, "at \(split)")
    }
    var agent = TestAgent()
    #expect(stream.flatMap { agent.send([$0]) } == expected)
  }

  @Test("Several requests in one read are answered in order")
  func pipelined() throws {
    var agent = TestAgent()
    let requests = (0..<100).flatMap { Record.encode(Request(id: UInt64($0), method: "agent.ping").json) }
    #expect(try agent.send(requests).map { try TestAgent.read($0).id } == (0..<100).map { UInt64($0) })
  }

  @Test("Garbage between records is not answered, however much it is")
  func garbage() throws {
    var agent = TestAgent()
    for _ in 0..<64 { #expect(agent.send([UInt8](repeating: 0x41, count: 65_536)).isEmpty) }
    #expect(try agent.send("\n\n{}\n" + Self.ping).map { $0.id } == [7])
  }

  @Test("A bad record is answered once, without an id, and the next one is served")
  func badRecords() throws {
    var agent = TestAgent()
    for bad in [Array("{\"jsonrpc\":".utf8), [0xff, 0xfe], Array(String(repeating: "[", count: 40).utf8), [0x00]] {
      let replies = try agent.send([0x1e] + bad + [0x0a] + Array(Self.ping.utf8)).map(TestAgent.read)
      #expect(replies.map { $0.id } == [nil, 7])
      #expect(replies.first?.errorCode == .parseError)
    }
  }

  @Test("A record that another one cuts short is not answered")
  func truncated() throws {
    var agent = TestAgent()
    #expect(
      try agent.send("\u{1e}{\"jsonrpc\":\"2.0\",\"id\":6,\"method\":\"agent.ping\"}" + Self.ping).map { $0.id } == [7])
  }

  @Test("A request over 64 KiB is refused once, and the next one is served")
  func oversize() throws {
    var agent = TestAgent()
    var replies: [Reply] = []
    replies += try agent.send("\u{1e}{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"")
    for _ in 0..<40 { replies += try agent.send(String(repeating: "x", count: 4096)) }
    replies += try agent.send("\"}\n" + Self.ping)
    #expect(replies.map { $0.id } == [nil, 7])
    #expect(replies.first?.errorCode == .tooLarge)
  }

  @Test("A request of exactly 64 KiB is served")
  func longest() throws {
    var agent = TestAgent()
    let head = "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"agent.ping\""
    let text = head + String(repeating: " ", count: (64 << 10) - head.utf8.count - 1) + "}"
    #expect(try agent.send("\u{1e}" + text + "\n").map { $0.outcome } == [.result(.object(JSONObject()))])
    #expect(try agent.send("\u{1e} " + text + "\n").map { $0.errorCode } == [.tooLarge])
  }

  @Test("What one host left unfinished does not reach the next host's request")
  func nextHost() throws {
    var agent = TestAgent()
    #expect(try agent.send("\u{1e}{\"jsonrpc\":\"2.0\",\"id\":1,\"meth").isEmpty)
    #expect(try agent.send(Self.ping).map { $0.id } == [7])
  }

  @Test("Replies hold no separator and no line feed but their own")
  func oneRecordEach() throws {
    var agent = TestAgent(FakePlatform(osName: "a\u{1e}b\nc\u{202e}d"))
    let replies = agent.send(Record.encode(Request(id: 1, method: "guest.os").json))
    #expect(replies.count == 1)
    #expect(replies.first?.filter { $0 == 0x1e || $0 == 0x0a } == [0x1e, 0x0a])
  }
}
