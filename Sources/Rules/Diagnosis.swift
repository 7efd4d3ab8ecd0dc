// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// What the rules say about one guest's evidence.
package struct Diagnosis: Codable, Hashable, Sendable {
  package var verdict: Verdict
  /// What was found: root causes, the gravest and best-mended first. What another finding explains stands under it.
  package var findings: [Finding]
  /// Rules that could not be judged, and what each would need.
  package var inconclusive: [Inconclusive]
  /// Rules that found nothing wrong, with what they saw.
  package var healthy: [Passed]
  /// Rules that do not concern this guest, with the reason.
  package var notApplicable: [Passed]
  /// Who can tell whether the driver serves the balloon, and what each says.
  package var witnesses: [Witness]

  package init(
    verdict: Verdict, findings: [Finding], inconclusive: [Inconclusive], healthy: [Passed], notApplicable: [Passed],
    witnesses: [Witness]
  ) {
    self.verdict = verdict
    self.findings = findings
    self.inconclusive = inconclusive
    self.healthy = healthy
    self.notApplicable = notApplicable
    self.witnesses = witnesses
  }
}

/// The answer in one word; the exit status follows from it.
package enum Verdict: String, Codable, Hashable, Sendable {
  /// Ballooning works as far as anybody looked; notes may be there. Exit status 0.
  case healthy
  /// There is something to mend, and nothing was found that stops it from working. Whether it does work stays open
  /// where an essential rule is inconclusive. Exit status 1.
  case warning
  /// It does not work. Exit status 1.
  case problem
  /// Nothing wrong was found, but what would prove it right is missing. Exit status 2.
  case inconclusive
}

/// How grave a finding is.
package enum Severity: String, Codable, Hashable, Sendable, Comparable {
  case note, warning, problem
  private var rank: Int {
    switch self {
    case .note: 0
    case .warning: 1
    case .problem: 2
    }
  }
  package static func < (one: Severity, other: Severity) -> Bool { one.rank < other.rank }
}

/// How well the fact behind a statement is known.
package enum Confidence: String, Codable, Hashable, Sendable {
  /// Seen, or documented by those who make it.
  case established
  /// Inferred from source code or from records (a day, a registry), and not seen in a running guest.
  case inferred
  /// Not verified.
  case unverified
}

/// Something that a rule found.
package struct Finding: Codable, Hashable, Sendable {
  /// The rule's id, public and never reused.
  package var id: String
  package var severity: Severity
  package var confidence: Confidence
  package var title: String
  /// One or two sentences with this guest's own facts.
  package var summary: String
  /// What carries the finding: every leaf that the rule read.
  package var evidence: [Citation]
  /// What to do, in order.
  package var remedy: [RemedyStep]
  /// Ids of findings that this one is the cause of; they are not listed on their own.
  package var explains: [String]
  package var links: [String]

  package init(
    id: String, severity: Severity, confidence: Confidence, title: String, summary: String, evidence: [Citation],
    remedy: [RemedyStep], explains: [String], links: [String]
  ) {
    self.id = id
    self.severity = severity
    self.confidence = confidence
    self.title = title
    self.summary = summary
    self.evidence = evidence
    self.remedy = remedy
    self.explains = explains
    self.links = links
  }
}

/// One step of a remedy.
package struct RemedyStep: Codable, Hashable, Sendable {
  /// Where it is done.
  package enum Place: String, Codable, Hashable, Sendable { case host, guest }
  package var place: Place
  package var text: String
  /// The exact command; `nil` when the step is none.
  package var command: String?
  package init(_ place: Place, _ text: String, command: String? = nil) {
    self.place = place
    self.text = text
    self.command = command
  }
}

/// A leaf of the evidence that a rule read.
package struct Citation: Codable, Hashable, Sendable {
  /// Its place in the evidence's JSON: `device.status`, `readings.0.lastUpdate`, `guest.functions.2.driver`.
  package var path: String
  /// What was read, for a person: the value, `absent`, or the failure's reason.
  package var value: String
  package var source: String
  package var trust: Trust
  package init(path: String, value: String, source: String, trust: Trust) {
    self.path = path
    self.value = value
    self.source = source
    self.trust = trust
  }
}

/// A rule that lacked evidence.
package struct Inconclusive: Codable, Hashable, Sendable {
  package var id: String
  package var title: String
  /// What is missing.
  package var missing: [Missing]
  /// Whether the question "does it work?" stays open because of it.
  package var isEssential: Bool
  package init(id: String, title: String, missing: [Missing], isEssential: Bool = false) {
    self.id = id
    self.title = title
    self.missing = missing
    self.isEssential = isEssential
  }
}

/// Evidence that a rule would have needed.
package struct Missing: Codable, Hashable, Sendable {
  package var path: String
  /// Why it is missing.
  package var reason: String
  /// How to get it, when a way is known.
  package var ask: String?
  package init(path: String, reason: String, ask: String?) {
    self.path = path
    self.reason = reason
    self.ask = ask
  }
}

/// A rule with nothing to report, and why.
package struct Passed: Codable, Hashable, Sendable {
  package var id: String
  package var statement: String
  package var evidence: [Citation]
  package init(id: String, statement: String, evidence: [Citation]) {
    self.id = id
    self.statement = statement
    self.evidence = evidence
  }
}

/// Somebody who can tell whether the balloon's driver serves it.
package struct Witness: Codable, Hashable, Sendable {
  package enum Testimony: String, Codable, Hashable, Sendable {
    /// The driver serves the balloon.
    case operating
    /// It does not.
    case notOperating = "not-operating"
    /// The witness was heard, but what it knows decides nothing.
    case undecided
    /// The witness could not be heard.
    case silent
  }
  /// `the device itself`, `the guest's device manager`, `the statistics`.
  package var name: String
  package var trust: Trust
  package var testimony: Testimony
  /// What it said, in one line.
  package var statement: String
  package var evidence: [Citation]
  package init(name: String, trust: Trust, testimony: Testimony, statement: String, evidence: [Citation]) {
    self.name = name
    self.trust = trust
    self.testimony = testimony
    self.statement = statement
    self.evidence = evidence
  }
}
