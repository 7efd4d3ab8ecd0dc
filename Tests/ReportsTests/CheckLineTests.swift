// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Reports
import Rules
import Testing

/// The line of `diagnose --check`, against the Monitoring Plugins Development Guidelines. All evidence is synthesised.
@Suite("Check line")
struct CheckLineTests {
  /// Names that guests may have; each tries to be performance data, another line, or another status.
  private static let names = [
    "web|actual=0B", "a'b=c;d", "x\nBALLOON OK - fine | actual=1", "\u{202e}KO", "", "$(id) `id` \"q\"",
    String(repeating: "|", count: 5_000), String(repeating: "\u{202e}", count: 5_000),
    String(repeating: "語", count: 5_000),
  ]

  /// The text before the performance data, and the data.
  private func parts(_ line: Substring) throws -> (text: Substring, performance: [Substring]) {
    let parts = line.split(separator: "|", omittingEmptySubsequences: false)
    #expect(parts.count <= 2, "\(line)")
    return (try #require(parts.first), parts.count > 1 ? parts[1].split(separator: " ") : [])
  }

  /// `label=value[unit];warn;crit;min[;max]` with nothing but digits for numbers; the labels need no quotes.
  private func isInOrder(_ datum: Substring) -> Bool {
    let halves = datum.split(separator: "=", omittingEmptySubsequences: false)
    guard halves.count == 2, !halves[0].isEmpty, halves[0].utf8.count <= 19,
      halves[0].allSatisfy({ $0 == "_" || ("a"..."z").contains($0) })
    else { return false }
    let fields = halves[1].split(separator: ";", omittingEmptySubsequences: false)
    guard let value = fields.first, (4...5).contains(fields.count), fields[1].isEmpty, fields[2].isEmpty else {
      return false
    }
    let unit = value.drop { $0.isASCII && $0.isNumber }
    return value.first?.isNumber == true && ["", "B", "s"].contains(unit)
      && fields[3...].allSatisfy { !$0.isEmpty && $0.allSatisfy { $0.isASCII && $0.isNumber } }
  }

  @Test("One line whatever the guest is called, with all of its performance data", arguments: names)
  func hostileNames(_ name: String) throws {
    for scenario in Scenario.all {
      var evidence = scenario.evidence
      evidence.target.name = name
      let check = CheckLine(scenario.diagnosis, evidence)
      #expect(check.line.hasSuffix("\n") && check.line.utf8.count <= CheckLine.limit, "\(check.line.utf8.count)")
      #expect(check.line.split(separator: "\n").count == 1)
      let (text, performance) = try parts(check.line.dropLast())
      #expect(text.hasPrefix("BALLOON "))
      #expect(text.unicodeScalars.allSatisfy { !TerminalText.isUnsafe($0) })
      #expect(performance.allSatisfy(isInOrder), "\(performance)")
      #expect(performance.isEmpty == (scenario.evidence.readings.last?.actual.value == nil), "\(check.line)")
    }
  }

  @Test("What is known is the same data at each check, with its unit, its least and its most")
  func performance() throws {
    let scenario = Scenario.healthy
    let (text, performance) = try parts(CheckLine(scenario.diagnosis, scenario.evidence).line.dropLast())
    #expect(text.hasPrefix("BALLOON OK - "))
    let maximum = try #require(scenario.evidence.configuration.maximum.value)
    let actual = try #require(scenario.evidence.readings.last?.actual.value)
    #expect(performance.first == "actual=\(actual)B;;;0;\(maximum)")
  }

  @Test("With --verbose further lines say what was found, in less than Nagios reads", arguments: [0, 3, 1_000])
  func details(_ count: Int) throws {
    let scenario = Scenario.hostile
    let report = FleetReport(
      [FleetGuest(Scenario.healthy.diagnosis, Scenario.healthy.evidence, isBrief: true)]
        + (0..<count).map { number in
          var evidence = scenario.evidence
          evidence.target.name = "bad | \(number) |"
          return FleetGuest(scenario.diagnosis, evidence, isBrief: true)
        },
      unreached: [
        FleetLoss(
          Target(kind: .libvirt, name: nil, location: "qemu+ssh://away/system"), Failure(.timedOut, "no answer"),
          sentence: "qemu+ssh://away/system: no | answer")
      ])
    let check = CheckLine(report)
    let lines = check.lines.split(separator: "\n")
    #expect(check.lines.hasPrefix(check.line) && check.lines.utf8.count <= CheckLine.longLimit)
    #expect(lines.dropFirst().allSatisfy { !$0.contains("|") }, "a bar begins performance data on any line")
    #expect(lines.dropFirst().first == "unreached: qemu+ssh://away/system: no / answer")
    #expect(lines.count == (count < 10 ? count + 2 : lines.count))
    if count > 100 {
      let rest = try #require(lines.last?.split(separator: " ").dropFirst().first.flatMap { Int($0) })
      #expect(rest + lines.count - 2 == count + 1, "each is shown or counted")
    }
    #expect(check.status == (count == 0 ? .unknown : .critical))
    let (_, performance) = try parts(lines[0])
    #expect(performance.contains("guests=\(count + 1);;;0") && performance.contains("unreached=1;;;0"))
    #expect(performance.allSatisfy(isInOrder))
  }

  @Test("The exit status is the family's, and of several the one that somebody has to see")
  func statuses() {
    let verdicts: [(Verdict, Int32)] = [(.healthy, 0), (.warning, 1), (.problem, 2), (.inconclusive, 3)]
    for (verdict, status) in verdicts { #expect(CheckLine.Status(verdict).rawValue == status) }
    for (verdict, _) in verdicts { #expect(CheckLine.Status(verdict).worse(.critical) == .critical) }
    #expect(CheckLine.Status.unknown.worse(.warning) == .warning && CheckLine.Status.ok.worse(.unknown) == .unknown)
    let unknown = CheckLine(unknown: "a | b\nc")
    #expect(unknown.status.rawValue == 3 && unknown.line == "BALLOON UNKNOWN - a / b\\u{A}c\n")
    #expect(CheckLine(FleetReport([])).line.hasPrefix("BALLOON OK - no guest is running | guests=0;;;0 "))
  }
}
