// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import FoundationEssentials
import PCI
import Reports
import Rules
import Testing

@Suite("The report as Markdown")
struct MarkdownTests {
  private static func markdown(_ scenario: Scenario) -> String {
    String(decoding: DiagnosisReport(scenario.diagnosis, scenario.evidence).markdown(), as: UTF8.self)
  }

  @Test("A report is written as recorded", arguments: Scenario.reported)
  func golden(_ scenario: Scenario) throws {
    try expectGolden(DiagnosisReport(scenario.diagnosis, scenario.evidence).markdown(), "\(scenario.name).md")
  }

  /// The document without its code: blocks between fences, spans between equal runs of backticks (CommonMark 0.31, 4.5
  /// and 6.1).
  private static func withoutCode(_ text: String) -> String {
    var kept: [String] = []
    var fence: String?
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      let content = line.drop { $0 == " " }
      let run = String(content.prefix { $0 == "`" })
      if let open = fence {
        if run.count >= open.count, content.dropFirst(run.count).allSatisfy({ $0 == " " }) { fence = nil }
        continue
      }
      if run.count >= 3, !content.dropFirst(run.count).contains("`") {
        fence = run
        continue
      }
      kept.append(withoutSpans(String(line)))
    }
    #expect(fence == nil, "a block of code never ends")
    return kept.joined(separator: "\n")
  }

  private static func withoutSpans(_ line: String) -> String {
    var outside = ""
    var rest = line[...]
    while let tick = rest.firstIndex(of: "`") {
      outside += rest[..<tick]
      let run = rest[tick...].prefix { $0 == "`" }
      var after = rest[run.endIndex...]
      var end: Substring.Index?
      while let next = after.firstIndex(of: "`") {
        let other = after[next...].prefix { $0 == "`" }
        if other.count == run.count {
          end = other.endIndex
          break
        }
        after = after[other.endIndex...]
      }
      guard let end else { return outside + rest[tick...] }
      outside += "C"
      rest = rest[end...]
    }
    return outside + rest
  }

  /// Outside code: no mention, reference, link, picture, element or bar of anybody's but ours.
  private func expectClean(_ text: String, _ comment: Comment) {
    let bare = Self.withoutCode(text)
    var lines = bare.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    for index in lines.indices {
      let line = lines[index].drop { $0 == " " }
      if line.hasPrefix("<details><summary>"), line.hasSuffix("</summary>") { lines[index] = "" }
      if line == "</details>" { lines[index] = "" }
      if line.hasPrefix("See <https://") { lines[index] = "" }
      if line.hasPrefix("| ") { lines[index].removeAll { $0 == "|" } }
      if line.hasPrefix("## ") || line.hasPrefix("### ") { lines[index].removeFirst(3) }
      if line.hasPrefix("## ") == false, lines[index].hasPrefix("#") { lines[index].removeFirst() }
    }
    let rest = lines.joined(separator: "\n")
    for sign in ["@", "#", "<", ">", "](", "://", "www.", "|", "\\", "~~", "evil", "deadbeef", "GH-1", "$", ":smile:"] {
      #expect(!rest.contains(sign), "\(sign) in \(comment)")
    }
    #expect(bare.components("<details>") == bare.components("</details>"), comment)
    #expect(text.unicodeScalars.allSatisfy { $0 == "\n" || !TerminalText.isUnsafe($0) }, comment)
    #expect(text.utf8.count <= 60_000, comment)
  }

  @Test("A clean report has no markup but ours", arguments: Scenario.reported + Scenario.windows)
  func clean(_ scenario: Scenario) { expectClean(Self.markdown(scenario), "\(scenario.name)") }

  @Test(
    "No text of any string becomes markup, a mention, a reference or a link",
    arguments: Scenario.reported + Scenario.windows, [PlantedText.markdown, PlantedText.html])
  func planted(_ scenario: Scenario, _ text: String) throws {
    let diagnosis = try JSONTree(scenario.diagnosis).planting(text).decoded(Diagnosis.self)
    let evidence = try JSONTree(scenario.evidence).planting(text).decoded(Evidence.self)
    let report = String(decoding: DiagnosisReport(diagnosis, evidence).markdown(), as: UTF8.self)
    expectClean(report, "\(scenario.name)")
    expectClean(
      String(decoding: AccountReport(evidence).markdown(), as: UTF8.self), "account of \(scenario.name)")
    #expect(report.contains("@octocat #1 GH-1") || report.contains("</title></style></pre>"))
  }

  @Test("Every row of a table has as many cells as its head", arguments: Scenario.reported)
  func tables(_ scenario: Scenario) throws {
    let evidence = try JSONTree(scenario.evidence).planting("a|b\\|c `|` ").decoded(Evidence.self)
    let report = DiagnosisReport(scenario.diagnosis, evidence).markdown()
    var cells: Int?
    for line in String(decoding: report, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
      guard line.hasPrefix("| ") else {
        cells = nil
        continue
      }
      let count = line.split(separator: "|", omittingEmptySubsequences: false).count
      #expect(count == cells ?? count, "\(line)")
      cells = count
    }
  }

  @Test("A command stands whole in a block of its own")
  func commands() {
    let scenario = Scenario.reportGeneric
    let text = Self.markdown(scenario)
    for command in scenario.diagnosis.findings.flatMap(\.remedy).compactMap(\.command) {
      #expect(text.contains("```sh\n   \(command)\n   ```"), "\(command)")
    }
  }
}

extension String {
  fileprivate func components(_ word: String) -> Int {
    var count = 0
    var rest = self[...]
    while let range = rest.firstRange(of: word) {
      count += 1
      rest = rest[range.upperBound...]
    }
    return count
  }
}
