// SPDX-License-Identifier: BSD-3-Clause
package import AgentProtocol

/// Everything that the agent would tell a host, gathered at once for a person at the guest.
package struct GuestReport: Sendable {
  /// The most lines of the system's log that a report shows.
  package static let logLimit = 1_000

  package let identity: AgentIdentity
  package let system: String
  package let os: Result<GuestOS, ProtocolError>
  package let memory: Result<NamedFacts, ProtocolError>
  package let statistics: Result<NamedFacts, ProtocolError>
  package let functions: Result<[PCIFunctionFacts], ProtocolError>
  package let services: Result<[ServiceFacts], ProtocolError>
  package let log: Result<[LogLine], ProtocolError>

  package init(of platform: some GuestPlatform, identity: AgentIdentity) {
    self.identity = identity
    system = platform.system
    os = GuestReport.outcome { () throws(ProtocolError) in try platform.os() }
    memory = GuestReport.outcome { () throws(ProtocolError) in try platform.memory() }
    statistics = GuestReport.outcome { () throws(ProtocolError) in try platform.statistics() }
    functions = GuestReport.outcome { () throws(ProtocolError) in
      try platform.functions().compactMap { platform.function($0) }
    }
    services = GuestReport.outcome { () throws(ProtocolError) in try platform.services() }
    log = GuestReport.outcome { () throws(ProtocolError) in
      var lines: [LogLine] = []
      try platform.log(from: 0) { (_, line) in
        guard lines.count < GuestReport.logLimit else {
          lines.append(LogLine(microseconds: nil, text: String.cutMark))
          return false
        }
        lines.append(line)
        return true
      }
      return lines
    }
  }

  private static func outcome<Value>(_ body: () throws(ProtocolError) -> Value) -> Result<Value, ProtocolError> {
    do throws(ProtocolError) { return .success(try body()) } catch { return .failure(error) }
  }

  /// The report as JSON: what each method answers, under its name, as `{"result": …}` or `{"error": …}`.
  package var json: JSON {
    [
      "agent": ["name": .string(identity.name), "version": .string(identity.version)],
      "protocol": .integer(AgentChannel.version), "system": .string(system),
      Method.os.name: GuestReport.json(os) { $0.json },
      Method.memory.name: GuestReport.json(memory) { $0.json },
      Method.statistics.name: GuestReport.json(statistics) { $0.json },
      Method.functions.name: GuestReport.json(functions) { Page($0.map { $0.json }).json(member: "functions") },
      Method.services.name: GuestReport.json(services) { Page($0.map { $0.json }).json(member: "services") },
      Method.log.name: GuestReport.json(log) { Page($0.map { $0.json }).json(member: "lines") },
    ]
  }

  private static func json<Value>(_ outcome: Result<Value, ProtocolError>, _ write: (Value) -> JSON) -> JSON {
    switch outcome {
    case .success(let value): ["result": write(value)]
    case .failure(let error): ["error": error.json]
    }
  }
}
