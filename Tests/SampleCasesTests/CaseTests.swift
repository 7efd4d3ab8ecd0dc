// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Rules
import SampleCases
import Testing

@Suite("The cases of samples/cases")
struct CaseTests {
  @Test("Each is answered as a maintainer would", arguments: try SampleCase.names())
  func answered(name: String) async throws {
    let sample = try SampleCase(name)
    let judgement = CaseJudgement(sample, try await CaseAnswer(sample, program: try Program.built("virt-balloon")))
    #expect(judgement.outcome == .right, "\(judgement.differences.joined(separator: "\n"))")
  }

  @Test("Each names rules of the catalogue only", arguments: try SampleCase.names())
  func known(name: String) throws {
    let ids = Set(Catalogue.all.map(\.id))
    #expect(try SampleCase(name).expected.ids.filter { !ids.contains($0) } == [])
  }

  @Test("There are at least 60, of which at least 25 are published")
  func enough() throws {
    let samples = try SampleCase.names().map { try SampleCase($0) }
    #expect(samples.count >= 60)
    #expect(samples.count(where: \.provenance.isPublished) >= 25)
  }

  @Test("A case with a member too many, a file too many or an id in two lists is refused")
  func strict() async throws {
    try await ScratchDirectory.with { scratch in
      func write(_ json: String, also file: String? = nil) throws {
        let folder = URL(filePath: scratch("a"))
        try? FileManager.default.removeItem(at: folder)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for name in ["x.txt", file].compactMap({ $0 }) { try Data("x".utf8).write(to: folder.appending(path: name)) }
        try Data(json.utf8).write(to: folder.appending(path: "case.json"))
      }
      func read() throws -> SampleCase {
        try SampleCase("a", in: URL(filePath: scratch("a")).deletingLastPathComponent().path)
      }
      func json(_ expected: String, _ more: String = "") -> String {
        """
        {"title": "t", "provenance": {"kind": "synthesised", "after": "nothing"}, "pastedBy": "nobody",
         "files": ["x.txt"], "why": "because", "expected": \(expected)\(more)}
        """
      }
      try write(json(#"{"verdict": "inconclusive"}"#))
      #expect(try read().expected.verdicts == [.inconclusive])
      try write(json(#"{"verdict": "inconclusive"}"#, #", "more": 1"#))
      #expect(throws: CaseError.self) { try read() }
      try write(json(#"{"verdict": "inconclusive"}"#), also: "y.txt")
      #expect(throws: CaseError.self) { try read() }
      try write(json(#"{"verdict": "problem", "findings": ["driver.none"], "forbidden": ["driver.none"]}"#))
      #expect(throws: CaseError.self) { try read() }
      try write(json(#"{"verdict": "problem"}"#))
      #expect(throws: CaseError.self) { try read() }
      try write(json(#"{"verdict": "healthy", "refused": "several-guests"}"#))
      #expect(throws: CaseError.self) { try read() }
      try write(json(#"{"refused": "several-guests"}"#))
      #expect(try read().expected.refused == "several-guests")
    }
  }

  @Test(
    "The schema agrees with every case and refuses what the reader refuses",
    .enabled("needs python3 with jsonschema") { await CaseSchema.exists })
  func schema() async throws {
    let names = try SampleCase.names()
    let texts = try names.map { name in
      try String(contentsOf: URL(filePath: "\(SampleCase.folder)/\(name)/case.json"), encoding: .utf8)
    }
    let verdicts = try await CaseSchema.verdicts(texts)
    #expect(zip(names, verdicts).filter { !$0.1 }.map(\.0) == [])
    #expect(verdicts.count == names.count)
    let wrong = [
      "{}", #"{"title": "t"}"#,
      """
      {"title": "t", "provenance": {"kind": "published"}, "pastedBy": "n", "files": ["x"], "why": "b",
       "expected": {"verdict": "healthy"}}
      """,
      """
      {"title": "t", "provenance": {"kind": "captured", "how": "h"}, "pastedBy": "n", "files": ["x"], "why": "b",
       "expected": {"verdict": "healthy", "skipped": true}}
      """,
    ]
    #expect(try await CaseSchema.verdicts(wrong) == wrong.map { _ in false })
  }

  @Test("Large hostile files are refused or looked through, quickly, small and with a clear line")
  func hostile() async throws {
    let script = SampleCase.folder.replacing("/samples/cases", with: "/Tests/accuracy/hostile.py")
    let outcome = try await Program.run(
      ["python3", script, try Program.built("virt-balloon"), "100", "0.25"], within: .seconds(600))
    #expect(outcome.status == 0, "\(outcome.output)\n\(outcome.errorOutput)")
    #expect(outcome.output.split(separator: "\n").count > 50)
  }
}

/// `samples/cases/schema.json`, by Python's jsonschema.
private enum CaseSchema {
  static var exists: Bool {
    get async { (try? await Program.check(["python3", "-c", "import jsonschema"])) != nil }
  }

  /// Whether it accepts each of the texts.
  static func verdicts(_ texts: [String]) async throws -> [Bool] {
    let script = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      jsonschema.Draft202012Validator.check_schema(schema)
      validator = jsonschema.Draft202012Validator(schema)
      print("".join("01"[validator.is_valid(json.loads(text))] for text in sys.argv[2:]))
      """
    let path = SampleCase.folder + "/schema.json"
    return try await Program.check(["python3", "-c", script, path] + texts).compactMap { $0 == "\n" ? nil : $0 == "1" }
  }
}
