// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import Testing

@Suite("The agent's methods")
struct MethodTests {
  var agent = TestAgent()

  @Test("A hello returns the nonce, the versions, the limits and every method")
  mutating func hello() throws {
    let hello = try Hello(json: agent.result("agent.hello", ["nonce": "ünique"]))
    #expect(hello.nonce == "ünique")
    #expect(hello.version == 1)
    #expect(hello.agentName == "test-agent" && hello.agentVersion == "9.9")
    #expect(hello.instance == "00ab")
    #expect(hello.system == "fake")
    #expect(hello.limits == .version1)
    #expect(hello.methods == Method.all.map { $0.name })
  }

  @Test("A nonce may have 64 bytes and no more, and must be a string")
  mutating func nonce() throws {
    let longest = String(repeating: "n", count: 64)
    #expect(try agent.result("agent.hello", ["nonce": .string(longest)])["nonce"]?.string == longest)
    #expect(try agent.errorCode("agent.hello", ["nonce": .string(longest + "n")]) == .invalidParameters)
    // 33 letters, 66 bytes.
    #expect(
      try agent.errorCode("agent.hello", ["nonce": .string(String(repeating: "é", count: 33))]) == .invalidParameters)
    #expect(try agent.errorCode("agent.hello", ["nonce": .integer(1)]) == .invalidParameters)
    #expect(try agent.errorCode("agent.hello", [:]) == .invalidParameters)
    #expect(try agent.errorCode("agent.hello") == .invalidParameters)
  }

  @Test("A ping is answered with an empty object")
  mutating func ping() throws { #expect(try agent.result("agent.ping") == .object(JSONObject())) }

  @Test("Members that the agent does not know are ignored")
  mutating func unknownMembers() throws {
    #expect(try agent.result("agent.ping", ["later": ["deep": [.null]]]) == .object(JSONObject()))
    #expect(try agent.result("guest.os", ["x": .integer(1)])["family"]?["value"]?.string == "fake")
    let replies = try agent.send("\u{1e}{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"agent.ping\",\"trace\":true}\n")
    #expect(replies.map { $0.id } == [3])
  }

  @Test("Facts arrive as the platform gave them, large numbers as text")
  mutating func facts() throws {
    let platform = FakePlatform()
    #expect(try GuestOS(json: agent.result("guest.os")) == platform.os())
    let memory = try agent.result("guest.memory")
    #expect(memory["total"]?["value"]?.string == "18014398509481984")
    #expect(try NamedFacts(json: memory) == platform.memory())
    #expect(try NamedFacts(json: agent.result("balloon.stats")) == platform.statistics())
    let functions = try Page(json: agent.result("pci.functions"), member: "functions")
    #expect(functions.next == nil)
    #expect(functions.elements.map { PCIFunctionFacts(json: $0) } == [platform.function(5)])
    let services = try Page(json: agent.result("driver.services"), member: "services")
    #expect(try services.elements.compactMap { ServiceFacts(json: $0) } == platform.services())
    let lines = try Page(json: agent.result("log.balloon"), member: "lines")
    #expect(lines.elements.compactMap { LogLine(json: $0) } == platform.lines.map { $0.1 })
  }

  @Test("An unknown method is refused by its code, whatever it is called")
  mutating func unknownMethod() throws {
    for name in ["agent.exec", "", "agent.ping ", "AGENT.PING", "agent.p\u{131}ng", "guest-ping"] {
      #expect(try agent.errorCode(name) == .methodNotFound)
    }
  }

  @Test(
    "A cursor that is no number from 0 to 2^53 is refused",
    arguments: ["pci.functions", "driver.services", "log.balloon"])
  mutating func badCursor(method: String) throws {
    for cursor: JSON in ["1", .null, .integer(-1), .bool(true), []] {
      #expect(try agent.errorCode(method, ["cursor": cursor]) == .invalidParameters)
    }
  }

  @Test(
    "A method that the system refuses or has not says so under its id",
    arguments: ["guest.os", "guest.memory", "balloon.stats", "pci.functions", "driver.services", "log.balloon"])
  func failingPlatform(method: String) throws {
    for code in [ProtocolError.Code.unsupported, .denied, .internalError] {
      var agent = TestAgent(FakePlatform(failure: ProtocolError(code, "because")))
      #expect(try agent.call(method) == Reply(id: 1, .error(ProtocolError(code, "because"))))
    }
  }

  @Test("Parameters in a list, a wrong version, and a batch are refused")
  mutating func notRequests() throws {
    let sent = [
      #"{"jsonrpc":"2.0","id":1,"method":"agent.ping","params":[]}"#: ProtocolError.Code.invalidParameters,
      #"{"jsonrpc":"1.0","id":1,"method":"agent.ping"}"#: .invalidRequest,
      #"{"jsonrpc":"2.0","id":1}"#: .invalidRequest,
      #"{"jsonrpc":"2.0","id":"1","method":"agent.ping"}"#: .invalidRequest,
      #"{"jsonrpc":"2.0","id":-1,"method":"agent.ping"}"#: .invalidRequest,
      #"[{"jsonrpc":"2.0","id":1,"method":"agent.ping"}]"#: .invalidRequest,
      #"{"jsonrpc":"2.0","id":1,"method":"agent.ping","id":2}"#: .parseError,
      #"{"jsonrpc":"2.0","id":1e0,"method":"agent.ping"}"#: .parseError,
      "": .parseError,
    ]
    for (text, code) in sent { #expect(try agent.send("\u{1e}\(text)\n").map { $0.errorCode } == [code], "\(text)") }
  }

  @Test("A notification is not answered, even of an unknown method")
  mutating func notifications() throws {
    #expect(try agent.send("\u{1e}{\"jsonrpc\":\"2.0\",\"method\":\"agent.ping\"}\n").isEmpty)
    #expect(try agent.send("\u{1e}{\"jsonrpc\":\"2.0\",\"method\":\"nothing\"}\n").isEmpty)
  }
}
