// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules

/// The balloon's size over the time of an exercise, as rows of characters.
struct ExercisePlot {
  /// When and how large, in seconds since the beginning and bytes.
  private let points: [(time: Double, size: UInt64)]
  private let duration: Double
  private let top: UInt64

  /// How high it is, in rows.
  private static let height = 8

  /// `nil` with fewer than two looks.
  init?(_ exercise: ExerciseEvidence) {
    let looks = ([exercise.before].compactMap { $0 } + exercise.steps.flatMap(\.readings)).compactMap { look in
      look.actual.value.map { (time: look.time, size: $0) }
    }
    guard let first = looks.first, let last = looks.last, last.time > first.time, last.time - first.time < 1e9,
      looks.allSatisfy({ $0.time.isFinite && $0.time >= first.time && $0.time <= last.time }),
      let top = looks.map(\.size).max(), top > 0
    else { return nil }
    points = looks.map { ($0.time - first.time, $0.size) }
    duration = last.time - first.time
    self.top = top
  }

  /// Rows from the top, each as wide as `width` or less.
  func rows(width: Int, unicode: Bool) -> [String] {
    let scale = [EvidenceText.size(top), EvidenceText.size(top / 2), "0"]
    let margin = (scale.map(\.count).max() ?? 0) + 1
    let columns = max(8, min(width - margin - 1, 72))
    // The size at the end of each column's time: what was seen last.
    var sizes: [UInt64] = []
    var next = 0
    var size = points[0].size
    for column in 0..<columns {
      let end = duration * Double(column + 1) / Double(columns)
      while next < points.count, points[next].time <= end {
        size = points[next].size
        next += 1
      }
      sizes.append(size)
    }
    let eighths = Array(" ▁▂▃▄▅▆▇█")
    var rows: [String] = []
    for row in 0..<Self.height {
      let label =
        switch row {
        case 0: scale[0]
        case Self.height / 2: scale[1]
        default: ""
        }
      var line = String(repeating: " ", count: margin - 1 - label.count) + label + (unicode ? "▕" : "|")
      let floor = Double(Self.height - 1 - row)
      for size in sizes {
        let filled = Double(size) / Double(top) * Double(Self.height) - floor
        if unicode {
          line.append(eighths[min(8, max(0, Int((filled * 8).rounded())))])
        } else {
          line.append(filled >= 0.5 ? "#" : " ")
        }
      }
      rows.append(line)
    }
    let end = "\(Int(duration.rounded())) s"
    rows.append(
      String(repeating: " ", count: margin) + "0 s" + String(repeating: " ", count: max(1, columns - 3 - end.count))
        + end)
    return rows
  }
}
