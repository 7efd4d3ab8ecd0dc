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
    /// Each of a method's values under its own name; only what is not in bytes stays a bare number.
    func addSizes(_ method: Method, _ leaf: Observation<[String: Observation<UInt64>]>) {
      guard let values = leaf.value else { return add(method, "values", leaf) }
      let counts: Set = [
        StatisticsField.majorFaults, StatisticsField.minorFaults, StatisticsField.hugetlbAllocations,
        StatisticsField.hugetlbFailures,
      ]
      for (name, value) in values.sorted(by: { $0.key < $1.key }) {
        let text = value.map { counts.contains(name) ? "\($0)" : EvidenceText.size($0) }
        facts.append(Fact(method: method.name, name: name, value: text))
      }
    }
    add(.os, "system", guest.osName)
    add(.os, "kernel", guest.kernel)
    add(.os, "uptime in seconds", guest.uptime)
    addSizes(.memory, guest.memory)
    addSizes(.statistics, guest.statistics)
    for function in guest.functions.value ?? [] {
      let place = function.address.value?.description ?? "a function"
      add(.functions, "\(place) identity", function.identity)
      add(.functions, "\(place) driver", function.driver)
      if let windows = function.windows {
        add(.functions, "\(place) INF", function.module)
        add(.functions, "\(place) problem", function.problemCode)
        add(.functions, "\(place) present", windows.isPresent)
      }
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
