// SPDX-License-Identifier: GPL-3.0-or-later
import Rules
import SupportBundle
import Testing

@Suite("A bundle that is written")
struct BundleContainerTests {
  @Test("is read again as it was")
  func roundTrip() throws {
    let bundle = try Bundle(SampleBundle.bytes(), name: "sample.tar.gz")
    var expected = Dictionary(uniqueKeysWithValues: SampleBundle.files.map { ($0.path, $0.bytes) })
    expected["manifest.json"] = bundle.files["manifest.json"]
    expected["SHA256SUMS"] = bundle.files["SHA256SUMS"]
    #expect(bundle.files == expected)
    #expect(bundle.files.count == SampleBundle.files.count + 2)
    var manifest = SampleBundle.manifest
    manifest.files = bundle.manifest.files
    #expect(bundle.manifest == manifest)
    #expect(bundle.manifest.files.map(\.path) == SampleBundle.files.map(\.path).sorted())
    #expect(bundle.manifest.files.first { $0.path == "README.txt" }?.bytes == 9)
    #expect(try bundle.faults() == [])
  }

  @Test("has the same bytes each time, in whatever order its files come")
  func deterministic() throws {
    let bytes = try SampleBundle.bytes()
    #expect(try BundleContainer.bytes(SampleBundle.files.reversed(), SampleBundle.manifest) == bytes)
    // RFC 1952: no flags and so no name, no time; the best compression, on Unix.
    #expect(bytes.prefix(10) == [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 2, 3])
    #expect(Bundle.isHead(Array(bytes.prefix(3))))
  }

  @Test("is what tar and sha256sum take it for")
  func otherPrograms() async throws {
    let folder = try ScratchFolder()
    try BundleContainer.write(SampleBundle.bytes(), to: folder.path + "/sample.tar.gz")
    let listing = try await folder.run(
      "env", "TZ=UTC", "tar", "--full-time", "--numeric-owner", "-tvf", "sample.tar.gz")
    let lines = listing.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
    #expect(
      lines.map { $0.last } == [
        "virt-balloon-bundle/", "virt-balloon-bundle/README.txt", "virt-balloon-bundle/manifest.json",
        "virt-balloon-bundle/SHA256SUMS", "virt-balloon-bundle/diagnosis.json", "virt-balloon-bundle/evidence.json",
        "virt-balloon-bundle/raw/01-query-balloon.json", "virt-balloon-bundle/raw/02-virDomainGetXMLDesc.xml",
        "virt-balloon-bundle/report.html",
      ])
    #expect(lines.map { $0.first } == ["drwxr-xr-x"] + Array(repeating: "-rw-r--r--", count: 8))
    #expect(lines.allSatisfy { $0[1] == "0/0" && $0[3] == "2023-11-14" && $0[4] == "22:13:20" })
    #expect(
      try await folder.run("tar", "-tvf", "sample.tar.gz").split(separator: "\n").allSatisfy {
        $0.contains("root/root")
      })

    try await folder.run("tar", "-xf", "sample.tar.gz")
    let checked = try await folder.run("env", "-C", "virt-balloon-bundle", "sha256sum", "--strict", "-c", "SHA256SUMS")
    #expect(checked.split(separator: "\n").count == 7)
    #expect(checked.split(separator: "\n").allSatisfy { $0.hasSuffix(": OK") })
  }

  @Test("may be of many guests, and of none")
  func guests() throws {
    var manifest = SampleBundle.manifest
    manifest.state = .partial
    manifest.guests = []
    #expect(try Bundle(BundleContainer.bytes([], manifest), name: "x").manifest.guests == [])
    manifest.guests = (1...50).map { Manifest.Guest(folder: "guests/\($0)", label: "g", verdict: .inconclusive) }
    let files = (1...50).map { BundleFile("guests/\($0)/evidence.json", .data, [UInt8(ascii: "{"), UInt8($0)]) }
    let bundle = try Bundle(BundleContainer.bytes(files, manifest), name: "x")
    #expect(bundle.files["guests/50/evidence.json"] == [UInt8(ascii: "{"), 50])
    #expect(try bundle.faults() == [])
  }

  /// Paths that cannot stand in one bundle, and why.
  private static let refusals: [([String], String)] = [
    (["/etc/passwd"], "absolute"), (["../x"], ".."), (["a/./b"], ". or .."), (["a//b"], "empty part"),
    (["a/"], "empty part"), ([""], "empty part"), (["a b"], "other than ASCII"), (["ü"], "other than ASCII"),
    ([String(repeating: "a", count: 65)], "longer than 64"),
    ([String(repeating: "aaaaaaa/", count: 16) + "a"], "longer than 128"),
    (["manifest.json"], "twice"), (["SHA256SUMS"], "twice"), (["Manifest.json"], "by case alone"),
    (["a", "a"], "twice"), (["a", "A"], "by case alone"), (["Raw/a", "raw/b"], "by case alone"),
    (["a", "a/b"], "a file's and a folder's"), (["a/b", "a"], "a file's and a folder's"),
  ]

  @Test("has only files that a reader takes", arguments: refusals)
  func refused(paths: [String], reason: String) throws {
    let files = paths.map { BundleFile($0, .raw, []) }
    let error = #expect(throws: BundleError.self) { try BundleContainer.bytes(files, SampleBundle.manifest) }
    #expect(error?.code == .refused)
    #expect(error?.message.contains(reason) == true)
  }

  @Test("has a manifest that can be read again")
  func manifest() throws {
    let refused: [(inout Manifest) -> Void] = [
      { $0.created = .nan }, { $0.created = -1 }, { $0.guests[0].folder = "guests/0" },
      { $0.guests[0].folder = "guests/../1" }, { $0.guests.append($0.guests[0]) },
    ]
    for change in refused {
      var manifest = SampleBundle.manifest
      change(&manifest)
      let error = #expect(throws: BundleError.self) { try BundleContainer.bytes([], manifest) }
      #expect(error?.code == .refused)
    }
    var late = SampleBundle.manifest
    late.created = 253_402_300_799
    #expect(try Bundle(BundleContainer.bytes([], late), name: "late").manifest.created == late.created)
  }

  @Test("may be as large as is read, and not larger")
  func sizes() throws {
    var random = SystemRandomNumberGenerator()
    let noise = (0..<(1 << 17)).flatMap { _ in withUnsafeBytes(of: random.next()) { Array($0) } }
    var large: [UInt8] = []
    for _ in 0..<32 { large += noise }
    let file = BundleFile("large", .raw, large)
    let bundle = try Bundle(BundleContainer.bytes([file], SampleBundle.manifest), name: "large")
    #expect(bundle.files["large"]?.count == 32 << 20)
    let larger = BundleFile("large", .raw, large + [0])
    let error = #expect(throws: BundleError.self) { try BundleContainer.bytes([larger], SampleBundle.manifest) }
    #expect(error?.code == .refused)
    let many = (0..<BundleLimits.entries).map { BundleFile("raw/\($0)", .raw, []) }
    #expect(throws: BundleError.self) { try BundleContainer.bytes(many, SampleBundle.manifest) }
  }

  @Test("has the digests that FIPS 180-4 gives")
  func digests() throws {
    // Published: NIST's examples of SHA-256.
    #expect(try SHA256.hex([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect(
      try SHA256.hex(Array("abc".utf8)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
  }
}
