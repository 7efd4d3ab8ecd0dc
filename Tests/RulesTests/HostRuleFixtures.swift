// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence

/// The fixtures of the rules about the host's settings and the memory itself, all synthesised.
extension RuleFixture {
  private typealias Make = EvidenceFixture

  private static func but(_ change: (inout Evidence) -> Void) -> Evidence { Make.healthy(change) }

  private static let xenDomain = but { Make.xen(&$0) }

  private static let idle = but { _ in }

  static let xen: [RuleFixture] = [
    RuleFixture(
      id: "balloon.device.xen", healthy: idle, found: xenDomain,
      notApplicable: but { evidence in
        evidence.device.qomPath = Make.absent()
        evidence.device.status = Make.absent()
        evidence.configuration.model = Make.observed("none")
      },
      inconclusive: but { evidence in
        evidence.device.qomPath = Make.failed()
        evidence.device.status = Make.failed()
        evidence.configuration.model = Make.failed()
      })
  ]

  /// The balloon's driver has taken every feature, or what is offered and not taken.
  private static func features(
    offered: [String], taken: [String]?, _ change: (inout Evidence) -> Void = { _ in }
  ) -> Evidence {
    but { evidence in
      evidence.device.hostFeatures = Make.observed(["STATS_VQ"] + offered)
      evidence.device.guestFeatures = taken.map { Make.observed(["STATS_VQ"] + $0) } ?? Make.failed(.unsupported)
      change(&evidence)
    }
  }

  static let configuration: [RuleFixture] = [
    RuleFixture(
      id: "balloon.config.maximum-oversized", healthy: idle,
      found: but { $0.configuration.maximum = Make.observed(16 << 30) },
      notApplicable: but { evidence in
        evidence.configuration.maximum = Make.observed(32 << 30)
        evidence.guest.osFamily = Make.told("windows")
      },
      inconclusive: but { evidence in
        evidence.configuration.maximum = Make.observed(16 << 30)
        evidence.guest.osFamily = Make.failed(.timedOut, trust: .guest)
      }),
    RuleFixture(
      id: "balloon.config.autodeflate-ineffective",
      healthy: features(offered: ["DEFLATE_ON_OOM"], taken: ["DEFLATE_ON_OOM"]),
      found: features(offered: ["DEFLATE_ON_OOM"], taken: []), notApplicable: idle,
      inconclusive: features(offered: ["DEFLATE_ON_OOM"], taken: nil)),
    RuleFixture(
      id: "balloon.config.free-page-reporting-ineffective",
      healthy: features(offered: ["REPORTING"], taken: ["REPORTING"]),
      found: features(offered: ["REPORTING"], taken: []) { $0.guest.osFamily = Make.told("windows") },
      notApplicable: idle,
      inconclusive: features(offered: [], taken: nil) { evidence in
        evidence.device.hostFeatures = Make.failed(.unsupported)
        evidence.configuration.freePageReporting = Make.failed(.notFound)
      }),
  ]

  private static let returned = but { Make.inflated(&$0) }

  static let hostMemory: [RuleFixture] = [
    RuleFixture(
      id: "balloon.config.inhibited", healthy: returned,
      found: but { evidence in
        Make.inflated(&evidence)
        evidence.configuration.pinningDevices = Make.observed(["pci", "pci"])
      },
      notApplicable: xenDomain,
      inconclusive: but { $0.configuration.pinningDevices = Make.failed(.timedOut) }),
    RuleFixture(
      id: "balloon.config.hugepages", healthy: returned,
      found: but { evidence in
        Make.inflated(&evidence)
        evidence.configuration.hugepages = Make.observed(true)
      },
      notApplicable: xenDomain, inconclusive: but { $0.configuration.hugepages = Make.failed() }),
    RuleFixture(
      id: "balloon.config.memory-locked", healthy: returned,
      found: but { evidence in
        Make.inflated(&evidence)
        evidence.configuration.locked = Make.observed(true)
      },
      notApplicable: xenDomain, inconclusive: but { $0.configuration.locked = Make.failed() }),
    RuleFixture(
      id: "balloon.host-memory-not-returned", healthy: returned,
      found: but { Make.inflated(rss: 8_400 << 20, &$0) }, notApplicable: idle,
      inconclusive: but { evidence in
        Make.inflated(&evidence)
        for index in evidence.readings.indices { evidence.readings[index].rss = Make.failed(.denied) }
      }),
  ]

  static let pressure: [RuleFixture] = [
    RuleFixture(
      id: "guest.memory-pressure", healthy: returned,
      found: but { evidence in
        Make.inflated(&evidence)
        Make.squeeze(&evidence)
      },
      notApplicable: idle,
      inconclusive: but { evidence in
        Make.inflated(&evidence)
        for index in evidence.readings.indices { evidence.readings[index].statistics = Make.failed(.timedOut) }
      })
  ]
}
