// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Reports
import Rules
import Testing

extension Scenario: CustomTestStringConvertible {
  var testDescription: String { name }
}

@Suite("Golden files")
struct GoldenTests {
  @Test("A diagnosis reads as recorded", arguments: Scenario.all)
  func diagnosisText(_ scenario: Scenario) throws {
    let report = DiagnosisReport(scenario.diagnosis, scenario.evidence)
    try expectGolden(ReportFormat.text.render(report, style: TextStyle()), "diagnose-\(scenario.name).txt")
  }

  @Test("A diagnosis is written as recorded in JSON", arguments: [Scenario.generic, Scenario.hostile])
  func diagnosisJSON(_ scenario: Scenario) throws {
    let report = DiagnosisReport(scenario.diagnosis, scenario.evidence)
    try expectGolden(ReportFormat.json.render(report, style: TextStyle()), "diagnose-\(scenario.name).json")
  }

  @Test("What the engine says of the same evidence reads as recorded", arguments: Scenario.all)
  func engine(_ scenario: Scenario) throws {
    let report = DiagnosisReport(Engine().diagnose(scenario.evidence), scenario.evidence)
    try expectGolden(ReportFormat.text.render(report, style: TextStyle()), "engine-\(scenario.name).txt")
  }

  @Test("What Windows tells reads as recorded", arguments: Scenario.windows)
  func windows(_ scenario: Scenario) throws {
    let report = DiagnosisReport(scenario.diagnosis, scenario.evidence)
    try expectGolden(ReportFormat.text.render(report, style: TextStyle()), "engine-\(scenario.name).txt")
  }

  @Test("A verbose diagnosis lists what the short one counts")
  func verbose() throws {
    let report = DiagnosisReport(Scenario.healthy.diagnosis, Scenario.healthy.evidence)
    try expectGolden(
      ReportFormat.text.render(report, style: TextStyle(width: 100, verbose: true)), "diagnose-healthy-verbose.txt")
  }

  @Test("A diagnosis in colour on a terminal without UTF-8 reads as recorded")
  func colour() throws {
    let report = DiagnosisReport(Scenario.hostile.diagnosis, Scenario.hostile.evidence)
    try expectGolden(
      ReportFormat.text.render(report, style: TextStyle(color: true, unicode: false)), "diagnose-hostile-colour.txt")
  }

  @Test("Several guests take a line each")
  func overview() throws {
    let report = FleetReport(Scenario.all.map { FleetGuest($0.diagnosis, $0.evidence) })
    try expectGolden(ReportFormat.text.render(report, style: TextStyle()), "overview.txt")
  }

  @Test("Statistics stand side by side", arguments: [Scenario.healthy, .generic, .inconclusive, .withoutAgent])
  func statistics(_ scenario: Scenario) throws {
    let report = StatisticsReport(scenario.evidence)
    try expectGolden(ReportFormat.text.render(report, style: TextStyle()), "stats-\(scenario.name).txt")
  }

  @Test("Statistics are written as recorded in JSON")
  func statisticsJSON() throws {
    let report = StatisticsReport(Scenario.healthy.evidence)
    try expectGolden(ReportFormat.json.render(report, style: TextStyle()), "stats-healthy.json")
  }

  @Test("The catalogue and one rule read as recorded")
  func rules() throws {
    try expectGolden(ReportFormat.text.render(RulesReport(Samples.rules), style: TextStyle()), "rules.txt")
    try expectGolden(ReportFormat.json.render(RulesReport(Samples.rules), style: TextStyle()), "rules.json")
    try expectGolden(ReportFormat.text.render(RuleReport(Samples.rules[0]), style: TextStyle()), "rule.txt")
  }

  @Test("An agent's information and conformance read as recorded")
  func agent() throws {
    try expectGolden(ReportFormat.text.render(Samples.agent, style: TextStyle()), "agent-info.txt")
    try expectGolden(ReportFormat.json.render(Samples.agent, style: TextStyle()), "agent-info.json")
    try expectGolden(ReportFormat.text.render(Samples.conformance, style: TextStyle()), "agent-conformance.txt")
    try expectGolden(ReportFormat.json.render(Samples.conformance, style: TextStyle()), "agent-conformance.json")
  }

  @Test("PCI functions read as recorded")
  func pci() throws {
    try expectGolden(ReportFormat.text.render(Samples.pci, style: TextStyle()), "pci.txt")
    try expectGolden(ReportFormat.json.render(Samples.pci, style: TextStyle()), "pci.json")
  }
}
