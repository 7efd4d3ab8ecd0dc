// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence
package import Rules

/// The answer to "does ballooning work in this guest?" in one sentence.
package enum VerdictSentence {
  package static func text(_ diagnosis: Diagnosis, _ evidence: Evidence) -> String {
    let whose = evidence.target.kind == .agent ? "by the guest's word alone, " : ""
    return TerminalText.shortened(evidence.target.label, to: 80) + ": " + whose + answer(diagnosis)
  }

  private static func answer(_ diagnosis: Diagnosis) -> String {
    // "Works" is said only where somebody saw the driver serve the balloon: a warning or a lack of findings is no
    // proof.
    let isSeenWorking = diagnosis.witnesses.contains { $0.testimony == .operating }
    switch diagnosis.verdict {
    case .healthy:
      return isSeenWorking ? "ballooning works." : "nothing wrong was found with ballooning."
    case .warning:
      return opening(diagnosis, isSeenWorking: isSeenWorking) + cause(diagnosis, of: .warning)
    case .problem:
      return "ballooning does not work" + cause(diagnosis, of: .problem)
    case .inconclusive:
      if let finding = diagnosis.findings.first(where: { Catalogue.rule($0.id)?.leavesOpen == true }) {
        return "it cannot be told whether ballooning works: " + lowered(finding.title) + "."
      }
      let rules = diagnosis.inconclusive.count
      let reason = mainReason(diagnosis.inconclusive).map { " (\($0))" } ?? ""
      return "it cannot be told whether ballooning works: nothing wrong was found, but \(rules) "
        + (rules == 1 ? "rule lacks" : "rules lack") + " evidence" + reason + "."
    }
  }

  /// A guest that does not run has nothing to mend for it, and moves no memory all the same. Nor does "works" stand
  /// before a reason why the host gets nothing.
  private static func opening(_ diagnosis: Diagnosis, isSeenWorking: Bool) -> String {
    // Only where such a reason is the one that follows.
    if let first = diagnosis.findings.first(where: { $0.severity == .warning }), keepsMemory.contains(first.id) {
      return "what the guest gives does not come back to the host"
    }
    let isHalted = diagnosis.findings.allSatisfy { $0.severity < .warning || $0.id == "guest.not-running" }
    switch (isHalted, isSeenWorking) {
    case (true, true): return "a driver serves the balloon, but no memory moves now"
    case (true, false): return "it cannot be told now whether ballooning works"
    case (false, true): return "ballooning works, with something to mend"
    case (false, false):
      // A thing to mend is no answer to the question.
      return diagnosis.inconclusive.contains(where: \.isEssential)
        ? "it cannot be told yet whether ballooning works, and something is to be mended"
        : "something is to be mended"
    }
  }

  /// With these the guest gives, and the host does not get.
  private static let keepsMemory: Set<String> = [
    "balloon.config.inhibited", "balloon.config.hugepages", "balloon.config.memory-locked",
    "balloon.host-memory-not-returned",
  ]

  /// `: the balloon function is held by uio_pci_generic, not by its driver.`
  private static func cause(_ diagnosis: Diagnosis, of severity: Severity) -> String {
    guard let finding = diagnosis.findings.first(where: { $0.severity == severity }) else { return "." }
    let sentence = firstSentence(of: finding.summary)
    let text = sentence.isEmpty || sentence.unicodeScalars.count > 160 ? finding.title : sentence
    let others = diagnosis.findings.count { $0.severity == severity } - 1
    let more = others > 0 ? " (and \(others) more)" : ""
    return ": " + lowered(trimmed(text)) + more + "."
  }

  /// The reason that keeps most rules from a judgement.
  private static func mainReason(_ inconclusive: [Inconclusive]) -> String? {
    Gap.all(in: inconclusive).first?.reasons.first.map { TerminalText.shortened($0, to: 100) }
  }

  /// Up to a full stop with a capital behind it; addresses (`0000:00:05.0`) have points too.
  private static func firstSentence(of text: String) -> String {
    var sentence = ""
    var rest = text[...]
    while let stop = rest.firstIndex(of: ".") {
      sentence += rest[...stop]
      rest = rest[rest.index(after: stop)...]
      if rest.first == " ", rest.dropFirst().first?.isUppercase == true { return sentence }
    }
    return sentence + rest
  }

  private static func trimmed(_ text: String) -> String {
    var text = text[...]
    while text.last == "." || text.last == " " { text.removeLast() }
    return String(text)
  }

  /// Words that begin a sentence with a capital only because they begin it.
  private static let openers: Set<Substring> = [
    "A", "An", "Another", "Every", "In", "It", "Its", "Neither", "No", "Nobody", "Nothing", "Of", "Only", "Somebody",
    "Something",
    "That",
    "The", "There", "These", "This", "What", "While",
  ]

  private static func lowered(_ text: String) -> String {
    let word = text.prefix { $0 != " " }
    return openers.contains(word) ? text.prefix(1).lowercased() + text.dropFirst() : text
  }
}
