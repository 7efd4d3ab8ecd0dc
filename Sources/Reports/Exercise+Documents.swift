// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

extension TextPage {
  /// What an exercise showed, with its plot.
  mutating func exercise(_ exercise: ExerciseEvidence) {
    blank()
    heading(ExerciseWords.title(exercise))
    for fact in ExerciseFigures(exercise).facts { field(fact.name, fact.text) }
    if let plot = ExercisePlot(exercise) {
      blank()
      for row in plot.rows(width: style.width - 2, unicode: style.unicode) { picture(row, indent: 2) }
    }
  }
}

/// What reports call it.
enum ExerciseWords {
  static func title(_ exercise: ExerciseEvidence) -> String {
    exercise.purpose == .proof ? "Exercise (one small step, to see whether anybody follows)" : "Exercise"
  }
}

extension DiagnosisReport {
  func exercise(on page: inout HTMLPage) {
    guard let exercise = evidence.exercise else { return }
    page.section("exercise", ExerciseWords.title(exercise)) { page in
      page.table(
        "What was measured; nothing of it is judged against a fixed figure", ["", "what was seen"],
        ExerciseFigures(exercise).facts.map { [$0.name, $0.text] })
      guard let series = TimeSeries(exercise, of: evidence) else { return }
      let plots = PlotDrawing(series: series)
      plots.sizes(on: &page)
      plots.memory(on: &page)
      if !series.events.isEmpty {
        page.element("h4", text: "What was asked for")
        page.element("ol") { page in
          for event in series.events.prefix(PlotDrawing.eventLimit) {
            page.element("li") { page in
              page.text("after \(Moment.offset(event.offset)): ")
              page.text(event.actual.map(EvidenceText.size) ?? event.name)
            }
          }
        }
      }
    }
  }

  var exercisePart: MarkdownPart {
    var part = MarkdownPart()
    guard let exercise = evidence.exercise else { return part }
    part.heading(ExerciseWords.title(exercise), level: 3)
    part.table(
      ["", "what was seen"], ExerciseFigures(exercise).facts.map { [$0.name, MarkdownText.prose($0.text, limit: 600)] })
    if let plot = ExercisePlot(exercise) {
      part.block(MarkdownText.block(plot.rows(width: 76, unicode: true).joined(separator: "\n")))
    }
    return part
  }
}

extension TimeSeries {
  /// The looks of an exercise as a series; what was asked for stands as its events.
  init?(_ exercise: ExerciseEvidence, of evidence: Evidence) {
    var copy = evidence
    let looks = [exercise.before].compactMap { $0 } + exercise.steps.flatMap(\.readings)
    copy.readings = looks.map {
      Reading(
        time: $0.time, actual: $0.actual, lastUpdate: $0.lastUpdate, statistics: $0.statistics, rss: $0.rss,
        guest: $0.guest)
    }
    copy.events = exercise.steps.map { MachineEvent(time: $0.asked, name: "asked for", actual: $0.target) }
    // The floor is the only line that was not to be crossed.
    let provenance = Provenance("", trust: .host, time: nil)
    copy.configuration.target = .absent(provenance)
    self.init(copy)
  }
}
