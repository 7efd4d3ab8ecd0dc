// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import FoundationEssentials
import Reports
import Rules
import Subprocess
import Testing

/// The programs that open a report.
enum Browser {
  static let isHere = ["chromium", "python3"].allSatisfy { name in
    (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
    }
  }
}

/// What a reader meets: pages are opened on a phone, on a desk, on paper, in light and dark, by `browser.py`, which
/// lists what is wrong: anything fetched, run or said on the console, a page wider than the window, text out of its
/// picture or too faint, pictures that a screen reader cannot name, headings out of order, folded parts that are not
/// printed.
@Suite(
  "The report in a browser",
  .enabled(if: Browser.isHere, "needs Chromium (chromium) and python3, to open reports in"))
struct BrowserTests {
  /// `REPORT_PICTURES=FOLDER` keeps screenshots for a person to look at.
  private func open(_ reports: [(name: String, bytes: [UInt8])], expecting texts: [String] = []) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "reports-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    var arguments = [URL(filePath: #filePath).deletingLastPathComponent().appending(path: "browser.py").path]
    if let pictures = ProcessInfo.processInfo.environment["REPORT_PICTURES"] { arguments += ["--pictures", pictures] }
    for text in texts { arguments += ["--expect", text] }
    for report in reports {
      let file = folder.appending(path: report.name + ".html")
      try Data(report.bytes).write(to: file)
      arguments.append(file.path)
    }
    let result = try await run(
      .name("python3"), arguments: Arguments(arguments), output: .string(limit: 1 << 20), error: .string(limit: 1 << 16)
    )
    #expect(result.terminationStatus.isSuccess, "\(result.standardOutput)\(result.standardError)")
  }

  @Test("Nothing is wrong with a report at any width, in print, in light and dark")
  func reports() async throws {
    let scenarios = Scenario.opened + [.reportSeries, .reportUnknown, .reportPaths]
    try await open(scenarios.map { ($0.name, DiagnosisReport($0.diagnosis, $0.evidence).html()) })
  }

  @Test("Scripts and markup in a guest's strings show as text, and widen no page")
  func hostile() async throws {
    let script = "<script>alert('x')</script><img src=x onerror=alert(1)>"
    let name = script + String(repeating: "W", count: 300)
    let scenario = Scenario.reportServiceMissing
    let diagnosis = try JSONTree(scenario.diagnosis).planting(name).decoded(Diagnosis.self)
    let evidence = try JSONTree(scenario.evidence).planting(name).decoded(Evidence.self)
    try await open([("report-hostile", DiagnosisReport(diagnosis, evidence).html())], expecting: [script])
  }
}
