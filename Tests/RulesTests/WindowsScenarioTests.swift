// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules
import Testing

/// Whole Windows guests; see ``EvidenceFixture`` for where the values come from.
@Suite("A diagnosis of a Windows guest")
struct WindowsScenarioTests {
  private typealias Make = EvidenceFixture

  private func diagnose(_ evidence: Evidence) -> Diagnosis { Engine().diagnose(evidence) }

  /// The same guest by its agent's word alone.
  private func byAgentAlone(_ evidence: Evidence) -> Evidence {
    var alone = Evidence.unknown(
      Failure(.unsupported, "only the agent was asked"),
      target: Target(kind: .agent, name: nil, location: "/dev/pts/7"),
      collection: evidence.collection)
    alone.guest = evidence.guest
    return alone
  }

  @Test("in which everything works finds nothing, and all witnesses agree")
  func healthy() {
    let diagnosis = diagnose(Make.windows())
    #expect(diagnosis.verdict == .healthy)
    #expect(diagnosis.findings.isEmpty && diagnosis.inconclusive.isEmpty, "\(diagnosis.inconclusive)")
    #expect(diagnosis.witnesses.map(\.testimony) == [.operating, .operating, .operating])
  }

  @Test("without the driver names code 28, the package that waits, and nothing else")
  func noDriver() throws {
    var evidence = Make.windowsWithout(Make.windowsUnserved())
    evidence.guest.services = Make.told(Make.windowsServices(Make.service("BalloonService", Make.absent(.guest))))
    let diagnosis = diagnose(evidence)
    let finding = try #require(diagnosis.findings.first)
    #expect(diagnosis.verdict == .problem && diagnosis.findings.count == 1)
    #expect(finding.id == "driver.none" && finding.confidence == .established)
    #expect(finding.summary.contains("code 28, CM_PROB_FAILED_INSTALL, status 0xc0000490"))
    #expect(finding.summary.contains("in the driver store (oem12.inf, version 100.101.104.28500)"))
    #expect(finding.explains.contains("service.missing") && finding.explains.contains("driver.not-operating"))
    #expect(finding.remedy.contains { $0.command == "pnputil /add-driver balloon.inf /install" })
  }

  @Test("whose balloon machine.inf holds, without a Service, is generic and not without a driver")
  func generic() throws {
    var identity = PCIIdentity.balloonTransitional
    identity.classCode = .ramController
    let diagnosis = diagnose(Make.windowsWithout(Make.machineINF(identity, path: "05.0")))
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.id == "driver.generic" && finding.confidence == .inferred)
    #expect(finding.summary.contains("machine.inf, which is no balloon driver, holds the balloon"))
    #expect(!diagnosis.told.filter { $0 == "driver.none" }.isEmpty)
    #expect(!diagnosis.findings.contains { $0.id == "driver.none" || $0.explains.contains("driver.none") })
  }

  @Test("with only the section NO_DRV told is generic, too")
  func section() {
    var function = Make.machineINF(.balloonTransitional, path: "05.0")
    function.module = Make.failed(.denied, trust: .guest)
    #expect(diagnose(Make.windowsWithout(function)).findings.first?.id == "driver.generic")
  }

  private static let ivshmem = PCIIdentity(vendor: 0x1af4, device: 0x1110, classCode: .ramController, revision: 1)

  @Test("with an ivshmem that machine.inf holds does not take it for the balloon")
  func decoy() {
    let decoy = Make.machineINF(Self.ivshmem, path: "07.0")
    let healthy = diagnose(Make.windows { $0.guest.functions = Make.told([decoy, Make.windowsBalloon()]) })
    #expect(healthy.verdict == .healthy && healthy.findings.map(\.id) == ["pci.identity.decoy"])
    let broken = diagnose(
      Make.windows { evidence in
        Make.unserved(&evidence)
        evidence.guest.functions = Make.told([decoy, Make.windowsUnserved()])
      })
    #expect(broken.findings.map(\.id) == ["driver.none", "pci.identity.decoy"])
    let alone = diagnose(
      byAgentAlone(Make.windows { $0.guest.functions = Make.told([decoy, Make.windowsUnserved()]) }))
    #expect(alone.findings.map(\.id) == ["driver.none", "pci.identity.decoy"])
  }

  @Test(
    "names each problem code's own rule, by both witnesses and by the agent alone",
    arguments: [
      (10, "driver.failed-start"), (43, "driver.failed-start"), (31, "driver.load-failed"),
      (37, "driver.load-failed"), (38, "driver.load-failed"), (39, "driver.load-failed"), (40, "driver.load-failed"),
      (52, "driver.unsigned"), (22, "driver.disabled"), (32, "driver.disabled"), (14, "driver.restart-needed"),
      (48, "driver.blocked"), (12, "driver.not-operating"), (54, "driver.not-operating"),
    ] as [(UInt16, String)])
  func problemCodes(code: UInt16, id: String) throws {
    let evidence = Make.windowsWithout(Make.windowsBalloon(problem: code))
    for seen in [evidence, byAgentAlone(evidence)] {
      let diagnosis = diagnose(seen)
      #expect(diagnosis.verdict == .problem)
      #expect(diagnosis.findings.map(\.id) == [id], "code \(code)")
    }
    let alone = try #require(diagnose(byAgentAlone(evidence)).findings.first)
    #expect(alone.summary.contains("code \(code), CM_PROB_"), "\(alone.summary)")
  }

  @Test("whose driver is of an unknown name but of the balloon's package is judged by its problem code")
  func renamedService() {
    var function = Make.windowsBalloon(problem: 10)
    function.driver = Make.told("VendorBalloon")
    #expect(diagnose(Make.windowsWithout(function)).findings.map(\.id) == ["driver.failed-start"])
  }

  @Test("that was disabled says so by its flags when the code was not told")
  func disabledFlag() {
    var function = Make.windowsBalloon()
    function.problemCode = Make.failed(.denied, trust: .guest)
    function.windows?.configFlags = Make.told(0x21)
    let diagnosis = diagnose(Make.windowsWithout(function))
    #expect(diagnosis.findings.map(\.id) == ["driver.disabled"])
    function.windows?.configFlags = Make.told(0x20)
    #expect(!diagnose(Make.windowsWithout(function)).findings.contains { $0.id == "driver.disabled" })
  }

  @Test("that says code 10 of a balloon which the device says is served is a contradiction, and the device is believed")
  func contradiction() {
    let diagnosis = diagnose(Make.windows { $0.guest.functions = Make.told([Make.windowsBalloon(problem: 10)]) })
    #expect(diagnosis.verdict == .warning)
    #expect(diagnosis.findings.map(\.id) == ["driver.contradicted"])
  }

  @Test("with a phantom at the same place judges the balloon that is there")
  func phantomBeside() throws {
    let phantom = Make.windowsBalloon(problem: 45, isPresent: false)
    let present = Make.windowsBalloon(identity: .balloonModern)
    for functions in [[phantom, present], [present, phantom]] {
      let evidence = Make.windows { evidence in
        evidence.device.identity = Make.observed(.balloonModern)
        evidence.configuration.model = Make.observed("virtio-non-transitional")
        evidence.guest.functions = Make.told(functions)
      }
      let diagnosis = diagnose(evidence)
      #expect(diagnosis.verdict == .healthy)
      #expect(diagnosis.findings.map(\.id) == ["pci.function.phantom"])
      #expect(diagnosis.findings.first?.summary.contains("1af4:1002 at 05.0") == true)
      #expect(evidence.guestBalloonIndex == functions.firstIndex(of: present))
    }
  }

  @Test("with a phantom beside a balloon that failed leaves the phantom a note, which explains nothing")
  func phantomBesideFailed() {
    var evidence = Make.windowsWithout(Make.windowsBalloon(problem: 10))
    evidence.guest.functions = Make.told([
      Make.windowsBalloon(problem: 45, isPresent: false, path: "03.0"), Make.windowsBalloon(problem: 10),
    ])
    let findings = diagnose(evidence).findings
    #expect(findings.map(\.id) == ["driver.failed-start", "pci.function.phantom"])
    #expect(findings.last?.severity == .note && findings.last?.explains == [])
  }

  @Test("with a phantom alone explains by it that the balloon is missing, and does not judge the phantom's driver")
  func phantomAlone() throws {
    var evidence = Make.windowsWithout(Make.windowsBalloon(problem: 45, isPresent: false))
    let diagnosis = diagnose(evidence)
    let finding = try #require(diagnosis.findings.first)
    #expect(diagnosis.verdict == .problem && diagnosis.findings.map(\.id) == ["pci.function.phantom"])
    #expect(finding.explains.contains("pci.function.missing-in-guest"))
    #expect(diagnosis.witnesses.last?.statement.contains("phantom") == true)
    #expect(diagnose(byAgentAlone(evidence)).verdict == .warning)
    // A system that tells the code and not the presence.
    evidence.guest.functions = Make.told([Make.windowsBalloon(problem: 45)])
    #expect(evidence.guestBalloonIndex != nil, "what Windows says of the presence outranks the code")
  }

  @Test(
    "names what is wrong with the service, and that it explains the missing statistics",
    arguments: [
      ("service.missing", Make.service("BalloonService", Make.absent(.guest)), nil),
      ("service.stopped", Make.service("BalloonService", Make.told("stopped")), nil),
      ("service.stopped", Make.service("balloonservice", Make.told("stopped"), exit: 1066), nil),
      ("service.stopped", Make.service("BalloonService", Make.told("paused")), nil),
      ("service.disabled", Make.service("BalloonService", Make.told("stopped"), start: 4), nil),
      ("service.path-gone", Make.service("BalloonService", Make.told("stopped"), exit: 2, exists: false), nil),
      ("service.dependency-failed", Make.service("BalloonService", Make.told("stopped"), exit: 1068), nil),
      ("service.dependency-failed", Make.service("BalloonService", Make.told("stopped"), exit: 1008), nil),
      (
        "service.dependency-failed", Make.service("BalloonService"),
        Make.service("Winmgmt", Make.told("stopped"), start: 4)
      ),
    ] as [(String, GuestService, GuestService?)])
  func service(id: String, balloon: GuestService, management: GuestService?) throws {
    let services = Make.windowsServices(balloon, management: management ?? Make.service("Winmgmt"))
    let diagnosis = diagnose(Make.windowsSilent(services))
    #expect(diagnosis.verdict == .warning)
    #expect(diagnosis.findings.map(\.id) == [id])
    #expect(diagnosis.findings.first?.explains.contains("stats.not-delivered") == true)
    let alone = diagnose(byAgentAlone(Make.windowsSilent(services)))
    #expect(alone.verdict == .warning && alone.findings.map(\.id) == [id])
  }

  @Test("whose statistics arrive is not accused of a stopped service")
  func serviceOutranked() {
    let services = Make.windowsServices(Make.service("BalloonService", Make.told("stopped")))
    let diagnosis = diagnose(Make.windows { $0.guest.services = Make.told(services) })
    #expect(diagnosis.verdict == .healthy && diagnosis.findings.isEmpty)
  }

  @Test("whose service starts just now, or of which the agent said nothing, is not accused")
  func serviceUnclear() {
    for services in [
      Make.windowsServices(Make.service("BalloonService", Make.told("start-pending"))),
      Make.windowsServices().filter { $0.name != "BalloonService" },
    ] {
      let diagnosis = diagnose(Make.windowsSilent(services))
      #expect(diagnosis.findings.map(\.id) == ["stats.not-delivered"])
    }
  }

  @Test("says the same in whatever language the guest is, and whatever it writes into texts for people")
  func localised() {
    for function in [Make.windowsBalloon(problem: 10), Make.windowsUnserved(), Make.windowsBalloon()] {
      let plain = diagnose(Make.windowsWithout(function))
      var russian = function
      russian.windows?.description = Make.told("Стандартный контроллер ОЗУ PCI")
      russian.windows?.busDescription = Make.told("PCI standard RAM Controller")
      russian.windows?.setupClass = Make.told("Системные устройства")
      #expect(diagnose(Make.windowsWithout(russian)) == plain)
    }
  }

  @Test("takes an instance id into a command only when it can be nothing else")
  func instance() throws {
    func command(_ instance: String) throws -> String {
      var function = Make.windowsBalloon(problem: 22)
      function.windows?.instanceID = Make.told(instance)
      let steps = try #require(diagnose(Make.windowsWithout(function)).findings.first).remedy
      return try #require(steps.compactMap(\.command).first { $0.hasPrefix("pnputil /enable-device") })
    }
    let real = "PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&13C0B0C5&0&28"
    #expect(try command(real) == "pnputil /enable-device \"\(real)\"")
    for hostile in ["PCI\\X\" & format C: & \"", "PCI\\%PATH%", "PCI\\\u{202e}", "USB\\X", "PCI\\"] {
      #expect(try command(hostile) == "pnputil /enable-device \"INSTANCE-ID\"")
    }
  }

  @Test("by its agent alone is open where only the host could tell, and says whom to ask")
  func agentAlone() {
    let diagnosis = diagnose(byAgentAlone(Make.windows()))
    #expect(diagnosis.verdict == .inconclusive && diagnosis.findings.isEmpty)
    #expect(diagnosis.healthy.contains { $0.id == "driver.not-operating" })
    #expect(diagnosis.inconclusive.contains { $0.id == "stats.not-delivered" && $0.isEssential })
    let linux = diagnose(byAgentAlone(Make.healthy()))
    #expect(linux.verdict == .inconclusive && linux.findings.isEmpty)
  }
}
