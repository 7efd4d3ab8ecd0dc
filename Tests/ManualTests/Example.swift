// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig

/// A block of the manual that the tests run: commands behind `$ `, continued behind `> `, and what each prints.
struct Example {
  struct Step {
    var command: String
    var expected: [String]
  }

  let page: String
  let line: Int
  /// Whether it asks the guest that runs: numbers and the folding of lines may then differ.
  let live: Bool
  let steps: [Step]

  /// Nil for a block of another kind.
  init?(_ block: Page.Block, of page: String) {
    guard block.kind == "console" || block.kind == "console live" else { return nil }
    var steps: [Step] = []
    for line in block.lines {
      if line.hasPrefix("$ ") {
        steps.append(Step(command: String(line.dropFirst(2)), expected: []))
      } else if line.hasPrefix("> "), let last = steps.indices.last, steps[last].expected.isEmpty {
        steps[last].command += "\n" + line.dropFirst(2)
      } else if let last = steps.indices.last {
        steps[last].expected.append(line)
      }
    }
    (self.page, self.line, live, self.steps) = (page, block.line, block.kind == "console live", steps)
  }

  /// One script that runs all steps in one shell and marks where the output of each ends.
  func script(mark: String) -> String {
    steps.map { "\($0.command)\n__status=$?; printf '\\n%s\\n' '\(mark)'; (exit $__status)\n" }.joined()
      // The last step's status is no failure of the shell.
      + "exit 0\n"
  }
}

/// What an example is to print: as it stands, where `…` stands for whatever was left out.
struct Transcript {
  private let expected: [String]
  private let live: Bool

  init(_ expected: [String], live: Bool) {
    (self.expected, self.live) = (Self.pieces(expected, live: live), live)
  }

  /// Nil when `output` is what was expected; else the first piece of it that nothing matched.
  func difference(from output: [String]) -> String? {
    let actual = Self.pieces(output, live: live)
    // reached: the numbers of actual pieces which the expected ones so far can account for.
    var reached: Set<Int> = [0]
    for piece in expected {
      var next: Set<Int> = []
      if piece == "…" {
        if let first = reached.min() { next = Set(first...actual.count) }
      } else {
        for start in reached where start < actual.count && Self.matches(actual[start], piece) { next.insert(start + 1) }
      }
      if next.isEmpty { return "expected: \(piece)" }
      reached = next
    }
    if reached.contains(actual.count) { return nil }
    return "not expected: \(actual[(reached.max() ?? 0)...].prefix(live ? 12 : 3).joined(separator: live ? " " : "\n"))"
  }

  /// Lines without blanks at their ends; of a live example words, with 0 for each number and one unit for all sizes.
  private static func pieces(_ lines: [String], live: Bool) -> [String] {
    guard live else {
      var lines = lines.map { line in
        let kept = line.reversed().drop { $0 == " " }.reversed()
        return kept.allSatisfy { $0 == " " || $0 == "…" } && kept.contains("…") ? "…" : String(kept)
      }
      while lines.last?.isEmpty == true { lines.removeLast() }
      return lines
    }
    let units: Set<Substring> = ["bytes", "KiB", "MiB", "GiB", "min", "s", "ms", "µs"]
    // "less than 1 s" is a figure like any other.
    return lines.flatMap { $0.split(separator: " ") }.filter { $0 != "less" && $0 != "than" }.map { word in
      if units.contains(word) { return "units" }
      if word.count > 40, word.contains("█") { return "bar" }
      var result = ""
      var digits = false
      for character in word {
        if character.isASCII && character.isNumber {
          if !digits { result += "0" }
          digits = true
        } else if character == "." && digits {
          continue
        } else {
          digits = false
          result.append(character)
        }
      }
      return result
    }
  }

  /// Whether `text` is `pattern`, in which each … stands for any text.
  private static func matches(_ text: String, _ pattern: String) -> Bool {
    let parts = pattern.split(separator: "…", omittingEmptySubsequences: false)
    guard parts.count > 1, let first = parts.first, let last = parts.last else { return text == pattern }
    guard text.hasPrefix(first) else { return false }
    var rest = text.dropFirst(first.count)
    for part in parts.dropFirst().dropLast() where !part.isEmpty {
      guard let found = rest.firstRange(of: part) else { return false }
      rest = rest[found.upperBound...]
    }
    return rest.hasSuffix(last)
  }
}
