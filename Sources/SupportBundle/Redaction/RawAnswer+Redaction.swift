// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

extension Redactor {
  /// The answer without what could tell whose machine it is; `nil` when it cannot be read by the parser of its format,
  /// which leaves it out of the shareable form.
  ///
  /// Everything is read whole, and written anew from what is known to be harmless: no byte is passed on that was not
  /// understood. What is redacted already stays as it is; an answer that does not come to that is left out. One that is
  /// cut is redacted only where its format is one of lines.
  package mutating func redact(_ answer: RawAnswer) -> RawAnswer? {
    guard answer.bytes.count <= Self.answerLimit else { return nil }
    var bytes = answer.bytes
    // A value may be known only from what stands behind it: so until nothing changes any more.
    for _ in 0..<Self.rounds {
      guard let redacted = redact(bytes, answer.format) else { return nil }
      if redacted == bytes {
        var answer = answer
        answer.bytes = bytes
        answer.question = redact(question: answer.question)
        return answer
      }
      bytes = redacted
    }
    return nil
  }

  private mutating func redact(_ bytes: [UInt8], _ format: RawAnswer.Format) -> [UInt8]? {
    switch format {
    case .domainXML: redact(domainXML: bytes)
    case .monitor: redact(monitor: bytes)
    case .agent: redact(agent: bytes)
    case .qemuGA: redact(qemuGA: bytes)
    case .memoryStatistics: redact(memoryStatistics: bytes)
    case .proxmoxConfiguration: redact(proxmoxConfiguration: bytes)
    case .hypervisorLog: redact(hypervisorLog: bytes)
    case .pasted: redact(pasted: bytes)
    }
  }

  /// A question of this program as it is. A bundle that is read may be of anybody's making, and so its questions, from
  /// which files are named.
  mutating func redact(question: String) -> String { redact(question, at: "collection.json") }

  /// The longest answer that is looked at: more than any source is allowed to say.
  static let answerLimit = 8 << 20
}
