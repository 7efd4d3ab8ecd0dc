// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Testing

@testable import SupportBundle

@Suite("The vocabulary")
struct VocabularyTests {
  /// The modules whose texts come into evidence, or out of it.
  private static let modules = [
    "AgentCore", "AgentLinux", "AgentProtocol", "AgentWindows", "Artefacts", "BalloonEvidence", "Collectors",
    "DomainXML", "GuestLink", "Libvirt", "PCIAccess", "QMP", "RegistryHive", "Rules", "Transports",
  ]

  /// Words of ours that are none in prose: names in examples, marks of files, and parts of numbers.
  private static let exceptions: Set<String> = ["virt-balloon.xxxxxx", "xxx", "-xxx"]

  private static var root: String {
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
  }

  private static func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder).sorted().flatMap { name in
      name.hasSuffix(".swift")
        ? ["\(folder)/\(name)"] : name.contains(".") ? [] : (try? files(in: "\(folder)/\(name)")) ?? []
    }
  }

  @Test("has every word of the sources' texts", arguments: modules)
  func ours(module: String) throws {
    let files = try Self.files(in: "\(Self.root)/Sources/\(module)")
    #expect(!files.isEmpty)
    var lacking: Set<String> = []
    for file in files {
      let source = try Data(contentsOf: URL(filePath: file))
      for text in SwiftTexts(Array(source)).texts {
        for span in Prose(Array(text.utf8), nil).words where !Self.exceptions.contains(span) { lacking.insert(span) }
      }
    }
    let words = lacking.sorted().joined(separator: " ")
    #expect(lacking.isEmpty, "put these into Sources/SupportBundle/Redaction/Vocabulary+Sentences.swift: \(words)")
  }

  @Test(
    "has no common name of a host or a person",
    arguments: [
      "mail", "web", "db", "backup", "admin", "prod", "alice", "bob", "www", "ftp", "git", "jenkins", "gitlab", "nas",
      "router", "gateway", "proxy", "sql", "mysql", "postgres", "redis", "oracle1", "sharepoint", "dc",
      "dc1", "ad", "laptop", "john", "mary", "peter", "anna", "thomas", "michael", "smith", "acme", "corp", "intranet",
      "staging", "production", "customer", "finance", "payroll", "vpn", "plex", "nextcloud", "minecraft",
    ])
  func names(name: String) { #expect(!Vocabulary.has(name)) }

  @Test(
    "lets no word that machines are called by stand in quotes or in a path",
    arguments: ["server", "test", "guest", "master", "data"])
  func alone(word: String) {
    #expect(!Vocabulary.hasAlone(word))
    var redactor = Redactor()
    #expect(redactor.redact("'\(word)' and /run/\(word)", at: "x") == "'redacted-text-1' and /run/redacted-text-1")
  }
}

extension Prose {
  /// The words that would be replaced, folded, each with what stands beside it in the same word; hexadecimal digits and
  /// long numbers in texts are no words.
  fileprivate var words: [String] {
    spans.filter { [.text, .name, .path, .host, .user, .guest].contains($0.kind) }.flatMap { span in
      String(decoding: bytes[span.range], as: UTF8.self).folded
        .split { $0 == " " || $0 == "?" || $0 == "*" || $0 == "%" || $0 == "#" || $0 == "&" || $0 == "!" || $0 == "$" }
        .map(String.init)
    }.filter { !Vocabulary.has($0) }
  }
}
