// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import FoundationEssentials
import Reports
import Rules
import Subprocess
import Testing

/// The published schemas, tried by python3-jsonschema: an implementation that is not this project's.
@Suite("The published schemas")
struct SchemaTests {
  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    + "/protocol/schema"

  /// Reads lines of `[schema, document]`, prints one line for each: `valid`, or what is wrong.
  private static let validator = """
    import json, sys
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    schemas = {n: json.load(open(f"{sys.argv[1]}/{n}.json")) for n in ("evidence", "diagnosis")}
    for schema in schemas.values(): Draft202012Validator.check_schema(schema)
    registry = Registry().with_resources((s["$id"], Resource.from_contents(s)) for s in schemas.values())
    validators = {n: Draft202012Validator(s, registry=registry) for n, s in schemas.items()}
    for line in sys.stdin:
        name, document = json.loads(line)
        error = next(validators[name].iter_errors(document), None)
        print("valid" if error is None else f"{list(error.absolute_path)}: {error.message}"[:300])
    """

  static func hasValidator() async -> Bool {
    let result = try? await Subprocess.run(
      .name("python3"), arguments: ["-c", "import jsonschema, referencing"], output: .discarded, error: .discarded)
    return result?.terminationStatus.isSuccess == true
  }

  private func validate(_ documents: [(String, JSONTree)]) async throws -> [String] {
    let lines = documents.map { name, document in
      String(decoding: JSONTree.array([.string(name), document]).text, as: UTF8.self)
    }
    let result = try await Subprocess.run(
      .name("timeout"), arguments: ["120", "python3", "-c", Self.validator, Self.folder],
      input: .string(lines.joined(separator: "\n") + "\n"), output: .string(limit: 4 << 20),
      error: .string(limit: 1 << 20))
    try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
    let verdicts = result.standardOutput.split(separator: "\n").map(String.init)
    try #require(verdicts.count == documents.count)
    return verdicts
  }

  private static let needsValidator: Comment = "needs python3-jsonschema 4.18 or later (with referencing)"

  @Test(
    "accept every document that this program writes",
    .enabled(needsValidator) { await SchemaTests.hasValidator() })
  func acceptsOurs() async throws {
    var documents: [(String, JSONTree)] = []
    for fixture in RuleFixture.all {
      for evidence in [fixture.found, fixture.inconclusive] {
        let report = try DiagnosisReport(Engine().diagnose(evidence), evidence).json()
        documents.append(("diagnosis", try JSONTree(text: report)))
      }
    }
    for evidence in [EvidenceFixture.healthy(), EvidenceFixture.readOnly(), EvidenceFixture.blank()] {
      documents.append(("evidence", try JSONTree(evidence)))
    }
    var tried = EvidenceFixture.healthy()
    tried.collection.sources = [
      SourceOutcome(name: "agent", failure: Failure(.timedOut, "no answer", ask: "try again"), seconds: 3),
      SourceOutcome(name: "monitor", failure: nil, seconds: 0.01),
    ]
    tried.guest.services = EvidenceFixture.told([
      GuestService(
        name: "virtio_balloon", kind: "kernel-driver", state: EvidenceFixture.told("running"),
        version: EvidenceFixture.absent(.guest), counters: ["balloon_inflate": EvidenceFixture.told(7)])
    ])
    tried.guest.qemuGA = QEMUGuestAgentScenarioTests.agent([QEMUGuestAgentScenarioTests.driver(0x1002)])
    documents.append(("evidence", try JSONTree(tried)))
    for (verdict, document) in zip(try await validate(documents), documents) where verdict != "valid" {
      Issue.record("\(document.0): \(verdict)")
    }
  }

  @Test(
    "refuse what is not evidence, and let unknown members pass",
    .enabled(needsValidator) { await SchemaTests.hasValidator() })
  func refusesOthers() async throws {
    let evidence = try JSONTree(EvidenceFixture.healthy())
    let leaf: (String) -> JSONTree = { status in
      .object([
        "status": .string(status), "value": .integer(1), "source": .string("x"), "trust": .string("host"),
      ])
    }
    let documents = [
      evidence.replacing("newer", by: .string("member")),  // forward compatibility
      evidence.replacing("device.newer", by: leaf("observed")),
      evidence.replacing("schema", by: .string("virt-balloon/evidence/2")),
      evidence.replacing("device.pollingInterval", by: leaf("absent")),  // a value that is absent
      evidence.replacing("device.pollingInterval", by: leaf("seen")),
      evidence.replacing("device.pollingInterval.extra", by: .bool(true)),  // an observation is closed
      evidence.replacing("device.pollingInterval.value", by: .string("1")),
      evidence.replacing("device.path.value", by: .string("5")),
      evidence.replacing("target.kind", by: .string("vmware")),
      evidence.replacing("readings", by: .null),
      evidence.replacing("guest.qemuGA", by: .object([:])),
    ]
    let verdicts = try await validate(documents.map { ("evidence", $0) })
    #expect(verdicts.map { $0 == "valid" } == [true, true] + Array(repeating: false, count: 9), "\(verdicts)")
  }
}

extension JSONTree {
  /// The same with `value` at `path`, whose parents are objects.
  fileprivate func replacing(_ path: some StringProtocol, by value: JSONTree) -> JSONTree {
    guard let step = path.split(separator: ".").first else { return value }
    guard case .object(var members) = self else { return self }
    members[String(step)] = (members[String(step)] ?? .null).replacing(path.dropFirst(step.count + 1), by: value)
    return .object(members)
  }
}
