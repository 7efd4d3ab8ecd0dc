// SPDX-License-Identifier: GPL-3.0-or-later

/// Expected against found, by rule; published cases apart from our own.
package struct ConfusionTable: Sendable {
  private struct Counts {
    var expected = 0
    var found = 0
    var missed = 0
    var wrong = 0
  }
  private var rows: [String: (published: Counts, own: Counts)] = [:]
  private var outcomes: [CaseJudgement.Outcome: (published: Int, own: Int)] = [:]
  package private(set) var disagreements: [(name: String, judgement: CaseJudgement)] = []

  package init() {}

  package mutating func add(_ sample: SampleCase, _ judgement: CaseJudgement) {
    let isPublished = sample.provenance.isPublished
    for id in judgement.found.union(judgement.missed).union(judgement.wrong) {
      var row = rows[id] ?? (Counts(), Counts())
      var counts = isPublished ? row.published : row.own
      counts.expected += sample.expected.findings.contains(id) ? 1 : 0
      counts.found += judgement.found.contains(id) ? 1 : 0
      counts.missed += judgement.missed.contains(id) ? 1 : 0
      counts.wrong += judgement.wrong.contains(id) ? 1 : 0
      if isPublished { row.published = counts } else { row.own = counts }
      rows[id] = row
    }
    var counts = outcomes[judgement.outcome] ?? (0, 0)
    if isPublished { counts.published += 1 } else { counts.own += 1 }
    outcomes[judgement.outcome] = counts
    if judgement.outcome != .right { disagreements.append((sample.name, judgement)) }
  }

  /// Of both kinds.
  package func count(_ outcome: CaseJudgement.Outcome) -> Int {
    let counts = outcomes[outcome] ?? (0, 0)
    return counts.published + counts.own
  }

  /// For a person.
  package var text: String {
    let width = (rows.keys.map(\.count).max() ?? 4) + 2
    func row(_ name: String, _ cells: [String]) -> String {
      var line = name.padded(width) + cells.map { $0.padded(10) }.joined()
      while line.last == " " { line.removeLast() }
      return line
    }
    let words = ["expected", "found", "missed", "wrong"]
    var lines = [
      row("", ["published", "", "", "", "our own"]),
      row("rule", words + words),
    ]
    for (id, counts) in rows.sorted(by: { $0.key < $1.key }) {
      let numbers = [counts.published, counts.own].flatMap { [$0.expected, $0.found, $0.missed, $0.wrong] }
      lines.append(row(id, numbers.map { $0 == 0 ? "-" : String($0) }))
    }
    lines.append("")
    lines.append("cases".padded(30) + "published".padded(12) + "our own")
    for outcome in CaseJudgement.Outcome.allCases {
      let counts = outcomes[outcome] ?? (0, 0)
      lines.append(outcome.rawValue.padded(30) + String(counts.published).padded(12) + String(counts.own))
    }
    for (name, judgement) in disagreements {
      lines.append("")
      lines.append("\(name): \(judgement.outcome.rawValue)")
      lines += judgement.differences.map { "  " + $0 }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

extension String {
  fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
