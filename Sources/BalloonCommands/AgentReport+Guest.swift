// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import PCI
import Reports
import Rules

extension AgentReport {
  /// The report of a hello and of what the agent told after it.
  init(_ hello: Hello, _ guest: GuestEvidence, roundTrip: Duration) {
    var facts: [Fact] = []
    func add<Value>(_ method: Method, _ name: String, _ leaf: Observation<Value>) {
      facts.append(Fact(method: method.name, name: name, value: leaf.map { EvidenceText.describe($0) }))
    }
    add(.os, "system", guest.osName)
    add(.os, "kernel", guest.kernel)
    add(.os, "uptime in seconds", guest.uptime)
    add(.memory, "memory", guest.memory)
    add(.statistics, "statistics", guest.statistics)
    for function in guest.functions.value ?? [] {
      let place = function.address.value?.description ?? "a function"
      add(.functions, "\(place) identity", function.identity)
      add(.functions, "\(place) driver", function.driver)
    }
    if guest.functions.value == nil { add(.functions, "PCI functions", guest.functions) }
    add(.services, "drivers", guest.services)
    add(.log, "log", guest.log)
    self.init(
      agent: AgentIdentity(
        name: hello.agentName, version: hello.agentVersion, protocolVersion: hello.version),
      system: hello.system, instance: hello.instance,
      roundTrip: Double(roundTrip.components.seconds) + Double(roundTrip.components.attoseconds) / 1e18,
      methods: hello.methods,
      limits: [
        "request": hello.limits.request, "reply": hello.limits.reply, "depth": hello.limits.depth,
        "string": hello.limits.string,
      ], facts: facts)
  }
}
