// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import RedactionLaw
import Testing

@Suite("Redacted evidence")
struct RedactionLawTests {
  @Test("of every rule's fixtures is judged as the whole of it", arguments: RuleFixture.all)
  func fixtures(fixture: RuleFixture) throws {
    for evidence in [fixture.healthy, fixture.found, fixture.notApplicable, fixture.inconclusive] {
      #expect(try RedactionLaw.breaches(evidence) == [])
    }
  }

  @Test("of guests of every variety is judged as the whole of it")
  func variety() throws {
    let all = EvidenceVariety.all
    for (index, evidence) in all.enumerated() {
      #expect(RedactionLaw.misjudgements(evidence) == [])
      if index.isMultiple(of: 31) { #expect(try RedactionLaw.breaches(evidence) == []) }
    }
  }

  static let names = [
    "guest", "windows", "virtio", "1", "", "redacted-guest-7", "redacted-guest-1", "-rf", "--all", "a b", "it's", "~",
    "*",
    "web", "web1", "the balloon", "virtio-serial", "running", "Zoë’s Büro-PC", "x…y", "$(reboot)", "\u{202e}evil", "'",
    String(repeating: "long ", count: 12_000), String(repeating: "x", count: 60_000),
  ]

  @Test("of a guest of any name is judged as the whole of it", arguments: names)
  func named(name: String) throws {
    for base in [EvidenceFixture.healthy(), EvidenceFixture.windows(), EvidenceFixture.readOnly()] {
      var evidence = base
      evidence.target.name = name
      evidence.target.uuid = name
      #expect(try RedactionLaw.breaches(evidence) == [])
      evidence.target.location = "qemu+ssh://\(name)@\(name)/\(name)"
      #expect(RedactionLaw.misjudgements(evidence) == [])
    }
  }

  @Test("with any text in any place is judged as the whole of it", arguments: names.indices)
  func textual(index: Int) throws {
    let name = Self.names[index]
    for (place, text) in EvidenceTexts.all.enumerated() {
      var evidence = EvidenceFixture.windows()
      evidence.target.name = name
      text.set(&evidence, name)
      #expect(RedactionLaw.misjudgements(evidence) == [], "\(text.place)")
      // To compare all texts takes long: each place is so compared with some names.
      guard name.utf8.count < 1_000, (index + place).isMultiple(of: 7) else { continue }
      #expect(try RedactionLaw.breaches(evidence) == [], "\(text.place)")
    }
  }
}

/// Places of evidence where names and other foreign texts stand.
struct EvidenceTexts: Sendable {
  private typealias Make = EvidenceFixture
  let place: String
  let set: @Sendable (inout Evidence, String) -> Void

  private static func function(_ change: @escaping @Sendable (inout GuestFunction, String) -> Void)
    -> @Sendable (
      inout Evidence, String
    ) -> Void
  {
    { evidence, text in
      guard var functions = evidence.guest.functions.value, !functions.isEmpty else { return }
      change(&functions[0], text)
      evidence.guest.functions = Make.told(functions)
    }
  }

  static let all: [EvidenceTexts] = [
    EvidenceTexts(place: "state") { $0.domain.state = Make.observed($1) },
    EvidenceTexts(place: "interruptions") { $0.domain.interruptions = Make.observed([$1]) },
    EvidenceTexts(place: "model") { $0.configuration.model = Make.observed($1) },
    EvidenceTexts(place: "osFamily") { $0.guest.osFamily = Make.told($1) },
    EvidenceTexts(place: "kernel") { $0.guest.kernel = Make.told($1) },
    EvidenceTexts(place: "qomPath") { $0.device.qomPath = Make.observed("/machine/peripheral/" + $1) },
    EvidenceTexts(place: "status") { $0.device.status = Make.observed([$1]) },
    EvidenceTexts(place: "sibling") { evidence, text in
      var sibling = Make.serial([])
      sibling.name = "virtio-serial" + text
      evidence.device.siblings = Make.observed([sibling])
    },
    EvidenceTexts(place: "port") { $0.channel.port = Make.observed($1) },
    EvidenceTexts(place: "agent") {
      $0.guest.agent = Make.told(AgentIdentity(name: $1, version: "0.0.9-" + $1, protocolVersion: 1))
    },
    EvidenceTexts(place: "statistic") { evidence, text in
      for index in evidence.readings.indices {
        evidence.readings[index].statistics = Make.observed([text: Make.observed(1)])
      }
    },
    EvidenceTexts(place: "log") { $0.guest.log = Make.told([$1 + "Out of puff! Can't get 3 pages of " + $1]) },
    EvidenceTexts(place: "driver", set: function { $0.driver = Make.told($1) }),
    EvidenceTexts(place: "module", set: function { $0.module = Make.told($1 + ".INF") }),
    EvidenceTexts(place: "provider", set: function { $0.provider = Make.told($1) }),
    EvidenceTexts(place: "driverVersion", set: function { $0.driverVersion = Make.told($1) }),
    EvidenceTexts(place: "virtioDriver", set: function { $0.virtioDriver = Make.told($1) }),
    EvidenceTexts(place: "instanceID", set: function { $0.windows?.instanceID = Make.told("PCI\\" + $1) }),
    EvidenceTexts(place: "originalINF", set: function { $0.windows?.originalINF = Make.told($1 + "\\balloon.inf") }),
    EvidenceTexts(place: "infSection", set: function { $0.windows?.infSection = Make.told("BALLOON_Device" + $1) }),
    EvidenceTexts(place: "signer", set: function { $0.windows?.signer = Make.told($1) }),
    EvidenceTexts(place: "driverDate", set: function { $0.windows?.driverDate = Make.told($1) }),
    EvidenceTexts(place: "service") { evidence, text in
      var service = Make.service("BalloonService", Make.told("stopped"), exit: 1066, exists: false)
      service.windows?.binaryPath = Make.told("C:\\Users\\" + text + "\\blnsvr.exe")
      evidence.guest.services = Make.told([service, Make.service(text)])
    },
    EvidenceTexts(place: "package") {
      $0.guest.services = Make.told([Make.service($1, Make.told($1), kind: "driver-package")])
    },
    EvidenceTexts(place: "qemu-ga") { evidence, text in
      evidence.guest.qemuGA = QEMUGuestAgentScenarioTests.agent(
        [QEMUGuestAgentScenarioTests.driver(0x1002, name: text, version: text, date: text)], id: text)
    },
    EvidenceTexts(place: "failure") { evidence, text in
      evidence.device.status = .failed(
        Failure(.failed, "cannot open \(text): '\(text)'", ask: "virsh start \(text)"),
        Provenance("query of \(text)", trust: .host, time: nil))
    },
  ]
}
