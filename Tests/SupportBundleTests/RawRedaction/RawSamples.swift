// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import DomainXML
import FoundationEssentials
import SupportBundle

/// Answers as sources gave them, from the samples, fixtures and seeds of this repository.
enum RawSamples {
  /// The checkout: three steps above this file's folder.
  static var root: URL {
    var root = URL(filePath: #filePath)
    for _ in 0..<4 { root.deleteLastPathComponent() }
    return root
  }

  static func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: root.appending(path: path))) }

  static func files(in folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path()).sorted()
      .map { folder + "/" + $0 }
  }

  /// Every file of the cases and of DomainXML's fixtures that is a domain's XML and nothing else.
  static func domains() throws -> [(path: String, bytes: [UInt8])] {
    var paths = try files(in: "Tests/DomainXMLTests/Fixtures")
    for folder in try files(in: "samples/cases") where !folder.hasSuffix(".md") && !folder.hasSuffix(".json") {
      paths += try files(in: folder)
    }
    return try paths.compactMap { path in
      let bytes = try bytes(path)
      return (try? DomainConfiguration(xml: bytes)) == nil ? nil : (path, bytes)
    }
  }

  /// Replies of captured monitor sessions as exchanges: a reply's id names its command and, behind it, its arguments.
  static func monitorExchanges() throws -> [(name: String, answer: RawAnswer)] {
    var exchanges: [(String, RawAnswer)] = []
    for path in try files(in: "Tests/Fuzz/fuzz-qmp/seeds") where path.hasSuffix(".txt") {
      for line in try bytes(path).split(separator: UInt8(ascii: "\n")) {
        guard let reply = try? JSON(parsing: Array(line), limits: .monitor), let id = reply["id"]?.string,
          let value = reply["return"] ?? reply["error"]
        else { continue }
        let words = id.split(separator: " ").map(String.init)
        var exchange: JSONObject = ["execute": .string(words[0])]
        switch words[0] {
        case "qom-get" where words.count == 3:
          exchange["arguments"] = ["path": .string(words[1]), "property": .string(words[2])]
        case "qom-list" where words.count == 2, "x-query-virtio-status" where words.count == 2:
          exchange["arguments"] = ["path": .string(words[1])]
        case "human-monitor-command":
          exchange["arguments"] = ["command-line": .string(words.dropFirst().joined(separator: " "))]
        default: break
        }
        exchange[reply["return"] == nil ? "error" : "return"] = value
        exchanges.append((path + " " + id, answer(.monitor, JSON.object(exchange).bytes)))
      }
    }
    return exchanges
  }

  static func answer(_ format: RawAnswer.Format, _ bytes: [UInt8]) -> RawAnswer {
    RawAnswer(format, "test", bytes: bytes, time: 0)
  }

  static func answer(_ format: RawAnswer.Format, _ text: String) -> RawAnswer { answer(format, Array(text.utf8)) }
}

extension Redactor {
  /// The redacted text; `nil` where the answer is left out.
  mutating func text(_ format: RawAnswer.Format, _ text: String) -> String? {
    redact(RawSamples.answer(format, text)).map { String(decoding: $0.bytes, as: UTF8.self) }
  }
}
