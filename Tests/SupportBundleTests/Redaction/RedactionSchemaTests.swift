// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import FoundationEssentials
import Subprocess
import SupportBundle
import Testing

/// `protocol/schema/redactions.json`, tried by python3-jsonschema: an implementation that is not this project's.
@Suite("The published schema of redactions")
struct RedactionSchemaTests {
  private static let path =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
    + "/protocol/schema/redactions.json"

  private static let validator = """
    import json, sys
    from jsonschema import Draft202012Validator
    schema = json.load(open(sys.argv[1]))
    Draft202012Validator.check_schema(schema)
    error = next(Draft202012Validator(schema).iter_errors(json.load(sys.stdin)), None)
    print("valid" if error is None else f"{list(error.absolute_path)}: {error.message}"[:300])
    """

  static func hasValidator() async -> Bool {
    let result = try? await Subprocess.run(
      .name("python3"), arguments: ["-c", "import jsonschema"], output: .discarded, error: .discarded)
    return result?.terminationStatus.isSuccess == true
  }

  private func validate(_ ledger: RedactionLedger) async throws -> String {
    let text = String(decoding: try JSONEncoder().encode(ledger), as: UTF8.self)
    let result = try await Subprocess.run(
      .name("timeout"), arguments: ["60", "python3", "-c", Self.validator, Self.path], input: .string(text),
      output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    return result.standardOutput + result.standardError
  }

  @Test(
    "accepts every ledger that this program writes, and no other kind",
    .enabled("needs python3-jsonschema") { await RedactionSchemaTests.hasValidator() })
  func accepts() async throws {
    #expect(try await validate(RedactionLedger()) == "valid\n")
    var redactor = Redactor()
    for kind in RedactionKind.allCases { _ = redactor.token(kind, for: "zebra \(kind)", at: "target.name") }
    for index in 0..<100 { _ = redactor.token(.guest, for: "zebra guest", at: "raw/\(index)") }
    let evidence = try FullEvidence.shared().observed.replacing(FullEvidence.mark, by: "zorba").decoded(Evidence.self)
    _ = redactor.redact(evidence)
    #expect(Set(redactor.ledger.redactions.map(\.kind)) == Set(RedactionKind.allCases))
    #expect(try await validate(redactor.ledger) == "valid\n")

    var other = redactor.ledger
    other.redactions[0].token = "zebra"
    #expect(try await validate(other) != "valid\n")
    other = redactor.ledger
    other.redactions[0].places = []
    #expect(try await validate(other) != "valid\n")
  }
}
