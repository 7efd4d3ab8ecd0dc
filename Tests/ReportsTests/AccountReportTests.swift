// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import PCI
import Reports
import Rules
import Subprocess
import Testing

@Suite("The account in every form")
struct AccountReportTests {
  @Test("An account reads as recorded", arguments: Scenario.accounts)
  func text(_ scenario: Scenario) throws {
    let report = AccountReport(scenario.evidence)
    try expectGolden(ReportFormat.text.render(report, style: TextStyle()), "account-\(scenario.name).txt")
  }

  @Test("An account is written as recorded in JSON, Markdown and HTML")
  func forms() throws {
    let report = AccountReport(Scenario.accountLinux.evidence)
    try expectGolden(DocumentFormat.json.render(report, style: TextStyle()), "account-linux.json")
    try expectGolden(DocumentFormat.markdown.render(report, style: TextStyle()), "account-linux.md")
    try expectGolden(DocumentFormat.html.render(report, style: TextStyle()), "account-linux.html")
  }

  @Test("In colour, without UTF-8 and with every explanation it reads as recorded")
  func verbose() throws {
    let report = AccountReport(Scenario.accountLinux.evidence)
    let style = TextStyle(color: true, unicode: false, verbose: true)
    try expectGolden(ReportFormat.text.render(report, style: style), "account-linux-verbose-colour.txt")
  }

  @Test("No line is wider than the terminal, and without UTF-8 all of it is ASCII", arguments: Scenario.accounts)
  func layout(_ scenario: Scenario) throws {
    for width in [60, 80, 120] {
      let text = AccountReport(scenario.evidence).text(TextStyle(width: width, unicode: false, verbose: true))
      #expect(text.utf8.allSatisfy { $0 < 0x80 })
      for line in text.split(separator: "\n") where line.count > width {
        // A name that is longer than what is left for it stands alone.
        #expect(line.dropFirst(width / 2).split(separator: " ").last.map { $0.count > 24 } == true, "\(line)")
      }
    }
  }

  @Test("The bar is as wide as the line, and each piece has a column at least", arguments: Scenario.accounts)
  func bar(_ scenario: Scenario) throws {
    let lines = AccountReport(scenario.evidence).text(TextStyle(unicode: false)).split(separator: "\n")
    let bar = try #require(lines.first { $0.hasPrefix(" [") })
    #expect(bar.count == 79)
    for legend in lines.drop(while: { $0 != bar }).dropFirst().prefix(while: { $0.hasPrefix("  ") }) {
      let sign = try #require(legend.dropFirst(2).first)
      #expect(bar.dropFirst(2).contains(sign), "\(legend)")
    }
  }

  @Test(
    "The published schema takes every account, and names all of its members",
    .enabled("needs python3-jsonschema 4.18 or later (with referencing)") {
      await AccountReportTests.hasValidator()
    }, arguments: Scenario.accounts)
  func schema(_ scenario: Scenario) async throws {
    let bytes = try AccountReport(scenario.evidence).json()
    let result = try await Subprocess.run(
      .name("timeout"), arguments: ["60", "python3", "-c", Self.validator, Self.folder],
      input: .string(String(decoding: bytes, as: UTF8.self)), output: .string(limit: 1 << 16),
      error: .string(limit: 1 << 16))
    #expect(result.terminationStatus.isSuccess)
    #expect(result.standardOutput == "valid\n", "\(result.standardOutput) \(result.standardError)")
  }

  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
    + "/protocol/schema"

  /// Holds a document against the published schema with no unknown member allowed: python3-jsonschema is an
  /// implementation that is not this project's.
  private static let validator = """
    import json, sys
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    def closed(node):
        if isinstance(node, dict):
            if "properties" in node: node.setdefault("additionalProperties", False)
            for value in node.values(): closed(value)
        return node
    schemas = {n: closed(json.load(open(f"{sys.argv[1]}/{n}.json"))) for n in ("account", "evidence")}
    for schema in schemas.values(): Draft202012Validator.check_schema(schema)
    registry = Registry().with_resources((s["$id"], Resource.from_contents(s)) for s in schemas.values())
    error = next(Draft202012Validator(schemas["account"], registry=registry).iter_errors(json.load(sys.stdin)), None)
    print("valid" if error is None else f"{list(error.absolute_path)}: {error.message}"[:300])
    """

  static func hasValidator() async -> Bool {
    let result = try? await Subprocess.run(
      .name("python3"), arguments: ["-c", "import jsonschema, referencing"], output: .discarded, error: .discarded)
    return result?.terminationStatus.isSuccess == true
  }
}
