// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc
import Reports
import Rules
import Subprocess
import Testing

/// Debian's promtool.
enum Promtool {
  static let missing: String? =
    access("/usr/bin/promtool", X_OK) == 0 ? nil : "needs promtool (package prometheus)"

  /// What it has against a page of metrics; empty for nothing.
  static func complaints(_ page: String) async throws -> String {
    let result = try await Subprocess.run(
      .name("promtool"), arguments: ["check", "metrics"], input: .string(page),
      output: .string(limit: 1 << 20),
      error: .string(limit: 1 << 20))
    guard case .exited(0) = result.terminationStatus else {
      return "\(result.standardOutput)\(result.standardError)not in order"
    }
    return result.standardOutput + result.standardError
  }
}

/// Metrics of many guests. All evidence is synthesised.
@Suite("Metrics")
struct FleetMetricsTests {
  private static let facts = CollectionFacts(tool: "0.1.0", finished: Scenario.now, seconds: 1.5)

  /// A page of one guest whose agent and driver tell these versions.
  private static func page(_ version: String, _ ledger: inout VersionLedger, now: Double = Scenario.now) -> OpenMetrics
  {
    var evidence = Scenario.hostile.evidence
    evidence.guest.agent = .observed(
      AgentIdentity(name: version, version: version, protocolVersion: 1), Scenario.guest("agent.hello"))
    if var functions = evidence.guest.functions.value {
      for index in functions.indices { functions[index].driverVersion = .observed(version, Scenario.guest("pci")) }
      evidence.guest.functions = .observed(functions, Scenario.guest("pci.functions"))
    }
    return FleetMetrics(
      guests: [GuestExposition(evidence, Engine().diagnose(evidence))], lost: [], hosts: [],
      CollectionFacts(tool: "0.1.0", finished: now, seconds: 1)
    ).page(&ledger)
  }

  /// The series of a page: lines without their values.
  private static func series(_ page: OpenMetrics) -> Set<Substring> {
    Set(
      page.text(.prometheus).split(separator: "\n").filter { !$0.hasPrefix("#") }.map {
        $0[..<($0.lastIndex(of: " ") ?? $0.endIndex)]
      })
  }

  @Test("A guest that tells another version at each look makes a handful of series, however long anybody looks")
  func changingVersions() {
    var ledger = VersionLedger()
    var seen: Set<Substring> = []
    for look in 0..<1_000 {
      // A look a minute.
      seen.formUnion(
        Self.series(Self.page("1.2.3.\(look)", &ledger, now: Scenario.now + Double(look) * 60)))
    }
    let agents = seen.filter { $0.hasPrefix("virt_balloon_agent_info") }
    #expect(agents.count == VersionLedger.limit + 1)
    #expect(agents.contains { $0.contains("version=\"other\"") })
    #expect(seen.count < 80, "\(seen.count)")
  }

  @Test(
    "What is no version number is told as other",
    arguments: [
      "", "1.2.3.4.5", "1..2", "123456", "1.2-rc1", "v1", "１.２", "1.2\n", "\"} 1\nvirt_balloon_up 0", "\u{202e}1.2",
      String(repeating: "9", count: 100_000),
    ])
  func hostileVersions(_ version: String) {
    var ledger = VersionLedger()
    let text = Self.page(version, &ledger).text(.prometheus)
    let labels = text.split(separator: "\n").filter { $0.hasPrefix("virt_balloon_agent_info{") }
    #expect(labels.count == 1 && labels[0].hasSuffix("version=\"other\"} 1"), "\(labels)")
    #expect(ledger.comments.isEmpty)
  }

  @Test("The ledger comes back from the file that it was written to, and forgets after thirty days")
  func ledgerInAFile() {
    var ledger = VersionLedger()
    let guest = [MetricLabel("domain", "a")]
    for version in ["1.0", "1.1", "1.2", "1.3"] {
      #expect(ledger.label(version, of: "agent", guest, now: 1_000_000) == version)
    }
    let file = "# HELP x y\n\(ledger.comments)x 1\n# virt-balloon version zz 1 1.0\n# virt-balloon version 1 -4 1.0\n"
    var next = VersionLedger(reading: file, now: 1_000_060)
    #expect(next.comments == ledger.comments)
    #expect(next.label("1.4", of: "agent", guest, now: 1_000_060) == "other")
    #expect(next.label("1.2", of: "agent", guest, now: 1_000_060) == "1.2")
    #expect(next.label("1.4", of: "agent", [MetricLabel("domain", "b")], now: 1_000_060) == "1.4", "another guest")
    #expect(next.label("1.4", of: "driver", guest, now: 1_000_060) == "1.4", "another thing")
    let later = 1_000_120.0 + Double(VersionLedger.memory)
    #expect(next.label("1.4", of: "agent", guest, now: later) == "1.4")
    // A file in which somebody wrote a million.
    let flood = (0..<50_000).map { "# virt-balloon version \(String($0, radix: 16)) 9999999999 1.\($0)\n" }.joined()
    #expect(
      VersionLedger(reading: flood, now: 1_000_000).comments.split(separator: "\n").count <= VersionLedger.guestLimit)
  }

  @Test("Pages of every scenario are in order, and hostile texts break no line", arguments: Scenario.all)
  func wellFormed(_ scenario: Scenario) async throws {
    let guest = FleetGuest(scenario.diagnosis, scenario.evidence, isBrief: true, hasMetrics: true)
    let page = FleetReport([guest]).metrics(Self.facts)
    for form in OpenMetrics.Form.allCases {
      for line in page.text(form).split(separator: "\n") where !line.hasPrefix("#") {
        #expect(line.hasPrefix("virt_balloon_"), "\(line)")
        #expect(line.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f...0x9f).contains($0.value) })
      }
    }
    #expect(page.text(.openMetrics).hasSuffix("\n# EOF\n"))
    #expect(page.families.first { $0.name == "virt_balloon_verdict" }?.samples.count == 4)
    guard Promtool.missing == nil else { return }
    #expect(try await Promtool.complaints(page.text(.prometheus)) == "")
  }

  @Test("Promtool was asked about those pages", .enabled(if: Promtool.missing == nil, "\(Promtool.missing ?? "")"))
  func promtool() async throws {
    #expect(try await Promtool.complaints("bad-name 1\n") != "")
  }

  @Test("A host that is gone and a guest that hangs are told, each as what it is")
  func unreached() {
    let lost = Failure(.timedOut, "no answer")
    let page = FleetReport(
      [],
      unreached: [
        FleetLoss(Target(kind: .libvirt, name: nil, location: "qemu+ssh://away/system"), lost, sentence: "away"),
        FleetLoss(
          Target(kind: .libvirt, name: "vm", uuid: "u", location: "qemu:///system"), lost, sentence: "vm"),
        FleetLoss(Target(kind: .qmp, name: nil, location: "/run/a.sock"), lost, sentence: "a"),
        FleetLoss(Target(kind: .proxmox, name: nil, location: "100"), lost, sentence: "100"),
      ]
    ).metrics(Self.facts).text(.prometheus)
    for line in [
      "virt_balloon_host_up{kind=\"libvirt\",location=\"qemu+ssh://away/system\"} 0",
      "virt_balloon_up{domain=\"vm\",uuid=\"u\",kind=\"libvirt\",location=\"qemu:///system\"} 0",
      "virt_balloon_up{domain=\"/run/a.sock\",kind=\"qmp\",location=\"/run/a.sock\"} 0",
      "virt_balloon_up{domain=\"100\",kind=\"proxmox\",location=\"100\"} 0", "virt_balloon_guests 3",
    ] {
      #expect(text(page, has: line), "\(line)\n\(page)")
    }
  }

  private func text(_ page: String, has line: String) -> Bool {
    page.split(separator: "\n").contains(Substring(line))
  }

  @Test(
    "A scraper gets the form that it prefers",
    arguments: [
      (nil, OpenMetrics.Form.prometheus), ("*/*", .prometheus), ("text/plain", .prometheus), ("", .prometheus),
      // Prometheus 2.42's own, captured here.
      (
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
          + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1", .openMetrics
      ),
      ("application/openmetrics-text; version=1.0.0; q=0.2, text/plain; q=0.9", .prometheus),
      ("application/openmetrics-text;version=2.0.0,text/plain;q=0.1", .prometheus),
      ("application/openmetrics-text;q=0", .prometheus), ("application/openmetrics-text;q=x", .prometheus),
      ("APPLICATION/OpenMetrics-Text", .openMetrics), (";;;,,,q=1", .prometheus),
    ] as [(String?, OpenMetrics.Form)])
  func negotiation(_ accept: String?, _ form: OpenMetrics.Form) { #expect(OpenMetrics.Form(accept: accept) == form) }
}
