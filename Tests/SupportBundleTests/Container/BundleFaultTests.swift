// SPDX-License-Identifier: GPL-3.0-or-later
import Rules
import Testing

@testable import SupportBundle

@Suite("A bundle's digests")
struct BundleFaultTests {
  /// A bundle whose files were changed after its digests were computed.
  private func faults(_ change: (inout [String: [UInt8]]) -> Void) throws -> [String] {
    var files = try Bundle(SampleBundle.bytes(), name: "good").files
    change(&files)
    let bytes = try BundleContainer.pack(files, created: 0)
    return try Bundle(bytes, name: "changed").faults().map { "\($0.path) \($0.message)" }
  }

  @Test("tell each file that is missing, extra, changed or of another size")
  func files() throws {
    #expect(try faults { _ in } == [])
    #expect(
      try faults { $0["evidence.json"] = nil } == ["evidence.json is missing: SHA256SUMS and manifest.json list it"])
    #expect(try faults { $0["extra"] = [1] } == ["extra is extra: neither SHA256SUMS nor manifest.json lists it"])
    #expect(
      try faults { $0["README.txt"]?[0] = 0 } == [
        "README.txt was changed: its digest is not the one in SHA256SUMS and manifest.json"
      ])
    #expect(
      try faults { $0["README.txt"]?.append(0) } == [
        "README.txt has 10 bytes, and manifest.json tells 9",
        "README.txt was changed: its digest is not the one in SHA256SUMS and manifest.json",
      ])
    #expect(
      try faults { $0["manifest.json"]?.append(10) } == [
        "manifest.json was changed: its digest is not the one in SHA256SUMS"
      ])
    #expect(
      try faults { $0["SHA256SUMS"] = nil } == ["SHA256SUMS is missing: no digest can be compared with it"])
  }

  @Test("tell where the two lists disagree, and lines that are none")
  func lists() throws {
    func sums(_ change: @escaping (inout [String]) -> Void) throws -> [String] {
      try faults { files in
        var lines = String(decoding: files["SHA256SUMS"] ?? [], as: UTF8.self).split(separator: "\n").map(String.init)
        change(&lines)
        files["SHA256SUMS"] = Array((lines.joined(separator: "\n") + "\n").utf8)
      }
    }
    let zeros = String(repeating: "0", count: 64)
    #expect(try sums { _ in } == [])
    #expect(
      try sums { $0[0] = "\(zeros)  README.txt" } == [
        "README.txt was changed: its digest is not the one in SHA256SUMS",
        "README.txt has one digest in SHA256SUMS and another in manifest.json",
      ])
    #expect(try sums { $0.removeFirst() } == ["README.txt is not in SHA256SUMS"])
    #expect(try sums { $0.removeAll { $0.hasSuffix("manifest.json") } } == ["manifest.json is not in SHA256SUMS"])
    #expect(try sums { $0.append("\(zeros)  none") } == ["none is missing: SHA256SUMS lists it"])
    #expect(try sums { $0.append($0[0]) } == ["SHA256SUMS line 8: README.txt is there twice"])
    #expect(try sums { $0.append("\(zeros)  SHA256SUMS") } == ["SHA256SUMS line 8: it tells a digest of itself"])
    let malformed: [String] = [
      "", "x", zeros, "\(zeros) *a", "\(zeros)  ../a", "\(zeros)  /a", "\(zeros)  a b", "\(zeros)  ", "\(zeros)0  a",
      "\(String(repeating: "A", count: 64))  a", "\\\(zeros)  a", "\(zeros)  a\r",
      "\(zeros)  \(String(repeating: "a", count: 999))",
    ]
    for line in malformed {
      #expect(
        try sums { $0.append(line) } == ["SHA256SUMS line 8: it is not a SHA-256 digest, two spaces and a path"],
        "\(line)")
    }
    #expect(try sums { $0 += Array(repeating: "x", count: 1000) }.count == 21)
    #expect(try faults { _ = $0["SHA256SUMS"]?.popLast() } == ["SHA256SUMS its last line does not end"])
    #expect(try faults { $0["SHA256SUMS"] = [0xff, 0, 10] }.contains { $0.hasPrefix("SHA256SUMS line 1: it is not") })
    #expect(
      try faults { $0["SHA256SUMS"] = [UInt8](repeating: 10, count: BundleLimits.list + 1) }.first?.contains("more than") == true)
  }

  @Test("need a library that says what to install when it is missing")
  func libraries() throws {
    let missing = #expect(throws: BundleError.self) {
      try ArchiveFunctions(loading: "libarchive-absent.so", remedy: "x")
    }
    #expect(missing?.code == .libraryMissing)
    #expect(missing?.message.contains("libarchive-absent.so, which packs and unpacks bundles") == true)
    let old = #expect(throws: BundleError.self) { try DigestFunctions(loading: "libc.so.6", remedy: "x") }
    #expect(old?.message.contains("gnutls_hash_fast") == true)
  }
}
