// SPDX-License-Identifier: GPL-3.0-or-later
package import Rules

/// What `rules` says: the catalogue.
package struct RulesReport: Report {
  package let rules: [Rule]
  package init(_ rules: [Rule] = Catalogue.all) { self.rules = rules }

  package func json() throws(ReportError) -> [UInt8] { try JSONDocument.encode(RulesDocument(rules)) }

  package func text(_ style: TextStyle) -> String {
    var page = TextPage(style)
    page.table(
      rules.map { [$0.id, $0.severity.rawValue, $0.title] }, header: ["RULE", "SEVERITY", "WHAT IS WRONG"], indent: 0,
      paint: { row, column in
        column == 1 ? (Severity(rawValue: row[1])?.paint ?? .plain) : .plain
      })
    return page.text
  }
}

/// What `rules ID` says: one rule explained, with its remedy for a guest called GUEST.
package struct RuleReport: Report {
  package let rule: Rule
  package init(_ rule: Rule) { self.rule = rule }

  package func json() throws(ReportError) -> [UInt8] { try JSONDocument.encode(RulesDocument([rule])) }

  package func text(_ style: TextStyle) -> String {
    var page = TextPage(style)
    page.flow(
      [
        TextPage.Span(rule.id, .bold), TextPage.Span("(\(rule.severity.rawValue)):", rule.severity.paint),
        TextPage.Span(rule.title, .bold),
      ], hanging: 2)
    for paragraph in rule.explanation.split(separator: "\n\n") {
      page.blank()
      // A line break inside a paragraph is the source's, not the reader's.
      page.flow(paragraph.split(separator: "\n").joined(separator: " "))
    }
    if let mark = rule.confidence.mark {
      page.blank()
      page.flow(mark, paint: .yellow)
    }
    let linux = rule.remedy(.example(.linux))
    let windows = rule.remedy(.example(.windows))
    page.exampleRemedy(linux, of: linux == windows ? nil : "Linux")
    if linux != windows { page.exampleRemedy(windows, of: "Windows") }
    if !rule.explains.isEmpty {
      page.blank()
      page.flow("When found, it also explains: " + rule.explains.joined(separator: ", "), hanging: 2)
    }
    page.judgedBy(rule.evidence)
    if !rule.sources.isEmpty {
      page.blank()
      page.heading("Sources")
      for source in rule.sources { page.flow(source, indent: 2, hanging: 4) }
    }
    return page.text
  }
}

extension TextPage {
  /// The places of the evidence in words, by who tells them.
  mutating func judgedBy(_ places: [String]) {
    guard !places.isEmpty else { return }
    blank()
    heading("Judged by")
    for (who, isGuest) in [("The host", false), ("The guest", true)] {
      var words: [String] = []
      for place in places where place.hasPrefix("guest.") == isGuest {
        let text = EvidenceLabel.describe(anyOf: place)
        if !words.contains(text) { words.append(text) }
      }
      if !words.isEmpty { flow("\(who): " + words.joined(separator: ", "), indent: 2, hanging: 4) }
    }
  }

  mutating func exampleRemedy(_ steps: [RemedyStep], of system: String?) {
    guard !steps.isEmpty else { return }
    if let system {
      blank()
      heading("In a \(system) guest")
    }
    remedy(steps)
  }
}

extension RemedyContext {
  /// A guest that stands for the reader's own.
  static func example(_ system: System) -> RemedyContext {
    RemedyContext(
      system: system, domain: "GUEST", uri: "qemu:///system", guestAddress: nil, driver: nil)
  }
}

/// The JSON form of rules.
package struct RulesDocument: Codable, Hashable, Sendable {
  /// The name and version of this form.
  package static let schema = "virt-balloon/rules/1"

  package var schema: String
  package var rules: [Entry]

  /// One rule; the remedies are those for a guest called GUEST.
  package struct Entry: Codable, Hashable, Sendable {
    package var id: String
    package var title: String
    package var severity: Severity
    package var confidence: Confidence
    package var explanation: String
    package var sources: [String]
    /// Every place of the evidence that the rule may judge by, with `*` for an index.
    package var evidence: [String]
    package var explains: [String]
    /// Whether the question "does it work?" stays open while this rule is inconclusive.
    package var essential: Bool
    package var remedyLinux: [RemedyStep]
    package var remedyWindows: [RemedyStep]
  }

  package init(_ rules: [Rule]) {
    schema = Self.schema
    self.rules = rules.map {
      Entry(
        id: $0.id, title: $0.title, severity: $0.severity, confidence: $0.confidence, explanation: $0.explanation,
        sources: $0.sources, evidence: $0.evidence, explains: $0.explains, essential: $0.isEssential,
        remedyLinux: $0.remedy(.example(.linux)), remedyWindows: $0.remedy(.example(.windows)))
    }
  }
}
