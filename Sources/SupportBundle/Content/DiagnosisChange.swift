// SPDX-License-Identifier: GPL-3.0-or-later
package import Reports
package import Rules

/// What today's rules say of a bundle's evidence that those of its time did not.
package struct DiagnosisChange: Hashable, Sendable {
  /// One sentence for each difference; empty when the answer is the same.
  package let sentences: [String]

  /// - Parameter then: as the bundle has it, written by virt-balloon `tool`.
  package init(from then: DiagnosisDocument, by tool: String, to now: Diagnosis) {
    var sentences: [String] = []
    if then.verdict != now.verdict {
      sentences.append("the verdict was \(then.verdict.rawValue) and is \(now.verdict.rawValue)")
    }
    func compare(_ what: String, _ before: [String], _ after: [String]) {
      let gone = before.filter { !after.contains($0) }
      let new = after.filter { !before.contains($0) }
      if !new.isEmpty { sentences.append("\(what) now and not then: \(new.joined(separator: ", "))") }
      if !gone.isEmpty { sentences.append("\(what) then and not now: \(gone.joined(separator: ", "))") }
    }
    compare("found", then.findings.flatMap { [$0.id] + $0.explains }, now.findings.flatMap { [$0.id] + $0.explains })
    compare("not judged", then.inconclusive.map(\.id), now.inconclusive.map(\.id))
    for finding in now.findings {
      guard let old = then.findings.first(where: { $0.id == finding.id }) else { continue }
      if old.severity != finding.severity {
        sentences.append("\(finding.id) was a \(old.severity.rawValue) and is a \(finding.severity.rawValue)")
      }
    }
    self.sentences = sentences.map { "Since virt-balloon \(tool) wrote the bundle: \($0)." }
  }
}
