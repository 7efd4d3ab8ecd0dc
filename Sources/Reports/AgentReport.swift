// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// What `agent info` says: who answers, what it can do, and what it tells.
package struct AgentReport: Report, Codable, Hashable {
  /// The name and version of the JSON form, which has this type's members.
  package static let schema = "virt-balloon/agent/1"

  package var schema: String
  package var agent: AgentIdentity
  /// The guest's system in the agent's word.
  package var system: String
  /// A text that is another one for every process of the agent.
  package var instance: String
  /// How long the hello took, in seconds; absent when it was not measured.
  package var roundTrip: Double?
  package var methods: [String]
  /// The agent's limits by the names of the protocol, in bytes and levels.
  package var limits: [String: UInt64]
  /// What the agent told, in the order in which it is shown.
  package var facts: [Fact]

  /// One thing that the agent told.
  package struct Fact: Codable, Hashable, Sendable {
    /// The method that told it: `guest.os`.
    package var method: String
    package var name: String
    package var value: Observation<String>
    package init(method: String, name: String, value: Observation<String>) {
      self.method = method
      self.name = name
      self.value = value
    }
  }

  package init(
    agent: AgentIdentity, system: String, instance: String, roundTrip: Double? = nil, methods: [String],
    limits: [String: UInt64], facts: [Fact] = []
  ) {
    schema = Self.schema
    self.agent = agent
    self.system = system
    self.instance = instance
    self.roundTrip = roundTrip
    self.methods = methods
    self.limits = limits
    self.facts = facts
  }

  package func json() throws(ReportError) -> [UInt8] { try JSONDocument.encode(self) }

  package func text(_ style: TextStyle) -> String {
    var page = TextPage(style)
    page.flow(
      [
        TextPage.Span("\(Self.short(agent.name)) \(Self.short(agent.version))", .bold),
        TextPage.Span("speaks protocol version \(agent.protocolVersion)."),
      ], hanging: 2)
    page.blank()
    page.field("system", Self.short(system))
    page.field("instance", Self.short(instance))
    if let roundTrip { page.field("hello took", TextPage.milliseconds(roundTrip)) }
    page.field("methods", methods.prefix(64).map(Self.short).joined(separator: ", "))
    page.field(
      "limits",
      limits.sorted { $0.key < $1.key }.prefix(16).map { "\(Self.short($0.key)) \($0.value)" }
        .joined(separator: ", "))
    var method: String?
    for fact in facts {
      if fact.method != method {
        page.blank()
        page.heading(fact.method)
        method = fact.method
      }
      page.field(
        Self.short(fact.name),
        [TextPage.Span(Known.text(fact.value))] + (Known.source(fact.value).map { [TextPage.Span($0, .dim)] } ?? []))
    }
    return page.text
  }

  private static func short(_ text: String) -> String { TerminalText.shortened(text, to: 100) }
}
