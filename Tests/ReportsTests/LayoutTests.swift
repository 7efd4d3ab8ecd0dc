// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import PCI
import Reports
import Rules
import Testing

@Suite("Layout and contents")
struct LayoutTests {
  @Test("Every place that a rule judges by is told in words, and by path in JSON", arguments: Catalogue.all.map(\.id))
  func judgedBy(id: String) throws {
    let rule = try #require(Catalogue.rule(id))
    let lines = RuleReport(rule).text(TextStyle(width: 100)).split(separator: "\n")
    let start = try #require(lines.firstIndex(of: "Judged by"))
    let end = try #require(lines.lastIndex(of: "Sources"))
    let words = lines[(start + 1)..<end].joined(separator: " ")
    #expect(!words.isEmpty && !words.contains("*") && !words.contains("."), "\(words)")
    let json = String(decoding: try RuleReport(rule).json(), as: UTF8.self)
    #expect(rule.evidence.allSatisfy { json.contains("\"\($0)\"") })
  }

  @Test(
    "No line is wider than the terminal but for commands and single long words",
    arguments: Scenario.all + Scenario.windows)
  func width(_ scenario: Scenario) {
    let commands = Set(
      (scenario.diagnosis.findings.flatMap(\.remedy).compactMap(\.command)
        + scenario.diagnosis.inconclusive.flatMap(\.missing).compactMap(\.ask))
        .map { TerminalText.escaped($0, unicode: true) })
    for width in [40, 60, 80, 132] {
      let style = TextStyle(width: width, verbose: true)
      let texts = [
        DiagnosisReport(scenario.diagnosis, scenario.evidence).text(style),
        StatisticsReport(scenario.evidence).text(style),
      ]
      for line in texts.flatMap({ $0.split(separator: "\n") }) where TerminalText.width(String(line)) > width {
        let longest = line.split(separator: " ").map { TerminalText.width(String($0)) }.max() ?? 0
        let isCommand = commands.contains(String(line.drop { $0 == " " }))
        #expect(isCommand || longest > width - 22, "\(width): \(line)")
      }
    }
  }

  @Test("Every rule of the catalogue is explained within the terminal's width", arguments: Catalogue.all.map(\.id))
  func rule(_ id: String) throws {
    let rule = try #require(Catalogue.all.first { $0.id == id })
    let text = RuleReport(rule).text(TextStyle())
    #expect(text.hasPrefix(id))
    let commands = Set(RulesDocument([rule]).rules.flatMap { $0.remedyLinux + $0.remedyWindows }.compactMap(\.command))
    for line in text.split(separator: "\n") where TerminalText.width(String(line)) > 80 {
      let longest = line.split(separator: " ").map(\.utf8.count).max() ?? 0
      #expect(commands.contains(String(line.drop { $0 == " " })) || longest > 58, "\(line)")
    }
    for command in commands {
      #expect(command.unicodeScalars.allSatisfy { !TerminalText.isUnsafe($0) }, "one step, one line: \(command)")
    }
  }

  @Test("Every command of a remedy stands whole on a line of its own")
  func commands() throws {
    let scenario = Scenario.generic
    let lines = DiagnosisReport(scenario.diagnosis, scenario.evidence).text(TextStyle(width: 40))
      .split(separator: "\n").map { $0.drop { $0 == " " } }
    let commands = scenario.diagnosis.findings.flatMap(\.remedy).compactMap(\.command)
    try #require(!commands.isEmpty)
    for command in commands { #expect(lines.contains(command[...])) }
  }

  @Test(
    "JSON decodes to the diagnosis and the evidence that it was made from", arguments: Scenario.all + Scenario.windows)
  func decodes(_ scenario: Scenario) throws {
    let bytes = try DiagnosisReport(scenario.diagnosis, scenario.evidence).json()
    let document = try JSONDecoder().decode(DiagnosisDocument.self, from: Data(bytes))
    #expect(document.schema == "virt-balloon/diagnosis/1")
    #expect(document.diagnosis == scenario.diagnosis)
    #expect(document.evidence == scenario.evidence)
    #expect(try DiagnosisReport(document.diagnosis, try #require(document.evidence)).json() == bytes)
    #expect(bytes.last == UInt8(ascii: "\n"))
  }

  @Test("A number without a JSON form is an error, not a trap")
  func unencodable() {
    var evidence = Scenario.healthy.evidence
    evidence.collection.started = .nan
    let report = DiagnosisReport(Scenario.healthy.diagnosis, evidence)
    let error = #expect(throws: ReportError.self) { _ = try report.json() }
    #expect(error?.code == .unencodable)
    evidence.domain.uptime = .observed(.infinity, Scenario.host("x"))
    evidence.readings[1].time = -.infinity
    let text = DiagnosisReport(Scenario.healthy.diagnosis, evidence).text(TextStyle())
    #expect(text.contains("a time beyond any clock"))
  }

  @Test("A last update ahead of this machine's clock gives no age")
  func negativeAge() {
    let text = StatisticsReport(Scenario.withoutAgent.evidence).text(TextStyle(width: 120))
    #expect(text.contains("the clock of that host differs"))
    #expect(!text.contains("-90") && !text.contains("ago;"))
    var near = Scenario.healthy.evidence
    near.readings[1].lastUpdate = .observed(UInt64(Scenario.now) + 1, Scenario.host("guest-stats"))
    #expect(StatisticsReport(near).text(TextStyle()).contains("less than 1 s ago"))
  }

  @Test("\"Works\" is said only where a witness saw the driver serve the balloon")
  func proof() {
    var diagnosis = Scenario.healthy.diagnosis
    let evidence = Scenario.healthy.evidence
    #expect(DiagnosisReport(diagnosis, evidence).text(TextStyle()).hasPrefix("web: ballooning works.\n"))
    diagnosis.witnesses = []
    #expect(DiagnosisReport(diagnosis, evidence).text(TextStyle()).hasPrefix("web: nothing wrong was found"))
  }

  @Test("A guest that does not run is told so, and not that something is to be mended")
  func halted() {
    let evidence = Scenario.paused.evidence
    let text = DiagnosisReport(Engine().diagnose(evidence), evidence).text(TextStyle(width: 200))
    #expect(text.hasPrefix("web: a driver serves the balloon, but no memory moves now: the guest is not running"))
  }

  @Test("An agent alone is told as the guest's word, without a line about the host")
  func agentAlone() {
    let scenario = Scenario.windowsAlone
    let text = DiagnosisReport(scenario.diagnosis, scenario.evidence).text(TextStyle(width: 200))
    #expect(text.hasPrefix("/dev/pts/7: by the guest's word alone, "))
    for line in ["  status, host", "  features, host", "  by the firmware", "  maximum", "  guest  "] {
      #expect(!text.contains("\n" + line), "\(line)")
    }
    #expect(text.contains("Only the agent was asked"))
  }

  @Test("Rules that lack the same thing are told once, with one command")
  func groups() {
    let scenario = Scenario.inconclusive
    let text = DiagnosisReport(scenario.diagnosis, scenario.evidence).text(TextStyle())
    for command in ["virt-balloon diagnose --monitor web", "virt-balloon diagnose --connect qemu:///system web"] {
      #expect(text.split(separator: "\n").count { $0.drop { $0 == " " } == command } == 1)
    }
  }

  @Test("Real evidence without a single answer still makes a report")
  func nothingKnown() throws {
    let evidence = Evidence.unknown(
      Failure(.denied, "no"), target: Target(kind: .qmp, name: nil, location: "/run/x.sock"),
      collection: Collection(tool: "0.1.0", started: 0, finished: 0, sampled: false))
    let diagnosis = Engine().diagnose(evidence)
    let text = DiagnosisReport(diagnosis, evidence).text(TextStyle())
    #expect(text.hasPrefix("/run/x.sock: "))
    #expect(text.contains("not known (denied)"))
    #expect(!text.contains("ballooning works."))
    _ = try DiagnosisReport(diagnosis, evidence).json()
  }
}
