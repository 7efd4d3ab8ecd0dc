// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import Testing

@Suite("Results")
struct ResultTests {
  @Test("Facts are read back as they were written")
  func factRoundTrip() {
    let facts: [Fact<UInt64>] = [
      .observed(0, source: "s"), .observed(1 << 53, source: "s"), .observed(.max, source: "s"), .absent(source: "s"),
      .failed(FactFailure(.denied, "EACCES"), source: "s"),
      .failed(FactFailure(FactFailure.Reason("of-a-newer-agent"), ""), source: ""),
    ]
    for fact in facts { #expect(Fact<UInt64>(json: fact.json, member: "m") == fact) }
    #expect(Fact<UInt64>.observed(.max, source: "s").json["value"] == "18446744073709551615")
    let times: [Int64] = [0, -1, .min, .max]
    for time in times { #expect(Fact<Int64>(json: time.fact.json, member: "m") == time.fact) }
  }

  @Test("A member that is no fact, or has no value of its kind, reads as malformed and never as a value")
  func malformedFact() {
    let wrong: [JSON] = [
      .null, .integer(5), "5", [], ["value": .integer(5)], ["status": "observed"], ["status": .integer(1)],
      ["status": "observed", "value": "5x"], ["status": "observed", "value": "-1"],
      ["status": "observed", "value": ""],
      ["status": "observed", "value": "18446744073709551616"], ["status": "observed", "value": .null],
      ["status": "seen", "value": .integer(5)],
    ]
    for json in wrong {
      guard case .failed(let failure, "m") = Fact<UInt64>(json: json, member: "m") else {
        Issue.record("read a value from \(json)")
        continue
      }
      #expect(failure.reason == .malformed)
    }
  }

  @Test("A member that is missing reads as unsupported")
  func missingFact() {
    #expect(NamedFacts(json: .null)["total"].source == "total")
    guard case .failed(let failure, _) = NamedFacts(json: [:])["total"] else {
      Issue.record("a missing fact has a value")
      return
    }
    #expect(failure.reason == .unsupported)
  }

  @Test("A next that is no cursor is refused, so that a part never passes for the whole")
  func pages() throws {
    #expect(try Page(json: ["l": [.integer(1)]], member: "l") == Page([.integer(1)]))
    #expect(try Page(json: ["l": [], "next": .null], member: "l").next == nil)
    #expect(try Page(json: ["l": [], "next": .integer(0)], member: "l").next == 0)
    #expect(Page<JSON>([.integer(1)], next: 4).json(member: "l") == ["l": [.integer(1)], "next": .integer(4)])
    for next: JSON in ["1", .integer(-1), [], .bool(false)] {
      #expect(throws: ProtocolError.self) { try Page(json: ["l": [], "next": next], member: "l") }
    }
    #expect(throws: ProtocolError.self) { try Page(json: ["k": []], member: "l") }
  }

  @Test("A hello is read back as it was written, and refused without any one of its members")
  func hello() throws {
    let hello = Hello(
      nonce: "n", version: 1, agentName: "a", agentVersion: "1", instance: "i", system: "linux",
      methods: Method.all.map { $0.name }, limits: .version1)
    #expect(try Hello(json: hello.json) == hello)
    for member in try #require(hello.json.object).members {
      var without = try #require(hello.json.object)
      without[member.key] = nil
      #expect(throws: ProtocolError.self) { try Hello(json: .object(without)) }
    }
  }

  @Test("At most 256 named facts are read")
  func manyFacts() {
    let many = JSON.object(JSONObject((0..<300).map { ("n\($0)", JSON.null) }))
    #expect(NamedFacts(json: many).members.count == 256)
  }
}

extension Int64 {
  fileprivate var fact: Fact<Int64> { .observed(self, source: "clock") }
}
