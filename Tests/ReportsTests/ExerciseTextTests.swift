// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Reports
import Rules
import Testing

/// Reports about evidence with an exercise, synthesised.
@Suite("An exercise in a report")
struct ExerciseTextTests {
  private static func look(_ time: Double, _ mebibytes: UInt64, guestRAM: UInt64? = nil) -> ExerciseReading {
    let host = Scenario.host("query-balloon")
    return ExerciseReading(
      time: time, actual: .observed(mebibytes << 20, host), lastUpdate: .observed(UInt64(time), host),
      rss: .observed(600 << 20, host), guestRAM: guestRAM.map { .observed($0 << 20, host) },
      statistics: .observed(
        ["availableMemory": .observed((mebibytes - 200) << 20, host), "majorFaults": .observed(3, host)], host))
  }

  private static func report(
    stopped: Failure? = nil, restored: Bool = true, purpose: ExerciseEvidence.Purpose = .measure
  ) -> DiagnosisReport {
    var evidence = Scenario.healthy.evidence
    let start = evidence.collection.started
    evidence.exercise = ExerciseEvidence(
      purpose: purpose, started: start, finished: start + 20, original: 1 << 30, originalSource: "its size before",
      lowest: 512 << 20, floor: 500 << 20, floorReason: "256 MiB are to stay available",
      before: look(start, 1_024, guestRAM: 900),
      steps: [
        ExerciseStep(
          target: 768 << 20, asked: start + 1, reached: start + 3,
          readings: [look(start + 2, 900), look(start + 3, 768)]),
        ExerciseStep(
          target: 512 << 20, asked: start + 4, reached: start + 6,
          readings: [look(start + 6, 512), look(start + 7, 510, guestRAM: 480)]),
        ExerciseStep(target: 1 << 30, asked: start + 10, reached: start + 11, readings: [look(start + 11, 1_024)]),
      ], stopped: stopped, restored: restored,
      restoreFailure: restored ? nil : Failure(.timedOut, "the balloon stands still at 510 MiB"))
    return DiagnosisReport(Engine().diagnose(evidence), evidence)
  }

  @Test("Tells both rates, what went beyond, what the host has back and what the guest felt, and draws it")
  func text() {
    let text = Self.report().text(TextStyle(width: 100))
    for words in [
      "yes: from 1 GiB, asked down to 512 MiB, seen down to 510 MiB", "512 MiB inflated at 128 MiB/s",
      "514 MiB deflated at 514 MiB/s", "900 MiB were resident before and 480 MiB at the lowest", "310 MiB stayed",
      "0 page faults that waited for a disk", "yes, to 1 GiB, by its size before",
    ] {
      #expect(text.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(words), "\(words)\n\(text)")
    }
    #expect(text.contains("1 GiB|#") || text.contains("1 GiB▕█"))
  }

  @Test("The plot fits the terminal, in plain characters too", arguments: [40, 80, 120])
  func width(_ width: Int) {
    for unicode in [true, false] {
      let style = TextStyle(width: width, unicode: unicode)
      // Rows of the plot begin with its scale, and nothing else.
      let lines: [Substring] = Self.report().text(style).split(separator: "\n")
      let rows = lines.filter { (line: Substring) -> Bool in
        guard let axis = line.firstIndex(where: { $0 == "|" || $0 == "▕" }) else { return false }
        return line[..<axis].allSatisfy { " 0123456789.GMiB".contains($0) }
      }
      #expect(rows.count >= 8)
      #expect(rows.allSatisfy { $0.count <= width })
      #expect(unicode || rows.allSatisfy { $0.utf8.allSatisfy { $0 < 0x80 } })
    }
  }

  @Test("Says in plain words that the size is not back, and why it ended early")
  func notRestored() {
    let text = Self.report(stopped: Failure(.failed, "the guest has swapped out 8 MiB"), restored: false)
      .text(TextStyle(width: 200))
    #expect(text.contains("NO (the balloon stands still at 510 MiB); it was 1 GiB"))
    #expect(text.contains("the guest has swapped out 8 MiB"))
  }

  @Test("Is in every form: a plot in HTML, a table and a plot in Markdown, everything in JSON")
  func documents() throws {
    let html = String(decoding: Self.report().html(), as: UTF8.self)
    #expect(html.contains("id=\"exercise\"") && html.contains("<svg") && html.contains("What was asked for"))
    let markdown = String(decoding: Self.report().markdown(), as: UTF8.self)
    #expect(markdown.contains("### Exercise") && markdown.contains("▕"))
    #expect(String(decoding: try Self.report().json(), as: UTF8.self).contains("\"exercise\""))
  }
}
