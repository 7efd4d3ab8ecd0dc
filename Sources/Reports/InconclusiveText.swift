// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
package import Rules

extension TextPage {
  /// The most gaps, and the most rules of one, that are named unless all are asked for.
  private static let gapLimit = 4
  private static let ruleLimit = 6

  /// What could not be judged, grouped by what would settle it: ten rules that lack one thing are told once.
  mutating func inconclusive(_ rules: [Inconclusive]) {
    guard !rules.isEmpty else { return }
    blank()
    heading("Not judged, for lack of evidence: \(Self.count(rules.count, "rule"))")
    let gaps = Gap.all(in: rules)
    let shown = style.verbose ? gaps.count : Self.gapLimit
    for gap in gaps.prefix(shown) {
      flow(gap.reasons.prefix(4).joined(separator: "; ") + Self.more(gap.reasons.count - 4), indent: 2, hanging: 4)
      let isNamed = style.verbose || gap.rules.count <= Self.ruleLimit
      flow(
        [Span("lacking it:", .dim), Span(isNamed ? gap.rules.joined(separator: ", ") : "\(gap.rules.count) rules")],
        indent: 4, hanging: 6)
      if style.verbose {
        flow([Span("missing:", .dim), Span(gap.paths.joined(separator: ", "))], indent: 4, hanging: 6)
      }
      if let ask = gap.ask {
        flow("to get it:", indent: 4, paint: .dim)
        command(ask, indent: 6)
      }
    }
    if gaps.count > shown {
      flow("and \(gaps.count - shown) more things, for fewer rules; --verbose lists them.", indent: 2, paint: .dim)
    }
  }

  /// Rules without a finding: counted, or listed in a verbose report.
  mutating func passed(_ diagnosis: Diagnosis, of evidence: Evidence) {
    guard !diagnosis.healthy.isEmpty || !diagnosis.notApplicable.isEmpty else { return }
    blank()
    if style.verbose {
      list("Nothing wrong found", diagnosis.healthy, of: evidence)
      list("Does not concern this guest", diagnosis.notApplicable, of: evidence)
      return
    }
    let healthy = diagnosis.healthy.count
    let others = diagnosis.notApplicable.count
    var sentence = Self.count(healthy, "rule") + " found nothing wrong"
    if others > 0 { sentence += ", \(others) " + (others == 1 ? "does" : "do") + " not concern this guest" }
    flow("\(sentence); --verbose lists \(healthy + others == 1 ? "it" : "them").", paint: .dim)
  }

  private mutating func list(_ title: String, _ rules: [Passed], of evidence: Evidence) {
    guard !rules.isEmpty else { return }
    blank()
    heading(title)
    for rule in rules {
      flow([Span(rule.id, .bold), Span(rule.statement)], indent: 2, hanging: 4)
      for citation in rule.evidence { self.citation(citation, of: evidence, indent: 4) }
    }
  }

  /// What the collection touched, and which sources stayed silent.
  mutating func notices(_ collection: Collection) {
    let silent = collection.sources.filter { $0.failure != nil }
    guard !silent.isEmpty || !collection.notices.isEmpty || style.verbose else { return }
    blank()
    heading("Notices")
    for notice in collection.notices { flow(notice, indent: 2, hanging: 4) }
    for source in silent {
      guard let failure = source.failure else { continue }
      flow("\(source.name): \(failure.reason.rawValue): \(failure.detail)", indent: 2, hanging: 4)
    }
    if style.verbose {
      for source in collection.sources where source.failure == nil {
        flow("\(source.name): answered in \(Self.milliseconds(source.seconds))", indent: 2, hanging: 4)
      }
      flow("collected by virt-balloon \(collection.tool)", indent: 2, hanging: 4)
    }
  }

  /// `1 rule`, `18 rules`.
  static func count(_ number: Int, _ noun: String) -> String { "\(number) \(noun)" + (number == 1 ? "" : "s") }

  private static func more(_ number: Int) -> String { number > 0 ? "; and \(number) more" : "" }

  /// `12 ms`.
  static func milliseconds(_ seconds: Double) -> String {
    let milliseconds = (seconds * 1000).rounded()
    guard milliseconds.isFinite, milliseconds >= 0, milliseconds < 1e12 else { return "an unknown time" }
    return milliseconds < 1 ? "less than 1 ms" : "\(Int(milliseconds)) ms"
  }
}

/// One thing that is missing, and every rule that lacks it.
package struct Gap: Hashable {
  /// How to get it, when a way is known.
  package var ask: String?
  package var reasons: [String] = []
  package var paths: [String] = []
  package var rules: [String] = []

  /// The gaps of some rules: those with one way to close them, or without any one reason, together. The gaps that keep
  /// most rules open come first.
  package static func all(in rules: [Inconclusive]) -> [Gap] {
    var gaps: [Gap] = []
    for rule in rules {
      let missing =
        rule.missing.isEmpty ? [Missing(path: "", reason: "no reason was given", ask: nil)] : rule.missing
      for lack in missing {
        let index = gaps.firstIndex { $0.ask == lack.ask && (lack.ask != nil || $0.reasons == [lack.reason]) }
        if index == nil { gaps.append(Gap(ask: lack.ask)) }
        let position = index ?? gaps.endIndex - 1
        gaps[position].add(lack, of: rule.id)
      }
    }
    return gaps.enumerated()
      .sorted { ($1.element.rules.count, $0.offset) < ($0.element.rules.count, $1.offset) }
      .map(\.element)
  }

  private mutating func add(_ lack: Missing, of rule: String) {
    if !reasons.contains(lack.reason) { reasons.append(lack.reason) }
    if !lack.path.isEmpty, !paths.contains(lack.path) { paths.append(lack.path) }
    if !rules.contains(rule) { rules.append(rule) }
  }
}
