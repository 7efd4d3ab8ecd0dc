// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Reports
import Rules
import Testing

@Suite("Drafts of issues") struct IssueTests {
  private static let scenarios = [Scenario.healthy, .hostile, .inconclusive] + Scenario.windows

  @Test("A draft reads as recorded", arguments: scenarios, Tracker.allCases)
  func golden(_ scenario: Scenario, _ tracker: Tracker) throws {
    try expectGolden(
      DiagnosisReport(scenario.diagnosis, scenario.evidence).issue(for: tracker),
      "issue-\(tracker.rawValue)-\(scenario.name).md")
  }

  @Test("No foreign text becomes markup, a mention, a reference or a link", arguments: Tracker.allCases)
  func safe(_ tracker: Tracker) {
    let text = String(
      decoding: DiagnosisReport(Scenario.hostile.diagnosis, Scenario.hostile.evidence).issue(for: tracker),
      as: UTF8.self)
    // What stands outside of code, by runs of backticks.
    var outside = ""
    var isInBlock = false
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.drop(while: { $0 == " " }).hasPrefix("```") {
        isInBlock.toggle()
        continue
      }
      guard !isInBlock else { continue }
      let parts = line.split(separator: "`", omittingEmptySubsequences: true)
      let startsInCode = line.first == "`"
      for (index, part) in parts.enumerated() where (index % 2 == 0) != startsInCode { outside += part + " " }
      outside += "\n"
    }
    for tag in ["<details>", "</details>", "<summary>", "</summary>", "<!--", "-->"] {
      outside = outside.replacing(tag, with: "")
    }
    outside = outside.replacing(#/<https://[^ >]*>/#, with: "")
    for sign in ["<", "@", "](", "!["] { #expect(!outside.contains(sign), "\(sign) in: \(outside)") }
    #expect(outside.firstMatch(of: #/#[0-9]/#) == nil)
  }

  @Test("What is known is filled in, and what is not is asked for by its command")
  func filled() throws {
    var evidence = try #require(Scenario.windows.first).evidence
    evidence.domain.emulator = .observed("9.2.0", Scenario.host("query-version"))
    evidence.guest.osName = .observed("Windows 11 Pro", Scenario.guest("guest.os"))
    let report = DiagnosisReport(Engine().diagnose(evidence), evidence)
    let virtio = String(decoding: report.issue(for: .virtioWin), as: UTF8.self)
    #expect(virtio.contains("- QEMU version: `9.2.0`\n"))
    #expect(virtio.contains("- Windows version: `Windows 11 Pro"))
    #expect(virtio.contains("- Distro: _please fill in_, by `cat /etc/os-release`\n"))
    evidence.target = Target(kind: .proxmox, name: "win", location: "101")
    let proxmox = String(
      decoding: DiagnosisReport(Engine().diagnose(evidence), evidence).issue(for: .proxmox), as: UTF8.self)
    for command in ["pveversion -v", "qm config 101", "qm status 101 --verbose"] {
      #expect(proxmox.contains("_please fill in_, by `\(command)`"), "\(command)")
    }
  }

  @Test("A draft fits into an issue, the fullest diagnosis too")
  func size() {
    for scenario in Scenario.all {
      for tracker in Tracker.allCases {
        #expect(DiagnosisReport(scenario.diagnosis, scenario.evidence).issue(for: tracker).count <= 65_000)
      }
    }
  }
}
