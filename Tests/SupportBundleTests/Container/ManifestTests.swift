// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Rules
import Subprocess
import Testing

@testable import SupportBundle

@Suite("A bundle's manifest")
struct ManifestTests {
  private static let digest = String(repeating: "0", count: 64)

  private func read(_ text: String) throws(BundleError) -> Manifest {
    try Manifest(reading: Array(text.utf8), of: "\"x\"")
  }

  private func document(_ old: String? = nil, _ new: String = "") -> String {
    let text = """
      {"schema": "virt-balloon/bundle/1", "tool": "1", "schemas": {}, "created": 1, "form": "full", "state": "complete",
       "guests": [{"folder": ".", "label": "g", "verdict": "healthy"}],
       "files": [{"path": "a", "category": "raw", "bytes": 1, "sha256": "\(Self.digest)"}]}
      """
    return old.map { text.replacing($0, with: new) } ?? text
  }

  @Test("is read, with members that are not known")
  func accepted() throws {
    #expect(try read(document()).files.map(\.path) == ["a"])
    #expect(try read(document(#""tool""#, #""newer": [1, {"a": null}], "tool""#)).tool == "1")
  }

  @Test("of another version is incompatible, and both versions are told")
  func version() throws {
    let error = #expect(throws: BundleError.self) { try read(document("bundle/1", "bundle/2")) }
    #expect(error?.code == .incompatible)
    #expect(error?.message.contains(#""virt-balloon/bundle/2""#) == true)
    #expect(error?.message.contains(#""virt-balloon/bundle/1""#) == true)
  }

  @Test("that is not one is refused in one line")
  func refused() throws {
    let deep = String(repeating: "[", count: 9) + String(repeating: "]", count: 9)
    let refused: [(String, String)] = [
      ("", "no strict JSON"), ("[]", "does not say"), ("null", "does not say"),
      (document("}]}", "}]"), "unexpected-end"),
      (document(#""tool""#, #""tool": "2", "tool""#), "duplicate-key"),
      (document(#""tool""#, #""deep": \#(deep), "tool""#), "too-deep"),
      (document("virt-balloon/bundle/1", "other"), #"of the schema "other""#),
      (document(#""virt-balloon/bundle/1""#, "1"), "does not say"),
      (document(#""tool": "1", "#, ""), #"lacks "tool""#),
      (document(#""bytes": 1, "#, ""), #"lacks "files.0.bytes""#),
      (document(#""bytes": 1"#, #""bytes": "1""#), #"another kind of value than it should at "files.0.bytes""#),
      (document(#""bytes": 1"#, #""bytes": 1.5"#), "a number that does not fit"),
      (document(#""bytes": 1"#, #""bytes": 99999999999999999999"#), "a number that does not fit"),
      (document(#""bytes": 1"#, #""bytes": -1"#), #"lists "a" with -1 bytes"#),
      (document(#""bytes": 1"#, #""bytes": 33554433"#), #"lists "a" with 33554433 bytes"#),
      (document("raw", "cooked"), #"unknown value at "files.0.category""#),
      (document("healthy", "good"), #""guests.0.verdict""#),
      (document(#""created": 1"#, #""created": -1"#), "no time"),
      (document(#""created": 1"#, #""created": 1e99"#), "no time"),
      (document(#""created": 1"#, #""created": 1e999"#), ""),
      (document(#""folder": ".""#, #""folder": """#), "neither"),
      (document(#""folder": ".""#, #""folder": "..""#), "neither"),
      (document(#""folder": ".""#, #""folder": "guests/01""#), "neither"),
      (document(#""folder": ".""#, #""folder": "guests/1/x""#), "neither"),
      (document(#""path": "a""#, #""path": "../a""#), ". or .."),
      (document(#""path": "a""#, #""path": "/a""#), "absolute"),
      (document(#""path": "a""#, #""path": "\u001b""#), #"lists "\u{1B}""#),
      (document(#""path": "a""#, #""path": "manifest.json""#), "cannot know"),
      (document(#""path": "a""#, #""path": "SHA256SUMS""#), "cannot know"),
      (document("}]}", #"}, {"path": "a", "category": "raw", "bytes": 1, "sha256": "\#(Self.digest)"}]}"#), "twice"),
      (document(Self.digest, "0"), "digest"), (document(Self.digest, String(repeating: "A", count: 64)), "digest"),
    ]
    for (text, reason) in refused {
      let error = #expect(throws: BundleError.self, "\(text)") { try read(text) }
      #expect(error?.code == .refused)
      #expect(error?.message.contains(reason) == true, "\(error?.message ?? "")")
      #expect(error?.message.utf8.allSatisfy { 0x20..<0x7f ~= $0 } == true)
    }
  }

  /// Reads a document, holds it against the published schema and against one that allows no unknown member.
  private static let validator = """
    import copy, json, sys
    from jsonschema import Draft202012Validator
    schema = json.load(open(sys.argv[1]))
    Draft202012Validator.check_schema(schema)
    def closed(node):
        if isinstance(node, dict):
            if "properties" in node: node.setdefault("additionalProperties", False)
            for value in node.values(): closed(value)
        return node
    assert set(schema["required"]) == set(schema["properties"])
    for line in sys.stdin:
        for form in (schema, closed(copy.deepcopy(schema))):
            error = next(Draft202012Validator(form).iter_errors(json.loads(line)), None)
            print("valid" if error is None else f"{list(error.absolute_path)}: {error.message}"[:300])
    """

  static func hasValidator() async -> Bool {
    let result = try? await Subprocess.run(
      .name("python3"), arguments: ["-c", "import jsonschema; jsonschema.Draft202012Validator"], output: .discarded,
      error: .discarded)
    return result?.terminationStatus.isSuccess == true
  }

  @Test(
    "is what the published schema describes, with every member and no other",
    .enabled("needs python3-jsonschema 4.0 or later") { await ManifestTests.hasValidator() })
  func schema() async throws {
    let schema =
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
      + "/protocol/schema/manifest.json"
    let written = try Bundle(SampleBundle.bytes(), name: "x").files["manifest.json"] ?? []
    let documents: [String] = [
      String(decoding: written, as: UTF8.self), document(), document("bundle/1", "bundle/2"),
      document(#""path": "a""#, #""path": "a/../b""#), document(#""path": "a""#, #""path": "manifest.json""#),
      document(#""tool""#, #""newer": 1, "tool""#), document(#""folder": ".""#, #""folder": "guests/0""#),
    ]
    let result = try await Subprocess.run(
      .name("python3"), arguments: ["-c", Self.validator, schema],
      input: .string(documents.map { $0.split(separator: "\n").joined() + "\n" }.joined()),
      output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
    let verdicts = result.standardOutput.split(separator: "\n").map { $0 == "valid" }
    #expect(
      verdicts == [
        true, true, true, true, false, false, false, false, false, false, true, false, false, false,
      ], "\(result.standardOutput)")
  }
}
