// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Reports
import Rules

/// `README.txt`: the answer and what is missing in the first fifteen lines, then what is in the bundle.
struct BundleReadme {
  let manifest: Manifest
  let guests: [GuestSummary]
  let collection: CollectionDocument

  /// What is read before anybody scrolls.
  private static let headLines = 15
  private static let width = 100
  /// The most that is told of one kind in the head.
  private static let guestLimit = 6
  private static let missingLimit = 4

  var text: String {
    var lines = head
    if lines.count > Self.headLines { lines = Array(lines.prefix(Self.headLines - 1)) + ["(more in report.md)"] }
    return (lines + [""] + contents).map { $0 + "\n" }.joined()
  }

  // MARK: The head

  private var head: [String] {
    var lines = ["virt-balloon support bundle: does memory ballooning work? (\(formWords))", ""]
    let worstFirst = guests.sorted { $0.verdict.rank > $1.verdict.rank }
    for guest in worstFirst.prefix(Self.guestLimit) {
      lines += cut(VerdictSentence.text(guest.diagnosis, guest.evidence), to: guests.count == 1 ? 3 : 1)
    }
    if guests.count > Self.guestLimit { lines.append("and \(guests.count - Self.guestLimit) more guests") }
    if guests.isEmpty { lines.append("No guest could be looked at.") }
    if guests.count == 1, let step = guests[0].diagnosis.findings.first?.remedy.first {
      lines += cut("What to do first (\(step.place.rawValue)): \(step.text)", to: 2)
      if let command = step.command {
        // Half a command is worse than none.
        let shown = cut(command, to: 1, indent: "    ")
        lines += TerminalText.width(command) + 4 <= Self.width ? shown : ["    (its command is in report.md)"]
      }
    }
    let missing = missing
    if !missing.isEmpty {
      lines.append(missing.count == 1 ? "What is missing:" : "What is missing (\(missing.count)):")
      for text in missing.prefix(Self.missingLimit) { lines += cut("- \(text)", to: 1, indent: "  ") }
      if missing.count > Self.missingLimit {
        lines.append("  - and \(missing.count - Self.missingLimit) more, see collection.json")
      }
    }
    return lines
  }

  private var formWords: String {
    let form = manifest.form == .shareable ? "redacted, fit to be shared" : "NOT redacted: names, addresses and all"
    return manifest.state == .complete ? form : form + "; PARTIAL"
  }

  /// What was not to be had: targets, sources, and what would settle what could not be judged.
  private var missing: [String] {
    var missing: [String] = []
    if let interruption = collection.interruption { missing.append(interruption) }
    for target in collection.targets {
      guard let failure = target.failure else { continue }
      missing.append(name(of: target.target, among: collection.targets.count) + failure.detail)
    }
    for guest in guests {
      let name = name(of: guest.evidence.target, among: guests.count)
      // What would settle most comes first; one reason is told once, with the first way to mend it.
      var reasons: [String] = []
      for gap in Gap.all(in: guest.diagnosis.inconclusive) {
        guard let reason = gap.reasons.first, !reasons.contains(reason) else { continue }
        reasons.append(reason)
        missing.append(name + reason + (gap.ask.map { ": \($0)" } ?? ""))
      }
      for source in guest.evidence.collection.sources {
        guard let failure = source.failure, !reasons.contains(where: { $0.contains(failure.detail) }) else { continue }
        missing.append("\(name)\(source.name): \(failure.detail)\(failure.ask.map { " (\($0))" } ?? "")")
      }
    }
    var seen: Set<String> = []
    return missing.filter { seen.insert($0).inserted }
  }

  /// The guest's name where there are several.
  private func name(of target: Target, among count: Int) -> String { count == 1 ? "" : target.label + ": " }

  // MARK: The rest

  private var contents: [String] {
    let several = guests.count > 1
    var lines = [
      several
        ? "Open guests/N/report.html in a browser (self-contained; it loads nothing):"
        : "Open report.html in a browser (self-contained; it loads nothing). report.md is the same for an issue."
    ]
    if several {
      for guest in guests { lines += cut("\(guest.folder)  \(guest.evidence.target.label)", to: 1, indent: "  ") }
    }
    lines += [
      "",
      "evidence.json     all that is known, each leaf with its source and whether host or guest said so",
      "diagnosis.json    what the rules of virt-balloon \(manifest.tool) made of it",
      "collection.json   what was asked, how long it took, what failed, and what it would have needed",
    ]
    if manifest.form == .shareable {
      lines.append("redactions.json   what was replaced, where and how often (never by what)")
    }
    lines += [
      "raw/              what the sources said" + (manifest.form == .shareable ? ", redacted" : ", byte for byte"),
      "",
      "Check that nothing was changed:  sha256sum -c SHA256SUMS   (or: virt-balloon analyze --verify FILE.tar.gz)",
      "Judge it anew, anywhere:         virt-balloon analyze FILE.tar.gz",
    ]
    if manifest.form == .full { lines.append("Make a copy fit to be shared:    virt-balloon redact FILE.tar.gz") }
    return lines
  }

  /// Text that others may have written, as lines of their own: escaped, wrapped, and cut.
  private func cut(_ text: String, to limit: Int, indent: String = "") -> [String] {
    let clean = TerminalText.escaped(TerminalText.shortened(text, to: 600), unicode: true)
    var lines: [String] = []
    var line = ""
    for word in clean.split(separator: " ") {
      if line.isEmpty {
        line = indent + word
      } else if TerminalText.width(line) + 1 + TerminalText.width(String(word)) <= Self.width {
        line += " " + word
      } else {
        lines.append(line)
        line = "    " + word
      }
    }
    lines.append(line)
    guard lines.count > limit else { return lines }
    return lines.prefix(limit - 1) + [lines[limit - 1] + " …"]
  }
}

extension Verdict {
  /// The gravest is the greatest.
  fileprivate var rank: Int {
    switch self {
    case .healthy: 0
    case .inconclusive: 1
    case .warning: 2
    case .problem: 3
    }
  }
}
