// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import PCI
import Rules
import Testing

/// What qemu-ga adds to a diagnosis, and what it must not. All evidence is synthesised.
@Suite("A diagnosis with qemu-ga's word")
struct QEMUGuestAgentScenarioTests {
  private typealias Make = EvidenceFixture

  /// qemu-ga of a Windows that lists these drivers.
  static func agent(_ drivers: [InstalledDriver], id: String = "mswindows") -> QEMUGuestAgentEvidence {
    var agent = QEMUGuestAgentEvidence(
      Unknown(failure: Failure(.unsupported, "synthesised"), provenance: Provenance("qemu-ga", trust: .guest, time: 0)))
    agent.version = Make.told("8.2.0")
    agent.commands = Make.told(["guest-get-devices": true, "guest-get-osinfo": true])
    agent.osID = Make.told(id)
    agent.osName = Make.told("Windows Server 2022 Datacenter")
    agent.kernel = Make.told("20348")
    agent.devices = Make.told(drivers)
    return agent
  }

  static func driver(
    _ device: UInt16, name: String = "VirtIO Balloon Driver", version: String = "100.101.104.28500",
    date: String = "2025-06-17"
  ) -> InstalledDriver {
    InstalledDriver(
      name: Make.told(name), version: Make.told(version), date: Make.told(date),
      identity: Make.told(PCIIdentity(vendor: 0x1af4, device: device)))
  }

  /// No driver serves the balloon or virtio-serial, and nothing but qemu-ga is heard of the guest.
  private static func silent(_ agent: QEMUGuestAgentEvidence?) -> Evidence {
    Make.healthy { evidence in
      Make.unserved(&evidence)
      Make.withoutAgent(&evidence)
      evidence.device.siblings = Make.observed([Make.serial([])])
      evidence.domain.uptime = Make.observed(20)
      evidence.guest.qemuGA = agent
    }
  }

  private func testimony(_ evidence: Evidence) -> Witness? {
    Engine().diagnose(evidence).witnesses.first { $0.name == "qemu-ga" }
  }

  @Test("has no such witness when it was not to be asked")
  func notAsked() {
    #expect(Engine().diagnose(Make.healthy()).witnesses.count == 3)
  }

  @Test("names the balloon's driver, which decides nothing", arguments: [0x1002, 0x1045])
  func installed(device: UInt16) throws {
    let evidence = Self.silent(Self.agent([Self.driver(0x1000, name: "net"), Self.driver(device)]))
    let witness = try #require(testimony(evidence))
    #expect(witness.testimony == .undecided && witness.trust == .guest)
    let id = device == 0x1002 ? "1af4:1002" : "1af4:1045"
    #expect(
      witness.statement.hasPrefix(
        "driver VirtIO Balloon Driver version 100.101.104.28500 of 2025-06-17 is installed for \(id)"))
    #expect(witness.evidence.map(\.path).contains("guest.qemuGA.devices.value.1.version"))
    for citation in witness.evidence { #expect(try JSONTree(evidence)[citation.path] != nil, "\(citation.path)") }
  }

  @Test("takes a balloon that is not listed for nothing at all")
  func notListed() throws {
    let without = Self.silent(Self.agent([Self.driver(0x1000, name: "net")]))
    #expect(try #require(testimony(without)).testimony == .undecided)
    let rules = ["driver.none", "driver.generic", "driver.virtio-win-absent"]
    for evidence in [without, Self.silent(Self.agent([]))] {
      let told = Engine().diagnose(evidence).findings.flatMap { [$0.id] + $0.explains }
      #expect(!told.contains("driver.none") && !told.contains("driver.generic"), "\(told)")
    }
    // The host alone says that no driver runs, which qemu-ga's answer shows to be no matter of booting.
    #expect(Engine().diagnose(without).findings.first?.id == "driver.virtio-win-absent", "\(rules)")
  }

  @Test("marks a driver with the day of Windows' own as inferred")
  func generic() throws {
    let own = Self.driver(0x1002, name: "PCI standard RAM Controller", version: "10.0.20348.1", date: "2006-06-21")
    let witness = try #require(testimony(Self.silent(Self.agent([own]))))
    #expect(witness.testimony == .undecided && witness.statement.contains("inferred from source code"))
    // Windows' own driver says nothing for the virtio-win package.
    #expect(
      Engine().diagnose(Self.silent(Self.agent([own]))).findings.first?.id == "driver.virtio-win-absent")
  }

  @Test("does not call the package missing whose driver is listed")
  func package() {
    for device: UInt16 in [0x1002, 0x1045, 0x1003, 0x1043] {
      let diagnosis = Engine().diagnose(Self.silent(Self.agent([Self.driver(device)])))
      #expect(diagnosis.findings.first?.id == "driver.not-operating", "\(device)")
      #expect(diagnosis.healthy.contains { $0.id == "driver.virtio-win-absent" })
    }
  }

  @Test("is silent with the reason when qemu-ga did not answer, and nothing else changes")
  func silence() throws {
    let failure = Failure(.timedOut, "nothing answers")
    let silent = QEMUGuestAgentEvidence(
      Unknown(failure: failure, provenance: Provenance("qemu-ga", trust: .host, time: nil)))
    let evidence = Self.silent(silent)
    #expect(try #require(testimony(evidence)).testimony == .silent)
    let (one, other) = (Engine().diagnose(evidence), Engine().diagnose(Self.silent(nil)))
    #expect(one.findings.map(\.id) == other.findings.map(\.id) && one.verdict == other.verdict)
  }

  @Test("knows the system by it where the agent is silent, before the host's records")
  func family() throws {
    let windows = Engine().diagnose(Self.silent(Self.agent([Self.driver(0x1002)])))
    let remedy = try #require(windows.findings.first?.remedy)
    #expect(remedy.contains { $0.command?.contains("pnputil") == true }, "\(remedy)")
    var linux = Self.silent(Self.agent([], id: "debian"))
    linux.domain.osFamily = Make.observed("windows")
    linux.guest.qemuGA?.devices = Make.failed(.unsupported, trust: .guest)
    let diagnosis = Engine().diagnose(linux)
    let rule = try #require(diagnosis.notApplicable.first { $0.id == "driver.virtio-win-absent" })
    #expect(rule.statement.contains("linux") && rule.evidence.map(\.path).contains("guest.qemuGA.osID"))
  }

  @Test("takes an answer for a sign that the system is up")
  func isUp() throws {
    let booting = Engine().diagnose(Self.silent(nil))
    #expect(booting.verdict == .inconclusive)
    let diagnosis = Engine().diagnose(Self.silent(Self.agent([Self.driver(0x1002)])))
    #expect(diagnosis.verdict == .problem)
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.confidence == .established && finding.summary.contains("qemu-ga in the guest answers"))
    #expect(finding.evidence.map(\.path).contains("guest.qemuGA.version"))
  }

  @Test("of a healthy guest stays what it was, whatever leaf is lost")
  func healthy() throws {
    let healthy = Make.healthy { $0.guest.qemuGA = Self.agent([Self.driver(0x1002)]) }
    let tree = try JSONTree(healthy)
    #expect(Engine().diagnose(try tree.decoded(Evidence.self)) == Engine().diagnose(healthy))
    for leaf in tree.leaves() where leaf.hasPrefix("guest.qemuGA") {
      #expect(Engine().diagnose(try tree.failing(leaf).decoded(Evidence.self)).verdict == .healthy, "without \(leaf)")
    }
  }
}
