// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import FoundationEssentials
import PCI
import Reports
import Rules
import Testing

/// Text that tries everything: terminal escapes, C1, bidirectional controls, line breaks, zero-width and tag
/// characters, quotes and backslashes.
let hostileText =
  "\u{1B}[2J\u{1B}]0;x\u{07}\u{9B}31m\u{90}\u{7F}\u{00}\u{08}\r\n\t\u{85}\u{202A}\u{202E}\u{2066}\u{2069}\u{200B}"
  + "\u{200E}\u{200F}\u{061C}\u{2028}\u{2029}\u{FEFF}\u{AD}\u{A0}\u{3000}\u{115F}\u{3164}\u{FFA0}\u{180E}\u{FE0F}"
  + "\u{E0041}\u{1D173}\u{FFF9}\u{E000}\u{10FFFF}\"\\漢é"

/// Replaces every string of a JSON document that its type leaves free with ``hostileText``, keys of statistics
/// included.
private func poisoned<Value: Codable>(_ value: Value) throws -> Value {
  try JSONTree(value).poisoned(at: []).decoded(Value.self)
}

extension JSONTree {
  /// Words of a closed set and addresses stay, or the document would no longer decode.
  private static let closed: Set<String> = [
    "status", "trust", "verdict", "severity", "confidence", "testimony", "place", "kind",
  ]

  fileprivate func poisoned(at path: [String]) -> JSONTree {
    switch self {
    case .object(let members):
      var poisoned: [String: JSONTree] = [:]
      let isNamed =
        members.values.contains { node in
          if case .object(let inner) = node { inner["trust"] != nil && members["trust"] == nil } else { false }
        } && path.last == "value"
      for (key, value) in members {
        poisoned[isNamed ? key + hostileText : key] = value.poisoned(at: path + [key])
      }
      return .object(poisoned)
    case .array(let elements): return .array(elements.map { $0.poisoned(at: path + ["0"]) })
    case .string(let text):
      if let key = path.last, Self.closed.contains(key) { return self }
      if PCIAddress(parsing: text) != nil || PCIPath(parsing: text) != nil { return self }
      return .string(hostileText + text)
    default: return self
    }
  }
}

@Suite("Hostile text")
struct SafetyTests {
  private static let styles = [
    TextStyle(), TextStyle(width: 40, verbose: true), TextStyle(width: 200, unicode: false, verbose: true),
  ]

  private func expectSafe(_ report: some Report, _ comment: Comment) throws {
    for style in Self.styles {
      let text = String(decoding: try ReportFormat.text.render(report, style: style), as: UTF8.self)
      #expect(!text.isEmpty)
      let unsafe = text.unicodeScalars.filter { $0 != "\n" && TerminalText.isUnsafe($0) }
      #expect(unsafe.isEmpty, comment)
      if !style.unicode { #expect(text.utf8.allSatisfy { $0 < 0x80 }, comment) }
      var coloured = style
      coloured.color = true
      let painted = String(decoding: try ReportFormat.text.render(report, style: coloured), as: UTF8.self)
      #expect(painted.replacing(/\u{1B}\[[0-9;]*m/, with: "") == text, comment)
    }
    let json = String(decoding: try ReportFormat.json.render(report, style: TextStyle()), as: UTF8.self)
    #expect(json.hasSuffix("}\n"))
    #expect(json.unicodeScalars.allSatisfy { $0 == "\n" || !TerminalText.isUnsafe($0) }, comment)
  }

  @Test(
    "No unsafe character of any string reaches a diagnosis, in text or JSON",
    arguments: Scenario.all + Scenario.windows + Scenario.accounts
  )
  func diagnosis(_ scenario: Scenario) throws {
    let diagnosis = try poisoned(scenario.diagnosis)
    let evidence = try poisoned(scenario.evidence)
    #expect(evidence.target.location.hasPrefix(hostileText))
    #expect(diagnosis != scenario.diagnosis)
    try expectSafe(DiagnosisReport(diagnosis, evidence), "diagnosis of \(scenario.name)")
    try expectSafe(StatisticsReport(evidence), "statistics of \(scenario.name)")
    try expectSafe(FleetReport([FleetGuest(diagnosis, evidence)]), "overview of \(scenario.name)")
    try expectSafe(AccountReport(evidence), "account of \(scenario.name)")
  }

  @Test("No unsafe character of any string reaches the reports about agents, rules and PCI functions")
  func others() throws {
    try expectSafe(try poisoned(Samples.agent), "agent info")
    try expectSafe(try poisoned(Samples.conformance), "conformance")
    var pci = Samples.pci
    pci.subject += hostileText
    pci.functions[0].driver = hostileText
    pci.functions[0].vendorName = hostileText
    pci.functions[0].deviceName = hostileText
    try expectSafe(pci, "pci")
    try expectSafe(RulesReport(Samples.rules), "rules")
    try expectSafe(RuleReport(Samples.rules[0]), "rule")
  }

  @Test("Every class of unsafe character is escaped, and letters of any script are not")
  func escapes() {
    #expect(TerminalText.escaped("a\u{202E}b\u{1B}", unicode: true) == "a\\u{202E}b\\u{1B}")
    #expect(TerminalText.escaped("漢é", unicode: true) == "漢é")
    #expect(TerminalText.escaped("漢é…", unicode: false) == "\\u{6F22}\\u{E9}...")
    // What the agent's protocol escapes in JSON is escaped here too.
    let ranges: [ClosedRange<UInt32>] = [
      0...0x1f, 0x7f...0x9f, 0xad...0xad, 0x34f...0x34f, 0x61c...0x61c, 0x115f...0x1160, 0x17b4...0x17b5,
      0x180b...0x180f, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0x3164...0x3164, 0xfe00...0xfe0f,
      0xfeff...0xfeff, 0xffa0...0xffa0, 0xfff0...0xfffb, 0x1bca0...0x1bca3, 0x1d173...0x1d17a, 0xe0000...0xe0fff,
    ]
    for value in ranges.joined() {
      #expect(Unicode.Scalar(value).map(TerminalText.isUnsafe) ?? false, "U+\(String(value, radix: 16))")
    }
    #expect((0x20...0x7e).allSatisfy { !TerminalText.isUnsafe(Unicode.Scalar(UInt8($0))) })
  }

  @Test("A pile of combining marks is cut, and a long text says how much more there is")
  func flooding() {
    let pile = "z" + String(repeating: "\u{0336}", count: 300)
    #expect(TerminalText.escaped(pile, unicode: true).unicodeScalars.count { $0 == "\u{0336}" } == 4)
    #expect(TerminalText.shortened(pile, to: 10).hasSuffix("… (291 more characters)"))
    #expect(TerminalText.shortened("short", to: 10) == "short")
  }

  @Test("A command that cannot be shown as it is warns against pasting it")
  func command() throws {
    let report = DiagnosisReport(Scenario.hostile.diagnosis, Scenario.hostile.evidence)
    let lines = report.text(TextStyle()).split(separator: "\n")
    let index = try #require(lines.firstIndex { $0.contains("virsh setmem 'web\\u{202E}bew' 1G") })
    #expect(lines[index + 1].contains("not for pasting"))
  }
}
