// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import Reports
import Rules
import Subprocess
import Testing

@Suite("Metrics")
struct OpenMetricsTests {
  /// A guest's own, those of a second one, and a diagnosis.
  static let document: OpenMetrics = {
    var document = OpenMetrics(GuestMetrics.families(LiveSamples.busy))
    document.add(GuestMetrics.families(LiveSamples.driverless))
    document.add(GuestMetrics.families(LiveSamples.hostile))
    var finding = Finding(
      id: "stats.frozen", severity: .problem, confidence: .established, title: "", summary: "", evidence: [],
      remedy: [], explains: [], links: [])
    var diagnosis = Diagnosis(
      verdict: .problem, findings: [finding], inconclusive: [], healthy: [], notApplicable: [], witnesses: [])
    finding.id = "not.of.the-catalogue"
    diagnosis.findings.append(finding)
    document.add(DiagnosisMetrics.families(diagnosis, LiveSamples.busy.guest.target))
    return document
  }()

  @Test("Are the same text for the same guests")
  func golden() throws {
    try expectGolden(Array(Self.document.text(.openMetrics).utf8), "metrics-openmetrics.txt")
    try expectGolden(Array(Self.document.text(.prometheus).utf8), "metrics-prometheus.txt")
  }

  @Test("Leave out what is unknown, and never write it as 0")
  func unknown() {
    let text = OpenMetrics(GuestMetrics.families(LiveSamples.driverless)).text()
    for name in ["target", "resident", "statistics_age", "last_update", "guest_"] {
      #expect(!text.contains("virt_balloon_\(name)"), "\(text)")
    }
    #expect(
      text.contains(
        "virt_balloon_statistics_period_seconds{domain=\"/run/vm.sock\",kind=\"qmp\",location=\"/run/vm.sock\"} 0\n"))
    #expect(text.hasSuffix("# EOF\n"))
    // The last reading before a loss is not what is.
    let lost = OpenMetrics(GuestMetrics.families(LiveSamples.lost)).text()
    #expect(lost.contains("virt_balloon_up{") && lost.contains("} 0\n") && !lost.contains("actual"), "\(lost)")
  }

  @Test("Escape quotes, backslashes and line ends, and bound the length of what others name")
  func escaping() {
    var family = MetricFamily("sample", help: "A \"quote\", a \\ and\na line.")
    family.add([MetricLabel("domain", "a\"b\\c\nd" + String(repeating: "x", count: 1_000))], .integer(.max))
    family.add([MetricLabel("domain", "nan")], .number(.nan))
    let text = OpenMetrics([family]).text()
    #expect(text.contains(#"# HELP virt_balloon_sample A \"quote\", a \\ and\na line."#), "\(text)")
    #expect(text.contains(#"{domain="a\"b\\c\\u{A}dxxx"#) && text.contains("} 18446744073709551615\n"), "\(text)")
    #expect(!text.contains("nan") && text.utf8.count < 400)
    #expect(OpenMetrics([family]).text(.prometheus).contains(#"A "quote", a \\ and\na line."#))
  }

  @Test("Write no series twice, and no family without a sample")
  func series() {
    var family = MetricFamily("sample", .counter, unit: "bytes", help: "Help.")
    #expect(OpenMetrics([family]).text() == "# EOF\n")
    family.add([MetricLabel("a", "1")], .integer(1))
    let text = OpenMetrics([family, family]).text()
    #expect(
      text == """
        # TYPE virt_balloon_sample_bytes counter
        # UNIT virt_balloon_sample_bytes bytes
        # HELP virt_balloon_sample_bytes Help.
        virt_balloon_sample_bytes_total{a="1"} 1
        # EOF

        """)
  }

  @Test(
    "promtool check metrics has nothing to say against them",
    .enabled("promtool is not installed (Debian: prometheus)") { await Self.runs(["promtool", "--version"]) })
  func promtool() async throws {
    let outcome = try await Self.feed(["promtool", "check", "metrics"], Self.document.text(.prometheus))
    #expect(outcome.status == 0 && outcome.output.isEmpty, "\(outcome.output)")
  }

  @Test(
    "The reference parser of OpenMetrics takes them",
    .enabled("python3-prometheus-client is not installed") {
      await Self.runs(Self.python + ["import prometheus_client.openmetrics.parser"])
    })
  func parser() async throws {
    let script = """
      import sys
      from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse
      print(sum(len(family.samples) for family in parse(sys.stdin.read())))
      """
    let text = Self.document.text(.openMetrics)
    let outcome = try await Self.feed(Self.python + [script], text)
    let samples = text.split(separator: "\n").count { !$0.hasPrefix("#") }
    #expect(outcome.output == "\(samples)\n", "\(outcome.output)")
  }

  /// The system's own Python, for which Debian packages the parser.
  private static let python = ["env", "PATH=/usr/bin:/bin", "python3", "-c"]

  private static func runs(_ command: [String]) async -> Bool {
    (try? await feed(command, ""))?.status == 0
  }

  private static func feed(_ command: [String], _ input: String) async throws -> (status: Int32, output: String) {
    let result = try await Subprocess.run(
      .name("timeout"), arguments: Arguments(["60"] + command), input: .string(input),
      output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    let output = result.standardOutput + result.standardError
    guard case .exited(let status) = result.terminationStatus else { return (-1, output) }
    return (status, output)
  }
}
