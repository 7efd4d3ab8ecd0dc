// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// Evidence for the rules about the build of Windows' driver, the values of the statistics and the agent's age, all
/// synthesised; versions and days are those that virtio-win has published (data/old-drivers, data/rpm_changelog, its
/// issues).
extension EvidenceFixture {
  /// A Windows of this version whose balloon driver has this version and day.
  static func windows(
    _ version: String, driver: String, day: String? = nil, _ change: (inout Evidence) -> Void = { _ in }
  ) -> Evidence {
    windows { evidence in
      evidence.guest.kernel = told(version)
      evidence.guest.functions = told([windowsBalloon(driver: driver, day: day)])
      change(&evidence)
    }
  }

  static func windowsBalloon(driver: String, day: String? = nil, problem: UInt16 = 0) -> GuestFunction {
    var function = windowsBalloon(problem: problem)
    function.driverVersion = told(driver)
    if let day { function.windows?.driverDate = told(day) }
    return function
  }

  /// Other statistics in every reading.
  static func deliver(_ evidence: inout Evidence, _ values: [String: UInt64]) {
    for index in evidence.readings.indices {
      evidence.readings[index].statistics = observed(
        allStatistics.merging(values.mapValues { observed($0) }) { _, new in new }, "guest-stats")
    }
  }

  /// Another size in every reading, which is also the machine's.
  static func size(_ evidence: inout Evidence, actual: UInt64, maximum: UInt64? = nil) {
    evidence.configuration.maximum = observed(maximum ?? actual)
    for index in evidence.readings.indices { evidence.readings[index].actual = observed(actual) }
  }

  /// Windows as its registry has it: nothing tells what is there now, what is wrong with it, or what runs.
  static func byRegistry(_ functions: [GuestFunction], _ services: [GuestService] = []) -> Evidence {
    var evidence = blank(Failure(.unsupported, "only the registry was read"), kind: .qmp)
    evidence.target = Target(kind: .artefacts, name: nil, location: "paste.txt")
    evidence.collection.sampled = false
    evidence.guest.osFamily = told("windows")
    evidence.guest.functions = told(
      functions.map { function in
        var function = function
        function.problemCode = failed(.unsupported, trust: .guest)
        function.windows?.isPresent = failed(.unsupported, trust: .guest)
        function.windows?.problemStatus = failed(.unsupported, trust: .guest)
        return function
      })
    evidence.guest.services = told(
      services.map { service in
        var service = service
        if !service.state.isAbsent { service.state = failed(.unsupported, trust: .guest) }
        return service
      })
    return evidence
  }

  /// What the collector leaves of a method that the agent's hello does not name.
  static func withoutMethod<Value>() -> Observation<Value> {
    .failed(
      Failure(.unsupported, "the agent has no such method"),
      Provenance("agent agent.hello", trust: .guest, time: now))
  }
}

extension RuleFixture {
  private typealias Make = EvidenceFixture

  private static let linux = Make.healthy()

  private static let withoutList = Make.windows { evidence in
    Make.unserved(&evidence)
    evidence.guest.functions = Make.failed(.timedOut, trust: .guest)
  }

  static let insideGuest: [RuleFixture] = [
    RuleFixture(
      id: "driver.wrong-os-build", healthy: Make.windows(),
      found: Make.windows("6.1.7601", driver: "62.93.104.24000") { evidence in
        Make.unserved(&evidence)
        evidence.guest.functions = Make.told([Make.windowsBalloon(driver: "62.93.104.24000", problem: 39)])
      },
      notApplicable: linux, inconclusive: withoutList),
    RuleFixture(
      id: "driver.known-bug", healthy: Make.windows(),
      found: Make.windows("6.1.7601", driver: "61.71.104.9400"), notApplicable: linux, inconclusive: withoutList),
    RuleFixture(
      id: "service.hung", healthy: Make.windows(), found: Make.windows { Make.freeze(&$0) }, notApplicable: linux,
      inconclusive: Make.windows { evidence in
        Make.freeze(&evidence)
        evidence.guest.services = Make.failed(.timedOut, trust: .guest)
      }),
    RuleFixture(
      id: "stats.implausible", healthy: linux,
      found: Make.healthy { Make.deliver(&$0, ["freeMemory": 2 << 30]) },
      notApplicable: Make.healthy { Make.freeze(&$0, statistics: Make.noStatistics) },
      inconclusive: Make.healthy { evidence in
        for index in evidence.readings.indices { evidence.readings[index].statistics = Make.failed(.timedOut) }
      }),
    RuleFixture(
      id: "agent.outdated", healthy: linux, found: Make.healthy { $0.guest.memory = Make.withoutMethod() },
      notApplicable: Make.healthy { Make.withoutAgent(&$0) },
      inconclusive: Make.healthy { Make.withoutAgent(&$0, .timedOut) }),
  ]
}
