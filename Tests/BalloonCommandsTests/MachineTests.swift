// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import GuestRig
import Subprocess
import Testing

/// Over a real QEMU's monitor; no guest runs in it.
@Suite(
  "A machine behind its monitor", .enabled(if: Machine.isInstalled, "needs \(Machine.emulator)"))
struct MachineTests {
  @Test("Whose monitor another client holds is busy, not silent")
  func monitorHeld() async throws {
    try await Machine.with { machine in
      let other = try await RigMonitor(path: machine.monitor)
      try await Answer("diagnose", machine.target).expectUnavailable("another holds it")
      _ = try await other.execute("query-status")
    }
  }

  @Test("Whose channel another client holds says so, by query-chardev and without touching the channel")
  func channelHeld() async throws {
    try await Machine.with { machine in
      let other = try UnixStream(path: machine.channel)
      // QEMU takes the client in its own time.
      let answer = try await waitUntil("QEMU saw the other client") {
        let answer = try await Answer("diagnose", "--quick", "--format", "json", machine.target)
        return try answer.document().evidence.channel.heldByAnother.value == true ? answer : nil
      }
      let evidence = try answer.document().evidence
      #expect(evidence.channel.heldByAnother.provenance.source == "query-chardev")
      #expect(evidence.guest.agent.failure?.reason == .busy)
      #expect(evidence.collection.sources.contains { $0.name == "agent" && $0.failure?.reason == .busy })
      #expect(try other.receive() == nil)
      let same = try await Answer(
        "diagnose", "--quick", "--format", "json", machine.target, "--agent-socket", machine.channel)
      #expect(try same.document().evidence.guest.agent.failure?.reason == .busy)
    }
  }

  @Test("Without a balloon is a problem, with the evidence for it")
  func noBalloon() async throws {
    try await Machine.with([]) { machine in
      let answer = try await Answer("diagnose", "--quick", "--format", "json", machine.target)
      let document = try answer.document()
      #expect(answer.status == 1 && answer.complaint.isEmpty, "\(answer.complaint)")
      #expect(document.has("balloon.device.absent"))
      #expect(document.evidence.device.qomPath.isAbsent)
    }
  }

  @Test("Whose guest has not begun is judged for what it is, and its agent is not connected to")
  func notStarted() async throws {
    try await Machine.with { machine in
      let document = try await Answer("diagnose", "--format", "json", machine.target).document()
      #expect(document.evidence.domain.state.value == "prelaunch" && !document.evidence.collection.sampled)
      #expect(document.evidence.guest.agent.failure?.reason == .disconnected)
      #expect(document.has("guest.not-running"), "\(document.findings)")
      let stats = try await Answer("stats", machine.target)
      #expect(stats.status == 0 && stats.output.contains("query-balloon"), "\(stats.output)")
    }
  }

  @Test("Keeps its own facts when the agent's socket is wrong, or does not answer as an agent")
  func badAgent() async throws {
    try await Machine.with { machine in
      func diagnose(_ path: String) async throws -> Evidence {
        let answer = try await Answer(
          measuring: [
            "diagnose", "--quick", "--deadline", "1", "--format", "json", machine.target, "--agent-socket", path,
          ])
        #expect(try #require(answer.peak) < 150 << 10)
        #expect(answer.complaint.isEmpty && Answer.isSafe(answer.output), "\(answer.complaint)")
        let evidence = try answer.document().evidence
        #expect(evidence.device.qomPath.value == "/machine/peripheral/balloon0")
        #expect(evidence.readings.first?.actual.value == 32 << 20)
        return evidence
      }
      let missing = try await diagnose(machine.scratch("missing"))
      #expect(missing.guest.agent.failure?.reason == .notFound)
      #expect(missing.channel.port.value != nil)
      #expect(missing.collection.notices.contains { $0.contains("not at the machine's own port") })

      let reasons: [FakeAgent: Failure.Reason?] = [
        .sendsGarbage: .incompatible, .floodsWithoutSeparator: .incompatible, .sendsHugeRecord: .incompatible,
        .neverAnswers: .timedOut, .answersOthersOnly: .timedOut, .closesInMidReply: .disconnected, .refuses: .denied,
        .fallsSilent: nil, .hostileTexts: nil, .answersOthersFirst: nil,
      ]
      for agent in FakeAgent.allCases {
        let evidence = try await FakePeer.with(at: machine.scratch(agent.rawValue), agent.serve, diagnose)
        #expect(evidence.guest.agent.failure?.reason == reasons[agent] ?? nil, "\(agent)")
        if agent == .fallsSilent { #expect(evidence.guest.functions.failure?.reason == .timedOut) }
      }
    }
  }

  @Test("A text report of a hostile agent is escaped throughout")
  func hostileReport() async throws {
    try await Machine.with { machine in
      try await FakePeer.with(at: machine.scratch("fake"), FakeAgent.hostileTexts.serve) { path in
        let answer = try await Answer(
          "diagnose", "--quick", "--verbose", machine.target, "--agent-socket", path)
        #expect(Answer.isSafe(answer.output + answer.complaint))
      }
    }
  }
}

/// The published schema, tried by python3-jsonschema, over what the built program writes.
@Suite("A diagnosis in JSON")
struct SchemaTests {
  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    + "/protocol/schema"

  private static let validator = """
    import json, sys
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    schemas = {n: json.load(open(f"{sys.argv[1]}/{n}.json")) for n in ("evidence", "diagnosis")}
    registry = Registry().with_resources((s["$id"], Resource.from_contents(s)) for s in schemas.values())
    for error in Draft202012Validator(schemas["diagnosis"], registry=registry).iter_errors(json.load(sys.stdin)):
        print(f"{list(error.absolute_path)}: {error.message}"[:300])
    """

  private func expectValid(_ answer: Answer) async throws {
    let result = try await Subprocess.run(
      .name("timeout"), arguments: ["60", "python3", "-c", Self.validator, Self.folder], input: .string(answer.output),
      output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    #expect(result.terminationStatus.isSuccess, "\(result.standardError)")
    #expect(result.standardOutput.isEmpty, "\(result.standardOutput)")
  }

  private static func hasValidator() async throws -> Bool {
    try await Program.run(["python3", "-c", "import jsonschema, referencing"]).status == 0
  }

  @Test(
    "Keeps the published schema, of a libvirt domain and of a bare machine",
    .enabled("needs python3-jsonschema 4.18 or later (with referencing)") { try await SchemaTests.hasValidator() })
  func schema() async throws {
    try await expectValid(
      try await Answer("diagnose", "--quick", "--format", "json", "--connect", "test:///default", "test"))
    guard Machine.isInstalled else { return }
    try await Machine.with { machine in
      try await expectValid(try await Answer("diagnose", "--format", "json", machine.target))
      try await FakePeer.with(at: machine.scratch("fake"), FakeAgent.hostileTexts.serve) { path in
        try await expectValid(
          try await Answer("diagnose", "--quick", "--format", "json", machine.target, "--agent-socket", path))
      }
    }
  }
}
