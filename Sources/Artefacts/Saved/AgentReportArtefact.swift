// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import Collectors

/// What `virt-balloon-agent --report --format json` printed in the guest, or one exchange with the agent as a support
/// bundle has it (`{"method": …, "result": …}`).
struct AgentReportArtefact: ArtefactContent {
  let kind = "agent's report"
  let rank = 5
  private let report: JSON

  static func read(_ json: JSON) -> (any ArtefactContent)? {
    if let name = json["method"]?.string, Method.all.contains(where: { $0.name == name }) {
      guard let result = json["result"] else {
        return json["error"].map { _ in QuietArtefact(kind: "agent's refusal") }
      }
      let answer: JSON = ["result": result]
      let members: [(String, JSON)] = [(name, answer)]
      return AgentReportArtefact(report: .object(JSONObject(members)))
    }
    guard json["agent"]?["name"]?.string != nil, json["protocol"]?.uint != nil, json[Method.os.name] != nil else {
      return nil
    }
    return AgentReportArtefact(report: json)
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {
    let facts = AgentFacts(time: nil, document: "\(place)")
    // No agent was talked to: that it could be is not said by its report.
    if let os = result(.os).map(GuestOS.init(json:)) {
      draft.tell(\.guest.osFamily, facts.observation(os.family, of: .os))
      draft.tell(\.guest.osName, facts.observation(os.name, of: .os))
      draft.tell(\.guest.kernel, facts.observation(os.kernel, of: .os))
      draft.tell(\.guest.uptime, facts.observation(os.uptime, of: .os))
      draft.tellWindows(os.windows.map(facts.windows))
    }
    if let memory = result(.memory).map(NamedFacts.init(json:)) {
      draft.tell(\.guest.memory, observed(facts.leaves(memory, of: .memory), .memory, place))
    }
    if let statistics = result(.statistics).map(NamedFacts.init(json:)) {
      draft.tell(\.guest.statistics, observed(facts.leaves(statistics, of: .statistics), .statistics, place))
    }
    if let functions = result(.functions)?["functions"]?.array {
      let list = functions.prefix(1_024).map { facts.function(PCIFunctionFacts(json: $0)) }
      draft.tell(\.guest.functions, observed(list, .functions, place))
    }
    if let services = result(.services)?["services"]?.array {
      let list = services.prefix(1_024).compactMap { ServiceFacts(json: $0).map(facts.service) }
      draft.tell(\.guest.services, observed(list, .services, place))
    }
    if let lines = result(.log)?["lines"]?.array {
      draft.tell(\.guest.log, observed(lines.prefix(4_096).compactMap { $0["text"]?.string }, .log, place))
    }
  }

  private func result(_ method: Method) -> JSON? { report[method.name]?["result"] }

  private func observed<Value>(_ value: Value, _ method: Method, _ place: ArtefactPlace) -> Observation<Value> {
    .observed(value, place.provenance("agent \(method.name)", .guest))
  }
}
