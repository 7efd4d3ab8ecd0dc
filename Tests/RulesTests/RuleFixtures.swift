// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// Four pieces of evidence for one rule, all synthesised: one for each thing that it can say.
struct RuleFixture: Sendable {
  let id: String
  let healthy: Evidence
  let found: Evidence
  let notApplicable: Evidence
  let inconclusive: Evidence
}

extension RuleFixture {
  private typealias Make = EvidenceFixture

  static let all: [RuleFixture] =
    guest + balloon + xen + configuration + hostMemory + pressure + pci + driver + windows + statistics + target + agent

  /// The base with one change, written as a function so that the compiler checks each by itself.
  private static func but(_ change: (inout Evidence) -> Void) -> Evidence { Make.healthy(change) }

  private static let withoutBalloon = but { evidence in
    evidence.device = DeviceEvidence(
      Unknown(failure: Failure(.notFound, "no balloon"), provenance: Provenance("x", trust: .host, time: nil)))
    evidence.device.qomPath = Make.absent()
    evidence.configuration.model = Make.observed("none")
    evidence.readings = []
  }

  private static let booting = but { evidence in
    Make.unserved(&evidence)
    Make.withoutAgent(&evidence)
    evidence.device.siblings = Make.observed([Make.serial([])])
    evidence.domain.uptime = Make.observed(4)
  }

  private static let paused = but { evidence in
    evidence.domain.state = Make.observed("paused")
    evidence.domain.stateReason = Make.observed("user")
    Make.freeze(&evidence)
  }

  private static let guest: [RuleFixture] = [
    RuleFixture(
      id: "guest.not-running", healthy: but { _ in }, found: paused,
      notApplicable: but { $0.domain.state = Make.absent() },
      inconclusive: but { $0.domain.state = Make.failed(.timedOut) }),
    RuleFixture(
      id: "guest.still-booting", healthy: but { _ in }, found: booting, notApplicable: withoutBalloon,
      inconclusive: but { evidence in
        Make.unserved(&evidence)
        Make.withoutAgent(&evidence)
        evidence.device.status = Make.failed(.unsupported)
        evidence.device.siblings = Make.failed(.unsupported)
        evidence.domain.uptime = Make.failed(.unsupported)
      }),
  ]

  private static let balloon: [RuleFixture] = [
    RuleFixture(
      id: "balloon.device.absent", healthy: but { _ in }, found: withoutBalloon,
      notApplicable: but { evidence in
        evidence.device.qomPath = Make.failed()
        evidence.device.status = Make.failed()
        evidence.configuration.model = Make.observed("xen")
      },
      inconclusive: but { evidence in
        evidence.device.qomPath = Make.failed()
        evidence.device.status = Make.failed()
        evidence.configuration.model = Make.failed()
      }),
    RuleFixture(
      id: "balloon.config.stats-period-unset", healthy: but { _ in },
      found: but { evidence in
        evidence.device.pollingInterval = Make.observed(0)
        Make.freeze(&evidence)
      },
      notApplicable: withoutBalloon,
      inconclusive: but { evidence in
        evidence.device.pollingInterval = Make.failed()
        evidence.configuration.statsPeriod = Make.failed()
      }),
    RuleFixture(
      id: "balloon.config.current-below-maximum", healthy: but { _ in },
      found: but { $0.configuration.maximum = Make.observed(2 << 30) }, notApplicable: withoutBalloon,
      inconclusive: but { $0.configuration.maximum = Make.failed() }),
  ]

  private static let ramClass: PCIIdentity = {
    var identity = PCIIdentity.balloonTransitional
    identity.classCode = .ramController
    return identity
  }()

  private static let withoutFunctions = but { evidence in
    evidence.guest.functions = Make.failed(.timedOut, trust: .guest)
    evidence.device.path = Make.failed()
    evidence.device.address = Make.failed()
  }

  private static let pci: [RuleFixture] = [
    RuleFixture(
      id: "pci.identity.unexpected", healthy: but { _ in },
      found: but { evidence in
        var identity = PCIIdentity.balloonTransitional
        identity.subsystemVendor = 0x108e
        evidence.device.identity = Make.observed(identity)
      },
      notApplicable: withoutBalloon,
      inconclusive: but { evidence in
        evidence.device.identity = Make.failed()
        evidence.guest.functions = Make.failed(trust: .guest)
      }),
    RuleFixture(
      id: "pci.identity.ram-class", healthy: but { _ in },
      found: but { $0.device.identity = Make.observed(ramClass) }, notApplicable: withoutBalloon,
      inconclusive: but { evidence in
        evidence.device.identity = Make.failed()
        evidence.guest.functions = Make.failed(trust: .guest)
      }),
    RuleFixture(
      id: "pci.identity.decoy", healthy: but { _ in },
      found: but { evidence in
        let ivshmem = PCIIdentity(vendor: 0x1af4, device: 0x1110, classCode: .ramController, revision: 1)
        evidence.device.decoys = Make.observed([
          HostFunction(address: PCIAddress(parsing: "00:07.0")!, path: PCIPath(parsing: "07.0"), identity: ivshmem)
        ])
      },
      notApplicable: but { evidence in
        evidence.device.decoys = Make.absent()
        evidence.guest.functions = Make.absent(.guest)
      },
      inconclusive: but { evidence in
        evidence.device.decoys = Make.failed()
        evidence.guest.functions = Make.failed(trust: .guest)
      }),
    RuleFixture(
      id: "pci.address.mismatch", healthy: but { _ in },
      found: but { $0.configuration.path = Make.observed(PCIPath(parsing: "02.1/00.0")!) },
      notApplicable: withoutBalloon, inconclusive: withoutFunctions),
    RuleFixture(
      id: "pci.address.renumbered", healthy: but { _ in },
      found: but { evidence in
        evidence.configuration.address = Make.observed(PCIAddress(parsing: "0000:05:05.0")!)
      },
      notApplicable: withoutBalloon, inconclusive: withoutFunctions),
    RuleFixture(
      id: "pci.function.missing-in-guest", healthy: but { _ in },
      found: but { evidence in
        Make.unserved(&evidence)
        evidence.guest.functions = Make.told([Make.linuxFunctions()[1]])
      },
      notApplicable: withoutBalloon, inconclusive: withoutFunctions),
  ]

  private static let bareWindows = but { evidence in
    Make.unserved(&evidence)
    Make.withoutAgent(&evidence)
    evidence.device.siblings = Make.observed([Make.serial([])])
    evidence.domain.osFamily = Make.observed("windows")
  }

  private static let driver: [RuleFixture] = [
    RuleFixture(
      id: "driver.virtio-win-absent",
      healthy: but { evidence in
        evidence.guest.osFamily = Make.failed(trust: .guest)
        evidence.domain.osFamily = Make.observed("windows")
      },
      found: bareWindows, notApplicable: but { _ in },
      inconclusive: but { evidence in
        evidence = bareWindows
        evidence.domain.uptime = Make.observed(20)
      }),
    RuleFixture(
      id: "driver.none", healthy: but { _ in },
      found: but { evidence in
        Make.unserved(&evidence)
        evidence.guest.functions = Make.told(Make.linuxFunctions(driver: Make.absent(.guest)))
      },
      notApplicable: withoutBalloon,
      inconclusive: but { evidence in
        Make.unserved(&evidence)
        evidence.guest.functions = Make.failed(.timedOut, trust: .guest)
      }),
    RuleFixture(
      id: "driver.generic", healthy: but { _ in },
      found: but { evidence in
        Make.unserved(&evidence)
        evidence.guest.functions = Make.told(Make.linuxFunctions(driver: Make.told("uio_pci_generic")))
      },
      notApplicable: withoutBalloon,
      inconclusive: but { evidence in
        Make.unserved(&evidence)
        evidence.guest.functions = Make.failed(.timedOut, trust: .guest)
      }),
    RuleFixture(
      id: "driver.contradicted", healthy: but { _ in }, found: but { Make.unserved(&$0) },
      notApplicable: withoutBalloon,
      inconclusive: but { $0.guest.functions = Make.failed(.timedOut, trust: .guest) }),
    RuleFixture(
      id: "driver.not-operating", healthy: but { _ in },
      found: but { evidence in
        Make.unserved(&evidence)
        Make.withoutAgent(&evidence)
      },
      notApplicable: withoutBalloon, inconclusive: booting),
  ]

  private static let statistics: [RuleFixture] = [
    RuleFixture(
      id: "stats.not-delivered", healthy: but { _ in },
      found: but { Make.freeze(&$0, statistics: Make.noStatistics) }, notApplicable: withoutBalloon,
      inconclusive: but { evidence in
        for index in evidence.readings.indices { evidence.readings[index].statistics = Make.failed(.timedOut) }
      }),
    RuleFixture(
      id: "stats.frozen", healthy: but { _ in }, found: but { Make.freeze(&$0) }, notApplicable: paused,
      inconclusive: but { evidence in
        Make.freeze(&evidence)
        evidence.collection.sampled = false
        evidence.readings.removeLast()
      }),
  ]

  private static let target: [RuleFixture] = [
    RuleFixture(
      id: "balloon.target.ignored",
      healthy: but { evidence in
        evidence.configuration.maximum = Make.observed(2 << 30)
        evidence.configuration.target = Make.observed(1 << 30)
      },
      found: but { $0.configuration.target = Make.observed(512 << 20) }, notApplicable: but { _ in },
      inconclusive: but { $0.configuration.target = Make.failed(.denied) }),
    RuleFixture(
      id: "balloon.target.not-reached",
      healthy: but { evidence in
        evidence.configuration.maximum = Make.observed(2 << 30)
        evidence.configuration.target = Make.observed(1 << 30)
      },
      found: but { evidence in
        evidence.configuration.maximum = Make.observed(2 << 30)
        evidence.configuration.target = Make.observed(512 << 20)
      },
      notApplicable: but { _ in }, inconclusive: but { $0.configuration.target = Make.failed(.denied) }),
  ]

  private static let withoutPort = but { evidence in
    Make.withoutAgent(&evidence, .notFound)
    evidence.channel.port = Make.absent()
    evidence.channel.guestOpen = Make.absent()
    evidence.channel.heldByAnother = Make.absent()
  }

  private static let closedPort = but { Make.withoutAgent(&$0) }

  private static func agentFailed(_ reason: Failure.Reason, _ change: (inout Evidence) -> Void = { _ in }) -> Evidence {
    but { evidence in
      Make.withoutAgent(&evidence, reason)
      evidence.channel.guestOpen = Make.observed(true)
      change(&evidence)
    }
  }

  private static let channelUnknown = agentFailed(.timedOut) { evidence in
    evidence.channel.port = Make.failed()
    evidence.channel.guestOpen = Make.failed()
    evidence.channel.heldByAnother = Make.failed()
    evidence.device.siblings = Make.failed()
  }

  private static let agent: [RuleFixture] = [
    RuleFixture(
      id: "agent.channel.absent", healthy: but { _ in }, found: withoutPort,
      notApplicable: but { evidence in
        evidence = withoutBalloon
        Make.withoutAgent(&evidence)
      }, inconclusive: channelUnknown),
    RuleFixture(
      id: "agent.channel.driver-missing", healthy: closedPort,
      found: but { evidence in
        Make.withoutAgent(&evidence)
        evidence.device.siblings = Make.observed([Make.serial([])])
      },
      notApplicable: withoutPort, inconclusive: channelUnknown),
    RuleFixture(
      id: "agent.channel.disconnected", healthy: but { _ in }, found: closedPort, notApplicable: withoutPort,
      inconclusive: channelUnknown),
    RuleFixture(
      id: "agent.channel.busy", healthy: closedPort,
      found: agentFailed(.timedOut) { $0.channel.heldByAnother = Make.observed(true) }, notApplicable: withoutPort,
      inconclusive: channelUnknown),
    RuleFixture(
      id: "agent.silent", healthy: but { _ in }, found: agentFailed(.timedOut), notApplicable: closedPort,
      inconclusive: channelUnknown),
    RuleFixture(
      id: "agent.incompatible", healthy: but { _ in }, found: agentFailed(.incompatible), notApplicable: closedPort,
      inconclusive: agentFailed(.timedOut)),
  ]
}
