// SPDX-License-Identifier: GPL-3.0-or-later

/// What `agent conformance` says: every check of the protocol, and what the agent did.
package struct ConformanceReport: Report, Codable, Hashable {
  /// The name and version of the JSON form, which has this type's members.
  package static let schema = "virt-balloon/conformance/1"

  package var schema: String
  /// Which agent was checked, in the caller's words: a socket's path, a domain's name.
  package var subject: String
  package var checks: [Check]

  /// One check.
  package struct Check: Codable, Hashable, Sendable {
    /// What the agent must do, in a few words.
    package var name: String
    /// The specification's section that demands it.
    package var section: String
    package var passed: Bool
    /// What was seen; for a failed check also what was expected.
    package var detail: String
    package init(name: String, section: String, passed: Bool, detail: String) {
      self.name = name
      self.section = section
      self.passed = passed
      self.detail = detail
    }
  }

  /// Whether the agent conforms: at least one check ran, and all passed.
  package var passed: Bool { !checks.isEmpty && checks.allSatisfy(\.passed) }

  package init(subject: String, checks: [Check]) {
    schema = Self.schema
    self.subject = subject
    self.checks = checks
  }

  package func json() throws(ReportError) -> [UInt8] { try JSONDocument.encode(self) }

  package func text(_ style: TextStyle) -> String {
    var page = TextPage(style)
    let failed = checks.filter { !$0.passed }
    let verdict =
      checks.isEmpty
      ? "no check could be run"
      : failed.isEmpty
        ? "conforms: all \(TextPage.count(checks.count, "check")) passed"
        : "does not conform: \(failed.count) of \(TextPage.count(checks.count, "check")) failed"
    page.flow("\(TerminalText.shortened(subject, to: 120)): \(verdict).", hanging: 2, paint: passed ? .green : .red)
    page.blank()
    for check in checks {
      page.flow(
        [TextPage.Span(check.name), TextPage.Span("(\(check.section))", .dim)],
        label: TextPage.Span(check.passed ? "pass" : "FAIL", check.passed ? .green : .red), hanging: 6)
      if !check.detail.isEmpty, !check.passed || style.verbose {
        page.flow(TerminalText.shortened(check.detail, to: 600), indent: 6, hanging: 8, paint: .dim)
      }
    }
    return page.text
  }
}
