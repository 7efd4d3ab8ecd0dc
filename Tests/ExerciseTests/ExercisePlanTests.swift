// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Exercise
import Testing

@Suite("What an exercise will do")
struct ExercisePlanTests {
  private static let host = Provenance("scripted", trust: .host, time: 0)

  @Test(
    "Nothing is touched where it would show nothing, or nobody knows what the guest can spare",
    arguments: [
      "no balloon", "paused", "shut off", "rebooting", "frozen", "never", "squeezed", "no available", "absurd",
    ])
  func refuses(_ why: String) throws {
    let host = Self.host
    #expect(throws: ExercisePlan.Refusal.self) {
      try ScriptedEvidence.plan { evidence in
        switch why {
        case "no balloon": evidence.device.qomPath = .absent(host)
        case "paused": evidence.domain.state = .observed("paused", host)
        case "shut off": evidence.domain.state = .observed("shutoff", host)
        case "rebooting": evidence.domain.interruptions = .observed(["RESET"], host)
        case "frozen": evidence.readings[1].lastUpdate = evidence.readings[0].lastUpdate
        case "never": for index in 0...1 { evidence.readings[index].lastUpdate = .absent(host) }
        case "squeezed": set(&evidence, ["availableMemory": 270 << 20])
        case "no available": set(&evidence, ["totalMemory": 1 << 30])
        default: set(&evidence, ["availableMemory": 2 << 30, "totalMemory": 3 << 30])
        }
      }
    }
  }

  private func set(_ evidence: inout Evidence, _ values: [String: UInt64]) {
    evidence.readings[1].statistics = .observed(values.mapValues { .observed($0, Self.host) }, Self.host)
  }

  @Test("Statistics that cannot be trusted are made good by a size that somebody names")
  func named() throws {
    let plan = try ScriptedEvidence.plan(named: 768 << 20) { evidence in
      evidence.readings[1].lastUpdate = evidence.readings[0].lastUpdate
    }
    #expect(plan.floor == nil)
    #expect(plan.lowest == 768 << 20)
    #expect(plan.downward.last == 768 << 20)
  }

  @Test("A guest that is not known to be Linux keeps twice as much", arguments: [nil, "windows"])
  func twice(_ family: String?) throws {
    let plan = try ScriptedEvidence.plan { evidence in
      evidence.guest.osFamily = family.map { .observed($0, Self.host) } ?? .absent(Self.host)
    }
    #expect(plan.floor?.margin == 512 << 20)
    #expect(plan.lowest == (150 + 576) << 20)
  }

  @Test("The margin is a tenth of a large guest")
  func large() { #expect(SafetyFloor(actual: 100 << 30, family: "linux").margin == 10 << 30) }

  @Test("The original size is the journal's, then the configuration's where the guest has it, then the guest's own")
  func original() throws {
    #expect(try ScriptedEvidence.plan(recorded: 2 << 30).original == 2 << 30)
    let there = try ScriptedEvidence.plan { $0.configuration.target = .observed((1 << 30) + (1 << 20), Self.host) }
    #expect(there.original == (1 << 30) + (1 << 20))
    let elsewhere = try ScriptedEvidence.plan { $0.configuration.target = .observed(512 << 20, Self.host) }
    #expect(elsewhere.original == 1 << 30, "somebody has set another size since the start")
    #expect(elsewhere.originalSource.contains("512 MiB"))
    // Nobody serves it: what was asked for at the start is still asked for.
    let unserved = try ScriptedEvidence.plan(driver: "driver.none") {
      $0.configuration.target = .observed(512 << 20, Self.host)
    }
    #expect(unserved.original == 512 << 20)
  }
}
