// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import Rules

/// What a right answer to a case says.
package struct CaseExpectation: Hashable, Sendable {
  /// The verdicts that are right; more than one only where each can be defended.
  package let verdicts: [Verdict]
  /// Ids of what must be found: told on its own, or as what follows from another finding.
  package let findings: [String]
  /// Ids of what may be told besides, because it is true as well.
  package let acceptable: [String]
  /// Ids of what must not be told, whatever its severity.
  package let forbidden: [String]
  /// Ids of rules that must stay inconclusive: what was pasted cannot carry a judgement.
  package let open: [String]
  /// What the report must ask for: each is a part of a command or sentence in it.
  package let asks: [String]
  /// The code of the refusal, where the files must be refused; then all the lists are empty.
  package let refused: String?

  init(_ members: CaseMembers) throws {
    try members.only(["verdict", "findings", "acceptable", "forbidden", "open", "asks", "refused"])
    findings = try members.texts("findings")
    acceptable = try members.texts("acceptable")
    forbidden = try members.texts("forbidden")
    open = try members.texts("open")
    asks = try members.texts("asks")
    if members.json["refused"] != nil {
      refused = try members.text("refused")
      guard members.json.object?.members.count == 1 else { throw members.wrong("refused") }
      verdicts = []
      return
    }
    refused = nil
    let words = members.json["verdict"]?.string == nil ? try members.texts("verdict") : [try members.text("verdict")]
    verdicts = try words.map { word in
      guard let verdict = Verdict(rawValue: word) else { throw members.wrong("verdict") }
      return verdict
    }
    guard !verdicts.isEmpty else { throw members.wrong("verdict") }
    let lists = findings + acceptable + forbidden + open
    guard Set(lists).count == lists.count else { throw members.wrong("an id in two lists") }
    // Who expects something to mend names it.
    let needsNone = verdicts.contains { $0 == .healthy || $0 == .inconclusive }
    if findings.isEmpty, !needsNone { throw members.wrong("findings") }
  }

  /// Every id that it names.
  package var ids: [String] { findings + acceptable + forbidden + open }
}
