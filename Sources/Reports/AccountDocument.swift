// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestMemory

/// The JSON form of ``AccountReport``, published as `protocol/schema/account.json`.
struct AccountDocument: Encodable {
  /// The name and version of this form.
  static let schema = "virt-balloon/account/1"

  struct Bucket: Encodable {
    struct Unknown: Encodable {
      let reason: String
      let ask: String?
    }
    let id: String
    let name: String
    let kind: String
    /// Absent when ``unknown`` says why.
    let bytes: UInt64?
    let unknown: Unknown?
    let sources: [Provenance]
    let explanation: String
    let within: String?

    init(_ bucket: MemoryBucket) {
      id = bucket.id
      name = bucket.name
      kind = bucket.kind.rawValue
      bytes = bucket.bytes
      if case .unknown(let reason, let ask) = bucket.quantity {
        unknown = Unknown(reason: reason, ask: ask)
      } else {
        unknown = nil
      }
      sources = bucket.sources
      explanation = bucket.explanation
      within = bucket.within
    }
  }

  struct Level: Encodable {
    let id: String
    let name: String
    let whole: Bucket
    let parts: [Bucket]
    let beside: [Bucket]
    /// The whole less its parts; below 0 when they are more; absent when the whole is not known.
    let unexplained: Int64?
    let remainder: String

    init(_ level: MemoryLevel) {
      id = level.id
      name = level.name
      whole = Bucket(level.whole)
      parts = level.parts.map(Bucket.init)
      beside = level.beside.map(Bucket.init)
      unexplained = level.unexplained
      remainder = level.remainder
    }
  }

  struct Difference: Encodable {
    let id: String
    let from: String
    let to: String
    let bytes: Int64?
    let explainedBy: [String]
    let explanation: String

    init(_ difference: MemoryDifference) {
      id = difference.id
      from = difference.from.id
      to = difference.to.id
      bytes = difference.bytes
      explainedBy = difference.explainedBy
      explanation = difference.explanation
    }
  }

  struct Remark: Encodable {
    let id: String
    let text: String
  }

  struct Answer: Encodable {
    let id: String
    let question: String
    let answer: String
    let certainty: String
    let sources: [Provenance]
    let reference: String
  }

  let schema = Self.schema
  let target: Target
  /// When the evidence was gathered, in seconds since 1970.
  let collected: Double
  let levels: [Level]
  let retained: Bucket
  let differences: [Difference]
  let remarks: [Remark]
  let questions: [Answer]
  /// Seconds; absent when it is not known.
  let statisticsAge: Double?
  let notices: [String]

  init(_ evidence: Evidence, _ account: MemoryAccount, _ questions: [GuestAnswer]) {
    target = evidence.target
    collected = evidence.collection.finished
    levels = account.levels.map(Level.init)
    retained = Bucket(account.retained)
    differences = account.differences.map(Difference.init)
    remarks = account.remarks.map { Remark(id: $0.id, text: $0.text) }
    self.questions = questions.map {
      Answer(
        id: $0.id, question: $0.question, answer: $0.answer, certainty: $0.certainty.rawValue, sources: $0.sources,
        reference: $0.reference)
    }
    statisticsAge = account.statisticsAge
    notices = evidence.collection.notices
  }
}
