// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import Subprocess
import SupportBundle
import Testing

/// `protocol/schema/collection.json`, tried by python3-jsonschema: an implementation that is not this project's.
@Suite("The published schema of a collection")
struct CollectionSchemaTests {
  private static let folder =
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
    + "/protocol/schema"

  /// Holds each line against the published schema, and against one that allows no unknown member.
  private static let validator = """
    import copy, json, sys
    from jsonschema import Draft202012Validator
    from referencing import Registry, Resource
    def closed(node):
        if isinstance(node, dict):
            if "properties" in node: node.setdefault("additionalProperties", False)
            for value in node.values(): closed(value)
        return node
    schemas = {n: json.load(open(f"{sys.argv[1]}/{n}.json")) for n in ("collection", "evidence")}
    for schema in schemas.values(): Draft202012Validator.check_schema(schema)
    validators = []
    for forms in (schemas, closed(copy.deepcopy(schemas))):
        registry = Registry().with_resources((s["$id"], Resource.from_contents(s)) for s in forms.values())
        validators.append(Draft202012Validator(forms["collection"], registry=registry))
    for line in sys.stdin:
        for validator in validators:
            error = next(validator.iter_errors(json.loads(line)), None)
            print("valid" if error is None else f"{list(error.absolute_path)}: {error.message}"[:300])
    """

  static func hasValidator() async -> Bool {
    let result = try? await Subprocess.run(
      .name("python3"), arguments: ["-c", "import jsonschema, referencing"], output: .discarded, error: .discarded)
    return result?.terminationStatus.isSuccess == true
  }

  /// For each document whether the schema takes it, and whether it does without members that it does not name.
  private func validate(_ documents: [String]) async throws -> [[Bool]] {
    let result = try await Subprocess.run(
      .name("timeout"), arguments: ["60", "python3", "-c", Self.validator, Self.folder],
      input: .string(documents.map { $0.split(separator: "\n").joined() + "\n" }.joined()),
      output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    try #require(result.terminationStatus.isSuccess, "\(result.standardError)")
    let verdicts = result.standardOutput.split(separator: "\n")
    try #require(verdicts.count == documents.count * 2)
    return stride(from: 0, to: verdicts.count, by: 2).map { [verdicts[$0] == "valid", verdicts[$0 + 1] == "valid"] }
  }

  /// Synthesised: four guests, one of them cut short, with an answer of every format, and a target that was lost.
  private func content(_ form: Manifest.Form) throws -> BundleContent {
    let formats: [RawAnswer.Format] = [
      .domainXML, .monitor, .agent, .qemuGA, .memoryStatistics, .proxmoxConfiguration, .hypervisorLog, .pasted,
    ]
    var guests = try CollectedGuest.names.map(CollectedGuest.record)
    guests[1].raw += formats.map { format in
      // Nothing that a parser could read: the shareable form is without most of them.
      RawAnswer(format, "synthesised", bytes: [0, 0xff], time: CollectedGuest.time, isCut: format == .agent)
    }
    guests[1].shortfall = Failure(.timedOut, "its time was up", ask: "virt-balloon collect NAME")
    guests[2].evidence.collection.sources = [
      SourceOutcome(name: "agent", failure: Failure(.notFound, "no channel", ask: "give it one"), seconds: 0.5),
      SourceOutcome(name: "libvirt", failure: nil, seconds: 0.125),
    ]
    let lost = Target(kind: .proxmox, name: nil, location: "101")
    return BundleContent(
      guests: guests, lost: [LostTarget(lost, Failure(.timedOut, "no answer within 3.0 s"), seconds: 3)], form: form,
      tool: "0.0.0", interruption: "The collection was interrupted.")
  }

  private func document(_ content: BundleContent) throws -> String {
    let bundle = try Bundle(try content.archive(), name: "a bundle")
    return String(decoding: try #require(bundle.files["collection.json"]), as: UTF8.self)
  }

  @Test(
    "accepts every collection that this program writes, has every member of it, and accepts no other kind",
    .enabled("needs python3-jsonschema 4.18 or later (with referencing)") {
      await CollectionSchemaTests.hasValidator()
    })
  func accepts() async throws {
    let shareable = try document(content(.shareable))
    let full = try document(content(.full))
    let whole = try document(
      BundleContent(guests: [try CollectedGuest.record(CollectedGuest.names[0])], form: .full, tool: "0.0.0"))
    let nothing = try document(BundleContent(guests: [], form: .shareable, tool: "0.0.0"))
    for text in [shareable, full] {
      let collection = try JSONDecoder().decode(CollectionDocument.self, from: Data(text.utf8))
      #expect(collection.targets.map(\.outcome) == [.collected, .partial, .collected, .collected, .failed])
      #expect(collection.targets.contains { !$0.leftOut.isEmpty } == (text == shareable))
    }
    let ours = [shareable, full, whole, nothing]
    #expect(try await validate(ours) == ours.map { _ in [true, true] })

    /// The bundle's collection with something else in it, which must be there to be replaced.
    func changed(_ old: String, _ new: String) throws -> String {
      let text = full.split(separator: "\n").map { $0.drop { $0 == " " } }.joined()
      try #require(text.contains(old), "\(old)")
      return text.replacing(old, with: new)
    }
    let later = try changed(#""targets""#, #""newer": [1], "targets""#)
    #expect(try await validate([later]) == [[true, false]])
    let others = [
      try changed("collection/1", "collection/2"), try changed("guests/1\"", "guests/01\""),
      try changed("\"failed\"", "\"lost\""), try changed("\"proxmox\"", "\"other\""),
      try changed("\"qemu-log\"", "\"other\""), try changed("\"reason\"", "\"cause\""),
      try changed("\"leftOut\"", "\"left\""), try changed("\"isCut\"", "\"cut\""),
    ]
    #expect(try await validate(others) == others.map { _ in [false, false] })
  }
}
