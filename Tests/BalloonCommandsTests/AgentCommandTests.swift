// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import GuestRig
import Testing

@Suite("The agent commands")
struct AgentCommandTests {
  private static let noProtocol = "does not speak the protocol"
  private static let commands = [["ping"], ["info"], ["call", "--method", "guest.os"]]

  /// Runs one agent command against an agent of that kind, and looks at what is true of every kind.
  private func answer(_ agent: FakeAgent, _ command: [String]) async throws -> Answer {
    let answer = try await ScratchDirectory.with { scratch in
      try await FakePeer.with(at: scratch("agent.sock"), agent.serve) { path in
        try await Answer(measuring: ["agent"] + command + ["--deadline", "1", "--agent-socket", path])
      }
    }
    #expect(try #require(answer.peak) < 150 << 10)
    #expect(Answer.isSafe(answer.output) && Answer.isSafe(answer.complaint))
    return answer
  }

  @Test(
    "An agent that does not keep the protocol is told in one line, within the deadline and in bounded memory",
    arguments: [
      (FakeAgent.sendsGarbage, noProtocol), (.floodsWithoutSeparator, "sends without end"),
      (.sendsHugeRecord, "sends without end"), (.neverAnswers, "nothing answers agent.hello"),
      (.answersOthersOnly, "was not answered in time"), (.closesInMidReply, "ended the connection"),
      (.refuses, "the agent answered agent.hello with error -32002"),
    ])
  func misbehaves(_ agent: FakeAgent, _ what: String) async throws {
    for command in Self.commands {
      // A slow machine may reach the deadline before the limit of bytes.
      try await answer(agent, command).expectUnavailable(what, what == "sends without end" ? Self.noProtocol : what)
    }
  }

  @Test("Replies for others before the right one are passed over")
  func wrongOrder() async throws {
    for command in Self.commands {
      let answer = try await answer(.answersOthersFirst, command)
      #expect(answer.status == 0 && answer.complaint.isEmpty, "\(answer.complaint)")
    }
  }

  @Test("Hostile texts are escaped in every output")
  func hostileTexts() async throws {
    for command in Self.commands + [["info", "--format", "json"], ["info", "--verbose"]] {
      let answer = try await answer(.hostileTexts, command)
      #expect(answer.status == 0 && answer.complaint.isEmpty, "\(command): \(answer.complaint)")
      #expect(command == ["ping"] || answer.output.uppercased().contains("202E"), "\(answer.output)")
    }
    let call = try await answer(.hostileTexts, ["call", "--method", "guest.os"])
    let value = try JSON(parsing: Array(call.output.utf8), limits: .reply)["kernel"]?["value"]?.string
    #expect(value == FakeAgent.hostile)
  }

  @Test("An agent that falls silent after its hello still has its report, in one deadline and not one a question")
  func fallsSilent() async throws {
    let info = try await answer(.fallsSilent, ["info"])
    #expect(info.status == 0 && info.output.contains("time"), "\(info.output)\(info.complaint)")
    try await answer(.fallsSilent, ["ping"]).expectUnavailable("agent.ping was not answered in time")
  }
}
