// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc
import GuestRig
import Testing

/// `agent:PATH`, an agent's channel and nothing else.
@Suite("An agent alone")
struct AgentTargetTests {
  private func diagnose(_ agent: FakeAgent, _ arguments: String...) async throws -> Answer {
    try await ScratchDirectory.with { scratch in
      try await FakePeer.with(at: scratch("agent.sock"), agent.serve) { path in
        try await Answer(measuring: ["diagnose", "agent:\(path)", "--deadline", "1"] + arguments)
      }
    }
  }

  @Test("That keeps the protocol is judged by its word, and of the host it is said how to ask it")
  func judged() async throws {
    let document = try await diagnose(.hostileTexts, "--format", "json").document()
    #expect(document.verdict == "inconclusive" && document.findings.isEmpty)
    #expect(document.evidence.target.kind == .agent && document.evidence.target.name == nil)
    #expect(document.evidence.guest.agent.value != nil)
    let failure = try #require(document.evidence.domain.state.failure)
    #expect(failure.reason == .unsupported && failure.ask?.hasPrefix("virt-balloon diagnose DOMAIN") == true)
    #expect(document.evidence.readings.isEmpty)
    let text = try await diagnose(.hostileTexts)
    #expect(text.status == 2 && text.complaint.isEmpty, "\(text.complaint)")
    #expect(text.output.contains("by the guest's word alone") && Answer.isSafe(text.output))
  }

  @Test("That falls silent after its hello still has its report, in one deadline")
  func fallsSilent() async throws {
    let answer = try await diagnose(.fallsSilent, "--format", "json")
    #expect(answer.status == 1 && answer.complaint.isEmpty, "\(answer.complaint)")
    #expect(try answer.document().has("agent.silent"))
  }

  @Test(
    "That does not answer as an agent does is no target",
    arguments: [
      (FakeAgent.sendsGarbage, "does not speak the protocol"), (.neverAnswers, "nothing answers agent.hello"),
      (.closesInMidReply, "ended the connection"), (.refuses, "the agent answered agent.hello with error -32002"),
    ])
  func noAgent(_ agent: FakeAgent, _ what: String) async throws {
    try await diagnose(agent).expectUnavailable(what)
  }

  /// Runs the agent of this build on one end of a terminal pair, and the program on the other.
  private static let pair = """
    import os, pty, subprocess, sys, tty
    master, slave = pty.openpty()
    agent = subprocess.Popen([sys.argv[1], "--stdio"], stdin=master, stdout=master)
    status = subprocess.call([sys.argv[2]] + [word.replace("PTY", os.ttyname(slave)) for word in sys.argv[3:]])
    agent.kill()
    agent.wait()
    sys.exit(status)
    """

  @Test("Behind a terminal answers as behind a socket")
  func terminal() async throws {
    let program = try Program.built("virt-balloon")
    let agent = try Program.built("virt-balloon-agent")
    let ping = try await Program.run(["python3", "-c", Self.pair, agent, program, "agent", "ping", "agent:PTY"])
    #expect(ping.status == 0, "\(ping.errorOutput)")
    let answer = try await Program.run(["python3", "-c", Self.pair, agent, program, "diagnose", "agent:PTY"])
    #expect(answer.errorOutput.isEmpty && [1, 2].contains(answer.status), "\(answer.errorOutput)")
    #expect(answer.output.hasPrefix("/dev/pts/") && answer.output.contains("by the guest's word alone"))
    #expect(answer.output.contains("Only the agent was asked"))
  }

  @Test("At a device that is no terminal is none")
  func device() async throws {
    try await Answer("diagnose", "agent:/dev/null").expectUnavailable("is a device, but no terminal")
  }
}
