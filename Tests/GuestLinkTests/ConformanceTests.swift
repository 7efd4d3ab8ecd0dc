// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import GuestLink
import Testing
import Transports

@Suite("The conformance run")
struct ConformanceTests {
  /// A run against the model with one fault. Time is short where the fault is to say nothing.
  private func failed(_ fault: ModelAgent.Fault?) async -> [String: ConformanceResult] {
    let agent = ModelAgent(fault)
    let time: Duration =
      switch fault {
      case .silent, .neverFinishes: .milliseconds(300)
      case .floods, .hugeRecord, .wrongID, .takesBatches: .seconds(3)
      default: .seconds(20)
      }
    let run = Conformance(time: time) { () throws(TransportError) in try agent.connect() }
    let results = await run.run()
    #expect(results.map { $0.id } == Conformance.checks.map { $0.id })
    return Dictionary(uniqueKeysWithValues: results.filter { $0.verdict != .passed }.map { ($0.id, $0) })
  }

  @Test("Every check has an id of its own, a section and a sentence")
  func catalogue() {
    #expect(Set(Conformance.checks.map { $0.id }).count == Conformance.checks.count)
    for check in Conformance.checks {
      #expect(check.section.first?.isNumber == true, "\(check.id)")
      #expect(!check.demand.isEmpty && !check.demand.hasSuffix("."), "\(check.id)")
    }
  }

  @Test("An agent that keeps the specification passes every check")
  func conforming() async {
    let failed = await failed(nil)
    #expect(failed.isEmpty, "\(failed.values.map { "\($0.id): \($0.seen)" })")
  }

  @Test(
    "A misbehaving agent fails the checks that name its fault",
    arguments: [
      (ModelAgent.Fault.wrongID, ["id.echo"]), (.noNonce, ["hello.nonce"]),
      (.answersNotifications, ["request.notification"]), (.diesOnGarbage, ["record.garbage", "record.much-garbage"]),
      (.duplicateKeysInReplies, ["hello.result", "ping.result"]), (.floods, ["hello.result", "ping.result"]),
      (.takesDuplicateKeys, ["json.duplicate-key"]), (.takesBatches, ["request.batch"]),
      (.greets, ["hello.result", "session.no-hello"]), (.newInstancePerHello, ["hello.instance", "session.reconnect"]),
      (.pagesInCircle, ["driver.services.result"]), (.endlessPages, ["driver.services.result"]),
      (.answersTwice, ["id.echo", "request.pipelined"]), (.leavesOutFacts, ["guest.memory.result"]),
      (.hugeRecord, ["hello.result"]),
    ])
  func misbehaving(_ fault: ModelAgent.Fault, _ expected: [String]) async {
    let failed = await failed(fault)
    for id in expected { #expect(failed[id]?.verdict == .failed, "\(id)") }
    for result in failed.values { #expect(!result.seen.isEmpty) }
  }

  @Test("A fault in one method leaves the other checks alone")
  func contained() async {
    #expect(Set(await failed(.leavesOutFacts).keys) == ["guest.memory.result"])
    #expect(Set(await failed(.takesDuplicateKeys).keys) == ["json.duplicate-key"])
    #expect(Set(await failed(.answersNotifications).keys) == ["request.notification"])
  }

  @Test("An agent that is silent, or never finishes a reply, fails, and is not asked for ever")
  func silent() async {
    let silent = await failed(.silent)
    #expect(silent.count == Conformance.checks.count)
    #expect(silent.values.count { $0.verdict == .skipped } == Conformance.checks.count - 3)
    let unfinished = await failed(.neverFinishes)
    #expect(unfinished.count == Conformance.checks.count)
    #expect(unfinished["hello.result"]?.seen.contains("broke off a record") == true)
  }

  @Test("A place where nobody listens fails with the reason")
  func nobody() async {
    let run = Conformance { () throws(TransportError) in throw TransportError(.refused, "nobody listens") }
    let results = await run.run()
    #expect(results.first?.verdict == .failed && results.first?.seen == "no connection: nobody listens")
    #expect(!results.contains { $0.verdict == .passed })
  }
}
