// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules
import Testing

/// What people complain of, each with the evidence that their witnesses would give; all synthesised. A test says what
/// is found, the gravest first, and what must not be said.
@Suite("Somebody whose")
struct SymptomTests {
  private typealias Make = EvidenceFixture

  private func diagnose(_ evidence: Evidence) -> Diagnosis { Engine().diagnose(evidence) }

  /// What is found, besides notes on the agent's channel.
  private func findings(_ evidence: Evidence) -> [String] {
    diagnose(evidence).findings.map(\.id).filter { !$0.hasPrefix("agent.channel.") }
  }

  /// A Windows guest of which only its host tells: the monitor and the domain's records.
  private func byHost(_ change: (inout Evidence) -> Void) -> Evidence {
    Make.healthy { evidence in
      Make.withoutAgent(&evidence)
      evidence.domain.osFamily = Make.observed("windows")
      change(&evidence)
    }
  }

  private func short(_ evidence: inout Evidence) {
    evidence.configuration.maximum = Make.observed(2 << 30)
    evidence.configuration.target = Make.observed(512 << 20)
  }

  @Test("dashboard shows 100 % of the memory in use learns that no statistics come, from the host alone (1)")
  func dashboard() throws {
    let diagnosis = diagnose(byHost { Make.freeze(&$0, statistics: Make.noStatistics) })
    #expect(diagnosis.findings.map(\.id) == ["stats.not-delivered", "agent.channel.disconnected"])
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.summary.contains("BalloonService is missing or stopped, most likely"))
    #expect(finding.remedy.contains { $0.command == "blnsvr.exe -i" })
    #expect(diagnosis.healthy.map(\.id).contains("driver.not-operating"))
  }

  @Test("driver came by pnputil learns that the service is missing, and nothing of a missing driver (2)")
  func driverAlone() {
    let evidence = Make.windowsSilent(Make.windowsServices(Make.service("BalloonService", Make.absent(.guest))))
    let diagnosis = diagnose(evidence)
    #expect(diagnosis.findings.map(\.id) == ["service.missing"])
    #expect(diagnosis.findings.first?.explains == ["stats.not-delivered"])
    #expect(diagnosis.healthy.map(\.id).contains("driver.none"))
  }

  @Test("dommemstat has three lines though the service runs is asked for the period first, then for WMI (3)")
  func threeLines() throws {
    func silent(_ period: UInt64, _ system: String) -> Evidence {
      Make.windowsSilent(Make.windowsServices()).with { evidence in
        evidence.device.pollingInterval = Make.observed(period)
        evidence.guest.kernel = Make.told(system)
      }
    }
    #expect(findings(silent(0, "10.0.14393")) == ["balloon.config.stats-period-unset"])
    let asked = diagnose(silent(2, "10.0.14393"))
    #expect(asked.findings.map(\.id) == ["stats.not-delivered", "driver.known-bug"])
    #expect(asked.findings.first?.remedy.contains { $0.command == "winmgmt /verifyrepository" } == true)
    let bug = try #require(asked.findings.last)
    #expect(bug.confidence == .unverified && bug.summary.contains("#680"))
    // The same on another Windows is not that fault.
    #expect(findings(silent(2, "10.0.17763")) == ["stats.not-delivered"])
  }

  @Test("statistics stand still learns which of the service, the polling and the guest it is (4)")
  func frozen() {
    #expect(findings(Make.windows { Make.freeze(&$0) }) == ["service.hung"])
    #expect(diagnose(Make.windows { Make.freeze(&$0) }).findings.first?.explains == ["stats.frozen"])
    #expect(findings(byHost { Make.freeze(&$0) }) == ["stats.frozen"])
    let unasked = Make.windows { evidence in
      Make.freeze(&evidence)
      evidence.device.pollingInterval = Make.observed(0)
    }
    #expect(findings(unasked) == ["balloon.config.stats-period-unset"])
    let paused = Make.windows { evidence in
      Make.freeze(&evidence)
      evidence.domain.state = Make.observed("paused")
      evidence.domain.stateReason = Make.observed("user")
    }
    #expect(findings(paused) == ["guest.not-running"])
  }

  @Test("device manager shows a PCI Device with a yellow mark has no driver (5)")
  func code28() throws {
    let diagnosis = diagnose(Make.windowsWithout(Make.windowsUnserved()))
    #expect(diagnosis.findings.map(\.id) == ["driver.none"])
    #expect(diagnosis.findings.first?.summary.contains("CM_PROB_FAILED_INSTALL, status 0xc0000490") == true)
    #expect(
      diagnosis.findings.first?.remedy.contains { $0.command == "pnputil /add-driver balloon.inf /install" } == true)
  }

  @Test("device manager lists a PCI standard RAM Controller is told by its id what it is (6)")
  func ramController() {
    var old = PCIIdentity.balloonTransitional
    old.classCode = .ramController
    let generic = Make.windowsWithout(Make.machineINF(old, path: "05.0")).with {
      $0.device.identity = Make.observed(old)
    }
    #expect(findings(generic) == ["driver.generic"])
    let ivshmem = PCIIdentity(vendor: 0x1af4, device: 0x1110, classCode: .ramController, revision: 1)
    let chipset = PCIIdentity(vendor: 0x8086, device: 0x0a0d, classCode: .ramController, revision: 1)
    for decoy in [ivshmem, chipset] {
      let evidence = Make.windows {
        $0.guest.functions = Make.told([Make.machineINF(decoy, path: "07.0"), Make.windowsBalloon()])
      }
      #expect(diagnose(evidence).verdict == .healthy)
      #expect(findings(evidence) == ["pci.identity.decoy"])
    }
  }

  @Test("driver is not signed for Secure Boot is told so, and not that its file is missing (7)")
  func unsigned() throws {
    var function = Make.windowsBalloon(driver: "100.81.104.19000", problem: 52)
    function.windows?.problemStatus = Make.told(0xc000_0428)
    let diagnosis = diagnose(Make.windowsWithout(function))
    // Build 190 has an old fault besides, which is no reason.
    #expect(diagnosis.findings.map(\.id) == ["driver.unsigned", "driver.known-bug"])
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.summary.contains("0xc0000428") && finding.summary.contains("Secure Boot is on"))
    #expect(!finding.explains.contains("driver.known-bug"))
  }

  @Test("driver does not load is told that it is for another Windows, or what is missing (8)")
  func loadFailed() throws {
    let foreign = Make.windows("6.1.7601", driver: "62.93.104.24000") { evidence in
      Make.unserved(&evidence)
      evidence.guest.functions = Make.told([Make.windowsBalloon(driver: "62.93.104.24000", problem: 39)])
    }
    let finding = try #require(diagnose(foreign).findings.first)
    #expect(finding.id == "driver.wrong-os-build" && finding.severity == .problem)
    #expect(finding.explains.contains("driver.load-failed"))
    var services = Make.windowsServices()
    services[0].windows?.binaryExists = Make.told(false)
    let gone = Make.windowsWithout(Make.windowsBalloon(problem: 39)).with { $0.guest.services = Make.told(services) }
    #expect(findings(gone) == ["driver.load-failed"])
    #expect(diagnose(gone).findings.first?.summary.contains("its file is not there") == true)
  }

  @Test("device cannot start is shown the status, and the old build's faults beside it (9)")
  func failedStart() throws {
    let evidence = Make.windows("10.0.14393", driver: "100.77.104.17100") { evidence in
      Make.unserved(&evidence, status: ["ACKNOWLEDGE", "DRIVER"])
      evidence.guest.functions = Make.told([Make.windowsBalloon(driver: "100.77.104.17100", problem: 10)])
    }
    let diagnosis = diagnose(evidence)
    #expect(diagnosis.findings.map(\.id) == ["driver.failed-start", "driver.known-bug"])
    #expect(diagnosis.findings.last?.summary.contains("Red Hat bug 1553633") == true)
  }

  @Test("balloon was switched off is told by whom, and how to switch it on (10)")
  func disabled() throws {
    for (code, command) in [
      (22, "pnputil /enable-device"), (32, "sc config BALLOON start= demand"),
    ] as [(UInt16, String)] {
      let diagnosis = diagnose(Make.windowsWithout(Make.windowsBalloon(problem: code)))
      #expect(diagnosis.findings.map(\.id) == ["driver.disabled"])
      #expect(diagnosis.findings.first?.remedy.contains { $0.command?.hasPrefix(command) == true } == true)
    }
  }

  @Test("Task Manager shows 85 % in use with the driver on is told of the configured size, not of a fault (11)")
  func taskManager() {
    let evidence = Make.windows { evidence in
      Make.size(&evidence, actual: 1 << 30, maximum: 4 << 30)
      evidence.configuration.target = Make.observed(1 << 30)
      Make.deliver(&evidence, ["totalMemory": 4_090 << 20, "freeMemory": 500 << 20, "availableMemory": 600 << 20])
    }
    #expect(diagnose(evidence).verdict != .problem)
    #expect(findings(evidence).contains("balloon.config.current-below-maximum"))
    #expect(findings(evidence).allSatisfy { $0.hasPrefix("balloon.config.") || $0.hasPrefix("guest.memory") })
  }

  @Test("host has the guest's full size resident, with nobody inflating, hears of no fault in the guest (12)")
  func fullResidentSize() {
    let evidence = Make.windows { evidence in
      for index in evidence.readings.indices { evidence.readings[index].rss = Make.observed(1 << 30) }
    }
    #expect(diagnose(evidence).verdict == .healthy)
    #expect(findings(evidence).allSatisfy { $0.hasPrefix("balloon.") })
  }

  @Test("guest has autodeflate='on' hears of no fault in driver or service (13)")
  func autodeflate() {
    let evidence = Make.windows { $0.configuration.autodeflate = Make.observed(true) }
    #expect(findings(evidence).allSatisfy { $0.hasPrefix("balloon.config.") })
  }

  @Test("setmem changes nothing learns that no driver listens (14)")
  func setmem() throws {
    let evidence = byHost { evidence in
      Make.unserved(&evidence)
      evidence.configuration.target = Make.observed(512 << 20)
    }
    let diagnosis = diagnose(evidence)
    let finding = try #require(diagnosis.findings.first)
    #expect(findings(evidence) == ["driver.not-operating"] && finding.explains.contains("balloon.target.ignored"))
    let paused = evidence.with { $0.domain.state = Make.observed("paused") }
    #expect(!findings(paused).contains("balloon.target.ignored"))
  }

  @Test("inflation stops early is told of the old driver's fault, or of the shortage (15)")
  func stopsEarly() throws {
    let old = Make.windows("10.0.20348", driver: "100.93.104.24000") { short(&$0) }
    #expect(findings(old).contains("driver.known-bug") && !findings(old).contains("balloon.target.not-reached"))
    let tight = Make.windows { evidence in
      short(&evidence)
      Make.deliver(&evidence, ["availableMemory": 10 << 20, "freeMemory": 5 << 20])
    }
    let shortage = try #require(diagnose(tight).findings.first { $0.id == "guest.memory-pressure" })
    #expect(shortage.severity == .warning && shortage.explains.contains("balloon.target.not-reached"))
    #expect(!findings(tight).contains("driver.known-bug"))
  }

  @Test(
    "host keeps the memory although the guest gave it back hears of no fault in the guest (16, 17)",
    arguments: [true, false])
  func keptByHost(isPinned: Bool) {
    let evidence = Make.windows { evidence in
      Make.size(&evidence, actual: 1 << 30, maximum: 4 << 30)
      evidence.configuration.target = Make.observed(1 << 30)
      for index in evidence.readings.indices {
        evidence.readings[index].rss = Make.observed(isPinned ? 4 << 30 : 3 << 30)
      }
    }
    #expect(
      findings(evidence).allSatisfy { $0.hasPrefix("balloon.config.") || $0 == "balloon.host-memory-not-returned" })
    #expect(diagnose(evidence).healthy.map(\.id).contains("balloon.target.not-reached"))
  }

  @Test("balloon is a new device since the machine changed has no driver for it, beside the old one's phantom (18)")
  func moved() throws {
    var new = Make.windowsUnserved()
    new.identity = Make.told(.balloonModern)
    let evidence = Make.windowsWithout(new).with { evidence in
      evidence.device.identity = Make.observed(.balloonModern)
      evidence.configuration.model = Make.observed("virtio-non-transitional")
      evidence.guest.functions = Make.told([
        Make.windowsBalloon(problem: 45, isPresent: false, path: "03.0"), new,
      ])
    }
    #expect(findings(evidence) == ["driver.none", "pci.function.phantom"])
  }

  @Test("guest is slow to shut down after ballooning is told of the builds that are known for it (19)")
  func slowShutdown() throws {
    let open = diagnose(Make.windows("10.0.26200.9445", driver: "100.101.104.28500"))
    #expect(open.verdict == .healthy && open.findings.map(\.id) == ["driver.known-bug"])
    #expect(open.findings.first?.summary.contains("#1148, open") == true)
    let old = diagnose(Make.windows("6.1.7601", driver: "61.71.104.9400"))
    #expect(old.verdict == .warning && old.findings.map(\.id) == ["driver.known-bug"])
    #expect(old.findings.first?.summary.contains("hangs while it shuts down") == true)
    #expect(findings(Make.windows()).isEmpty)
  }

  @Test("guest crashed after the installation is told of the wrong driver, or of the bad build (20)")
  func crashes() {
    let foreign = diagnose(Make.windows("6.1.7601", driver: "62.76.104.15400"))
    #expect(foreign.findings.first?.id == "driver.wrong-os-build" && foreign.verdict == .warning)
    let bad = diagnose(Make.windows("6.1.7601", driver: "61.71.104.9600"))
    #expect(bad.findings.map(\.id) == ["driver.known-bug"] && bad.verdict == .warning)
    #expect(bad.findings.first?.summary.contains("0x7E") == true)
  }

  @Test("BalloonService takes the processor is told of the build that does, not of a fault in the service (21)")
  func processor() throws {
    let diagnosis = diagnose(Make.windows("10.0.14393", driver: "100.95.104.24800"))
    #expect(diagnosis.verdict == .healthy && diagnosis.findings.map(\.id) == ["driver.known-bug"])
    #expect(diagnosis.findings.first?.summary.contains("events 5858 (virtio-win #1098") == true)
  }

  @Test("BalloonService fails with 1008 or 1068 is told of WMI (22)", arguments: [1008, 1068] as [UInt64])
  func dependency(error: UInt64) {
    let services = Make.windowsServices(
      Make.service("BalloonService", Make.told("stopped"), exit: error),
      management: Make.service("Winmgmt", Make.told("stopped"), start: 4))
    #expect(findings(Make.windowsSilent(services)) == ["service.dependency-failed"])
    let old = Make.windowsSilent(services).with {
      $0.guest.functions = Make.told([Make.windowsBalloon(driver: "100.93.104.24000")])
    }
    #expect(findings(old) == ["service.dependency-failed", "driver.known-bug"])
  }

  @Test("guest seems to have 2047 MiB is told of the old 32-bit count (23)")
  func capped() throws {
    func capped(_ driver: String) -> Evidence {
      Make.windows("6.1.7601", driver: driver) { evidence in
        Make.size(&evidence, actual: 4 << 30)
        Make.deliver(&evidence, ["totalMemory": 2_147_352_576, "freeMemory": 1 << 30, "availableMemory": 1 << 30])
      }
    }
    let old = diagnose(capped("61.65.104.5900"))
    #expect(old.verdict == .warning && old.findings.first?.id == "driver.known-bug")
    #expect(old.findings.first?.explains == ["stats.implausible"])
    #expect(findings(capped("61.77.104.16900")).contains("stats.implausible"))
  }

  @Test("statistics vanished after hibernation is told of the old driver's faults beside it (24)")
  func hibernated() {
    let evidence = Make.windowsSilent(Make.windowsServices()).with { evidence in
      evidence.guest.kernel = Make.told("6.1.7601")
      evidence.guest.functions = Make.told([Make.windowsBalloon(driver: "61.65.104.7400", day: "2013-11-20")])
    }
    let diagnosis = diagnose(evidence)
    #expect(diagnosis.findings.map(\.id) == ["driver.known-bug", "stats.not-delivered"])
    #expect(diagnosis.findings.first?.summary.contains("no statistics come after hibernation") == true)
    #expect(diagnosis.findings.first?.explains == [])
    // While it is being migrated nothing is said of change.
    let migrating = evidence.with { $0.domain.interruptions = Make.observed(["RESUME"]) }
    #expect(!findings(migrating).contains("stats.not-delivered"))
  }

  @Test("memory was plugged in besides gets a note on the total, and no warning (25)")
  func pluggedMemory() throws {
    let evidence = Make.windows { evidence in
      Make.size(&evidence, actual: 4 << 30)
      Make.deliver(&evidence, ["totalMemory": 8 << 30, "freeMemory": 6 << 30, "availableMemory": 6 << 30])
    }
    let diagnosis = diagnose(evidence)
    #expect(diagnosis.verdict == .healthy && diagnosis.findings.map(\.id) == ["stats.implausible"])
    #expect(diagnosis.findings.first?.summary.contains("virtio-mem") == true)
    let told = evidence.with { $0.configuration.maximum = Make.observed(8 << 30) }
    #expect(!findings(told).contains("stats.implausible"))
  }

  @Test("agent may not open its port has a note on the channel, and no fault of the balloon (26)")
  func accessDenied() {
    let diagnosis = diagnose(byHost { _ in })
    #expect(diagnosis.verdict == .healthy)
    #expect(diagnosis.findings.map(\.id) == ["agent.channel.disconnected"])
  }

  @Test("agent does not respond learns whether it is silent, or spoken to by another (27)")
  func agentSilent() {
    let silent = byHost { evidence in
      Make.withoutAgent(&evidence, .timedOut)
      evidence.channel.guestOpen = Make.observed(true)
    }
    #expect(diagnose(silent).findings.map(\.id) == ["agent.silent"])
    let busy = silent.with { $0.channel.heldByAnother = Make.observed(true) }
    #expect(diagnose(busy).findings.map(\.id) == ["agent.channel.busy"])
    #expect(diagnose(busy).verdict == .healthy)
  }

  @Test("policy never moves the balloon is told of statistics that are missing, and of nothing when none are (28)")
  func policy() {
    #expect(findings(byHost { Make.freeze(&$0, statistics: Make.noStatistics) }) == ["stats.not-delivered"])
    #expect(findings(byHost { _ in }).isEmpty)
  }
}

extension Evidence {
  /// The same with one change.
  fileprivate func with(_ change: (inout Evidence) -> Void) -> Evidence {
    var evidence = self
    change(&evidence)
    return evidence
  }
}
