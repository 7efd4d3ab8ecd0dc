// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
import GuestMemory

/// What `account` says of one guest: where its memory is.
package struct AccountReport: DocumentReport {
  package let evidence: Evidence
  let account: MemoryAccount
  let questions: [GuestAnswer]

  package init(_ evidence: Evidence) {
    self.evidence = evidence
    account = MemoryAccount(evidence)
    questions = GuestQuestions(evidence).answers
  }

  package func json() throws(ReportError) -> [UInt8] {
    try JSONDocument.encode(AccountDocument(evidence, account, questions))
  }

  /// The differences of which both sides are known: the others say nothing to a reader that the figures do not.
  var knownDifferences: [(difference: MemoryDifference, size: String)] {
    account.differences.compactMap { difference in
      difference.bytes.map { (difference, ByteCount.text(signed: $0)) }
    }
  }

  /// How old the statistics are, in one sentence.
  var age: String {
    if let age = account.statisticsAge { return "The statistics are \(Age.duration(age)) old." }
    return "Statistics: \(StatisticsTable.freshness(evidence))."
  }
}
