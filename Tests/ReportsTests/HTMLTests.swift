// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import FoundationEssentials
import PCI
import Reports
import Rules
import Testing

@Suite("The report as HTML")
struct HTMLTests {
  private static func html(_ scenario: Scenario) -> [UInt8] {
    DiagnosisReport(scenario.diagnosis, scenario.evidence).html()
  }

  /// The elements and attributes of all reports in which nothing is hostile.
  private static let clean: Set<String> = (Scenario.reported + Scenario.windows).reduce(into: []) { names, scenario in
    names.formUnion(HTMLInventory(html(scenario))?.names ?? [])
  }

  private func expectClean(_ bytes: [UInt8], _ comment: Comment) throws {
    let found = try #require(HTMLInventory(bytes), comment)
    #expect(found.names.subtracting(Self.clean) == [], comment)
    #expect(!found.names.contains("script") && !found.names.contains("comment"), comment)
    #expect(!found.attributes.contains { $0.contains("alert") || $0.contains("evil") }, comment)
    #expect(found.links.allSatisfy { $0.hasPrefix("#") || $0.hasPrefix("https://") }, comment)
    let unsafe = String(decoding: bytes, as: UTF8.self).unicodeScalars.filter {
      $0 != "\n" && TerminalText.isUnsafe($0)
    }
    #expect(unsafe.isEmpty, comment)
  }

  @Test("A report is written as recorded", arguments: Scenario.reported)
  func golden(_ scenario: Scenario) throws {
    try expectGolden(Self.html(scenario), "\(scenario.name).html")
    #expect(Self.html(scenario) == Self.html(scenario))
  }

  @Test("No text of any string becomes an element or an attribute", arguments: Scenario.reported + Scenario.windows)
  func planted(_ scenario: Scenario) throws {
    let diagnosis = try JSONTree(scenario.diagnosis).planting(PlantedText.html).decoded(Diagnosis.self)
    let evidence = try JSONTree(scenario.evidence).planting(PlantedText.html).decoded(Evidence.self)
    let bytes = DiagnosisReport(diagnosis, evidence).html()
    try expectClean(bytes, "\(scenario.name)")
    try expectClean(AccountReport(evidence).html(), "account of \(scenario.name)")
    let text = try #require(HTMLInventory(bytes)).text
    #expect(text.contains("<script>alert(1)</script><img src=x onerror=alert(2)>"))
    #expect(text.contains("&lt;b&gt; &#60;i&#62;"))
  }

  @Test("No single string becomes an element or an attribute, whichever it is")
  func plantedOneByOne() throws {
    let diagnosis = try JSONTree(Scenario.reportServiceMissing.diagnosis)
    let evidence = try JSONTree(Scenario.reportServiceMissing.evidence)
    for number in 0..<evidence.countFree() {
      let changed = try evidence.planting(PlantedText.html, at: number).decoded(Evidence.self)
      let bytes = DiagnosisReport(Scenario.reportServiceMissing.diagnosis, changed).html()
      try expectClean(bytes, "string \(number) of the evidence")
    }
    for number in 0..<diagnosis.countFree() {
      let changed = try diagnosis.planting(PlantedText.html, at: number).decoded(Diagnosis.self)
      let bytes = DiagnosisReport(changed, Scenario.reportServiceMissing.evidence).html()
      try expectClean(bytes, "string \(number) of the diagnosis")
    }
  }

  @Test("Names of 60 KiB at every place make no report larger than a page can be")
  func bounded() throws {
    let long = String(repeating: "<x>'\u{202E}", count: 10_000)
    let scenario = Scenario.reportHealthy
    let diagnosis = try JSONTree(scenario.diagnosis).planting(long).decoded(Diagnosis.self)
    let evidence = try JSONTree(scenario.evidence).planting(long).decoded(Evidence.self)
    let report = DiagnosisReport(diagnosis, evidence)
    #expect(report.html().count < 2_000_000)
    try expectClean(report.html(), "long names")
    #expect(report.markdown().count <= 60_000)
  }

  @Test("Two thousand readings are drawn as fine as the width can show, and the file stays small")
  func manyReadings() throws {
    var evidence = Scenario.reportSeries.evidence
    let first = try #require(evidence.readings.first)
    evidence.readings = (0..<2000).map { index in
      var reading = first
      reading.time = first.time + Double(index)
      reading.actual = .observed(UInt64(index * 7919 % 1000) << 20, first.actual.provenance)
      let leaf = Observation<UInt64>.observed(UInt64(index * 104_729 % 1000) << 20, first.actual.provenance)
      reading.statistics = .observed(
        ["totalMemory": leaf, "freeMemory": leaf, "availableMemory": leaf], first.actual.provenance)
      reading.lastUpdate = .observed(UInt64(first.time) + UInt64(index), first.actual.provenance)
      reading.rss = leaf
      return reading
    }
    evidence.events = (0..<500).map {
      MachineEvent(time: first.time + Double($0 * 4), name: "BALLOON_CHANGE", actual: UInt64($0) << 20)
    }
    let report = DiagnosisReport(Engine().diagnose(evidence), evidence)
    let size = report.html().count
    #expect(size < 250_000, "\(size) bytes")
    #expect(report.markdown().count < 60_000)
    try expectClean(report.html(), "many readings")
  }

  @Test("Numbers that no guest has draw nothing and trap nowhere")
  func absurdNumbers() throws {
    for value in [UInt64.max, 1, 0, 1 << 62] {
      var evidence = Scenario.reportSeries.evidence
      evidence.configuration.maximum = .observed(value, Scenario.host("x"))
      evidence.configuration.target = .observed(UInt64.max, Scenario.host("x"))
      evidence.configuration.virtioMemory = .observed(value / 2, Scenario.host("x"))
      let times: [Double] = [.nan, .infinity, -.infinity, 1e300, -5, 0, 1e11, 3, 1e11 + 1e-9, 2e11]
      for (index, time) in times.enumerated() { evidence.readings[index].time = time }
      for index in evidence.readings.indices {
        evidence.readings[index].actual = .observed(index % 2 == 0 ? value : UInt64.max, Scenario.host("x"))
        evidence.readings[index].rss = .observed(value, Scenario.host("x"))
        evidence.readings[index].statistics = .observed(
          ["totalMemory": .observed(value, Scenario.host("x")), "freeMemory": .observed(.max, Scenario.host("x"))],
          Scenario.host("x"))
      }
      evidence.events = [
        MachineEvent(time: .nan, name: "", actual: .max), MachineEvent(time: 1e11, name: "X", actual: nil),
      ]
      evidence.collection.started = value == 0 ? .nan : -1
      let report = DiagnosisReport(Scenario.reportSeries.diagnosis, evidence)
      try expectClean(report.html(), "\(value)")
      #expect(!String(decoding: report.html(), as: UTF8.self).contains("=\"nan"))
      #expect(!report.markdown().isEmpty)
    }
  }

  @Test("The page holds no script, loads nothing and forbids itself both", arguments: Scenario.reported)
  func selfContained(_ scenario: Scenario) throws {
    let text = String(decoding: Self.html(scenario), as: UTF8.self)
    #expect(text.hasPrefix("<!DOCTYPE html>\n<html lang=\"en\">"))
    #expect(text.contains("content=\"default-src 'none'; style-src 'unsafe-inline'\""))
    let found = try #require(HTMLInventory(Array(text.utf8)))
    for name in ["script", "link", "img", "iframe", "object", "embed", "form", "base", "foreignObject"] {
      #expect(found.counts[name] == nil)
    }
    #expect(!found.names.contains { $0.hasSuffix("@src") || $0.hasSuffix("@style") || $0.contains("@on") })
    #expect(found.counts["h1"] == 1 && found.counts["main"] == 1)
    #expect(!text.contains("url(") && !text.contains("@import"))
  }

  @Test("The verdict stands first, in a word as well as in colour", arguments: Scenario.reported)
  func verdict(_ scenario: Scenario) throws {
    let text = try #require(HTMLInventory(Self.html(scenario))).text
    let words: [Verdict: String] = [
      .healthy: "Healthy", .warning: "Warning", .problem: "Problem", .inconclusive: "Inconclusive",
    ]
    let word = try #require(words[scenario.diagnosis.verdict])
    #expect(text.contains("\(word): "))
    if case let first? = scenario.diagnosis.findings.first { #expect(text.contains(first.title)) }
  }

  @Test("A link is followed only to where the catalogue leads")
  func links() throws {
    var diagnosis = Scenario.reportGeneric.diagnosis
    let foreign = [
      "https://evil.example/", "javascript:alert(1)", "http://github.com/",
      "https://github.com/virtio-win/kvm-guest-drivers-windows/issues/1/../../../../evil",
    ]
    diagnosis.findings[0].links += foreign
    let found = try #require(HTMLInventory(DiagnosisReport(diagnosis, Scenario.reportGeneric.evidence).html()))
    for link in foreign {
      #expect(!found.links.contains(link))
      #expect(found.text.contains(link))
    }
  }

  @Test("What is not known has no size and says so")
  func unknown() throws {
    let text = try #require(HTMLInventory(Self.html(.reportUnknown))).text
    #expect(text.contains("not known (timed out)"))
    let found = try #require(HTMLInventory(Self.html(.reportUnknown)))
    #expect(found.counts["rect"] == nil, "nothing to draw")
    #expect(!text.contains("0 bytes") && !text.contains("NaN"))
  }
}
