// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Rules

/// What `diagnose` says of several guests: a line each, worst first, with the one thing to do.
package struct FleetReport: Report {
  package let guests: [FleetGuest]
  /// What could not be looked at at all.
  package let unreached: [FleetLoss]

  /// - Parameter guests: in any order.
  package init(_ guests: [FleetGuest], unreached: [FleetLoss] = []) {
    self.guests = guests.enumerated().sorted {
      (Self.rank($0.element), $0.offset) < (Self.rank($1.element), $1.offset)
    }.map(\.element)
    self.unreached = unreached
  }

  /// The worst comes first: what does not work, what is to be mended, what cannot be told, what works.
  private static func rank(_ guest: FleetGuest) -> Int {
    switch guest.diagnosis.verdict {
    case .problem: 0
    case .warning: 1
    case .inconclusive: guest.shortfall == nil ? 3 : 2
    case .healthy: 4
    }
  }

  package func json() throws(ReportError) -> [UInt8] {
    try JSONDocument.encode(
      FleetDocument(
        guests: guests.map(\.document),
        unreached: unreached.map { FleetDocument.Loss(target: $0.target, failure: $0.failure) }))
  }

  /// The same as metrics, of the guests whose metrics were kept.
  package func metrics(_ collection: CollectionFacts) -> OpenMetrics {
    var ledger = VersionLedger()
    return FleetMetrics(
      guests: guests.compactMap(\.metrics), lost: unreached.map(\.target).filter { !$0.isHost },
      hosts: unreached.map(\.target).filter(\.isHost).map { FleetMetrics.Host($0, isUp: false) }, collection
    ).page(&ledger)
  }

  package func text(_ style: TextStyle) -> String {
    var page = TextPage(style)
    let places = Set(guests.map(\.target.location) + unreached.map(\.target.location))
    let isOfSeveral = guests.contains { $0.target.kind == .libvirt } && places.count > 1
    for guest in guests {
      let place = isOfSeveral && guest.target.kind == .libvirt ? " (\(guest.target.location))" : ""
      page.line(
        [TextPage.Span(Self.word(guest), guest.diagnosis.verdict.paint), TextPage.Span(guest.sentence + place)]
          + Self.advice(guest.advice), columns: Self.column)
    }
    for loss in unreached {
      page.line(
        [TextPage.Span("unreached", .red), TextPage.Span(loss.sentence)]
          + (loss.failure.ask.map { [TextPage.Span("First:", .dim), TextPage.Span($0, .cyan)] } ?? []),
        columns: Self.column)
    }
    if guests.isEmpty, unreached.isEmpty { page.flow("No guest is running.") }
    return page.text
  }

  /// Where the sentences begin.
  private static let column = 14

  private static func word(_ guest: FleetGuest) -> String {
    guest.shortfall == nil ? guest.diagnosis.verdict.rawValue : "no answer"
  }

  private static func advice(_ step: RemedyStep?) -> [TextPage.Span] {
    guard let step else { return [] }
    let place = step.place == .guest ? "First, in the guest:" : "First:"
    return [TextPage.Span(place, .dim), TextPage.Span(step.text)]
      + (step.command.map { [TextPage.Span($0, .cyan)] } ?? [])
  }
}

/// One guest of several, as far as its line needs it.
package struct FleetGuest: Sendable {
  package let target: Target
  package let diagnosis: Diagnosis
  /// The answer, in one sentence.
  let sentence: String
  /// The one thing to do; `nil` where there is nothing to mend.
  let advice: RemedyStep?
  /// Why it was not looked at to the end; `nil` when it was.
  package let shortfall: Failure?
  /// Its sizes, statistics and diagnosis as metrics; `nil` where nobody wants them.
  let metrics: GuestExposition?

  /// - Parameters:
  ///   - isBrief: keeps of the diagnosis what a line needs: of a thousand guests the rest is a lot of memory.
  ///   - hasMetrics: whether metrics are kept.
  package init(
    _ diagnosis: Diagnosis, _ evidence: Evidence, shortfall: Failure? = nil, isBrief: Bool = false,
    hasMetrics: Bool = false
  ) {
    target = evidence.target
    metrics = hasMetrics ? GuestExposition(evidence, diagnosis, isComplete: shortfall == nil) : nil
    self.diagnosis = isBrief ? diagnosis.brief : diagnosis
    self.shortfall = shortfall
    let answer = VerdictSentence.text(diagnosis, evidence)
    if let shortfall {
      let size = evidence.readings.last?.actual.value.map { " Its balloon's size was \(EvidenceText.size($0))." } ?? ""
      sentence = "\(evidence.target.label): \(shortfall.detail).\(size)"
      advice = shortfall.ask.map { RemedyStep(.host, "Look at it alone.", command: $0) }
    } else {
      sentence = answer
      advice = Self.advice(diagnosis, evidence)
    }
  }

  /// The first step of the gravest finding that is to be mended; else what would settle an open question.
  private static func advice(_ diagnosis: Diagnosis, _ evidence: Evidence) -> RemedyStep? {
    let findings = diagnosis.findings.filter { $0.severity > .note }
    if let gravest = findings.map(\.severity).max() {
      return findings.first { $0.severity == gravest }?.remedy.first
    }
    guard diagnosis.verdict == .inconclusive else { return nil }
    if let step = NextSteps.of(diagnosis, evidence).first { return step }
    return Gap.all(in: diagnosis.inconclusive).first { $0.ask != nil }.map { gap in
      RemedyStep(.host, "Ask for what is missing:", command: gap.ask)
    }
  }

  /// Without the evidence: of a hundred guests that would be a book.
  var document: DiagnosisDocument {
    var document = DiagnosisDocument(diagnosis, target)
    document.shortfall = shortfall
    return document
  }
}

extension Diagnosis {
  /// The verdict and the findings, without what carries them.
  fileprivate var brief: Diagnosis {
    Diagnosis(
      verdict: verdict,
      findings: findings.map { finding in
        var finding = finding
        (finding.evidence, finding.remedy, finding.links) = ([], [], [])
        return finding
      }, inconclusive: [], healthy: [], notApplicable: [], witnesses: [])
  }
}

/// A guest, or a host with all its guests, that could not be looked at at all.
package struct FleetLoss: Sendable {
  package let target: Target
  package let failure: Failure
  /// One line: what failed, and where.
  let sentence: String

  package init(_ target: Target, _ failure: Failure, sentence: String) {
    self.target = target
    self.failure = failure
    self.sentence = sentence
  }
}

/// The JSON form of several diagnoses, published as `protocol/schema/diagnoses.json`.
package struct FleetDocument: Codable, Hashable, Sendable {
  /// The name and version of this form.
  package static let schema = "virt-balloon/diagnoses/1"

  package struct Loss: Codable, Hashable, Sendable {
    package var target: Target
    package var failure: Failure
  }

  package var schema: String
  /// Worst first, each without its evidence.
  package var guests: [DiagnosisDocument]
  package var unreached: [Loss]
  package init(guests: [DiagnosisDocument], unreached: [Loss]) {
    schema = Self.schema
    self.guests = guests
    self.unreached = unreached
  }
}
