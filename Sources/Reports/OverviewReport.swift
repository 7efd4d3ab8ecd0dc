// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Rules

/// What `diagnose` says of several guests: one answer each.
package struct OverviewReport: Report {
  package let guests: [(diagnosis: Diagnosis, evidence: Evidence)]
  package init(_ guests: [(diagnosis: Diagnosis, evidence: Evidence)]) { self.guests = guests }

  package func json() throws(ReportError) -> [UInt8] {
    try JSONDocument.encode(OverviewDocument(guests.map { DiagnosisDocument($0.diagnosis, $0.evidence) }))
  }

  package func text(_ style: TextStyle) -> String {
    var page = TextPage(style)
    for (diagnosis, evidence) in guests {
      page.flow([TextPage.Span(VerdictSentence.text(diagnosis, evidence), diagnosis.verdict.paint)], hanging: 2)
    }
    if guests.isEmpty { page.flow("No guest is running.") }
    return page.text
  }
}

/// The JSON form of several diagnoses.
package struct OverviewDocument: Codable, Hashable, Sendable {
  /// The name and version of this form.
  package static let schema = "virt-balloon/diagnoses/1"

  package var schema: String
  package var guests: [DiagnosisDocument]
  package init(_ guests: [DiagnosisDocument]) {
    schema = Self.schema
    self.guests = guests
  }
}
