// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

extension AgentRules {
  static let outdated = Rule(
    id: "agent.outdated",
    title: "The agent is older than this program",
    severity: .note,
    explanation: """
      The agent in the guest speaks the protocol and cannot answer all that this program would ask: it lacks methods, \
      or it is the virt-balloon-agent of an earlier version. Methods are only ever added and never changed, so an old \
      agent is understood for ever, and what it says is used; only the facts that it has no method for are missing \
      from the answer, and the rules that need them are inconclusive. It is therefore a note. An agent by somebody \
      else may leave methods out on purpose.
      """,
    sources: ["The agent protocol: agent.hello and its list of methods; methods are append-only"],
    evidence: [
      "guest.agent", "guest.functions", "guest.log", "guest.memory", "guest.osFamily", "guest.services",
      "guest.statistics",
    ],
    remedy: { context in
      [
        RemedyStep(.guest, "Install the virt-balloon-agent of this program's version, and start it anew."),
        RemedyStep(
          .host, context.isLibvirt ? "See what it can do then." : "See what it can do then, PATH being its socket.",
          command: context.isLibvirt
            ? "virt-balloon agent info\(context.uri.map { " --connect \($0)" } ?? "") \(context.domain ?? "DOMAIN")"
            : "virt-balloon agent info --agent-socket PATH"),
        context.checkAgain,
      ]
    },
    assess: assessAge)

  private static func assessAge(_ reader: inout EvidenceReader) -> Assessment {
    let leaf = reader.read(\.guest.agent)
    guard let agent = leaf.value else {
      if leaf.isAbsent || [.disconnected, .notFound, .notAsked].contains(leaf.failure?.reason) {
        guard leaf.failure?.reason != .notAsked else {
          _ = reader.ask(\.guest.agent)
          return .inconclusive
        }
        return .notApplicable("No agent answers.")
      }
      _ = reader.ask(\.guest.agent)
      return .inconclusive
    }
    let who = EvidenceText.describe(agent)
    let missing = reader.missingMethods()
    if !missing.isEmpty {
      return .found("\(who), has no method \(missing.joined(separator: ", ")), which this program would ask.")
    }
    let program = reader.collection.tool
    if agent.name == "virt-balloon-agent", let own = ProgramVersion(agent.version), let ours = ProgramVersion(program),
      own < ours
    {
      return .found("\(who), is older than this program, which is \(EvidenceText.name(program)).")
    }
    return .healthy("\(who), has every method that this program asks.")
  }
}

extension EvidenceReader {
  /// The methods that the agent did not name in its hello: what they would have told failed on the hello's account, and
  /// not on their own. Cites one leaf of each.
  fileprivate mutating func missingMethods() -> [String] {
    var missing: [String] = []
    func note<Value>(_ method: String, _ path: KeyPath<Evidence, Observation<Value>>, _ reader: inout EvidenceReader) {
      let leaf = reader.peek(path)
      guard leaf.failure?.reason == .unsupported, leaf.provenance.source == "agent agent.hello" else { return }
      _ = reader.read(path)
      missing.append(method)
    }
    note("guest.os", \.guest.osFamily, &self)
    note("guest.memory", \.guest.memory, &self)
    note("balloon.stats", \.guest.statistics, &self)
    note("pci.functions", \.guest.functions, &self)
    note("driver.services", \.guest.services, &self)
    note("log.balloon", \.guest.log, &self)
    return missing
  }
}

/// The version of a program of this project, `0.1.0`; what follows the numbers is left out of account.
private struct ProgramVersion: Comparable {
  let numbers: [UInt64]

  /// `nil` for a text that does not begin with two or three numbers.
  init?(_ text: String) {
    guard text.utf8.count <= 64 else { return nil }
    let numbers =
      text.split(separator: "-", maxSplits: 1)[0...].first?
      .split(separator: ".", omittingEmptySubsequences: false).map { UInt64($0) } ?? []
    guard (2...3).contains(numbers.count), !numbers.contains(nil) else { return nil }
    self.numbers = numbers.compactMap { $0 }
  }

  static func < (one: ProgramVersion, other: ProgramVersion) -> Bool {
    one.numbers.lexicographicallyPrecedes(other.numbers)
  }
}
