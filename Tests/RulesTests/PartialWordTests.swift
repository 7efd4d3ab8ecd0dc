// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules
import Testing

/// Guests of which only a part is told; all synthesised.
@Suite("What a guest tells in part")
struct PartialWordTests {
  private typealias Make = EvidenceFixture

  private func diagnose(_ evidence: Evidence) -> Diagnosis { Engine().diagnose(evidence) }

  @Test("A start type of 4 in the registry says that BalloonService is disabled, though not whether it runs")
  func disabledByRegistry() throws {
    let evidence = Make.byRegistry(
      [Make.windowsBalloon()], Make.windowsServices(Make.service("BalloonService", start: 4)))
    let diagnosis = diagnose(evidence)
    #expect(diagnosis.findings.map(\.id) == ["service.disabled"])
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.severity == .warning && finding.summary.contains("start type 4"))
    #expect(diagnosis.healthy.map(\.id).contains("service.missing"))
    #expect(diagnosis.inconclusive.map(\.id).contains("service.stopped"))
    let enabled = Make.byRegistry([Make.windowsBalloon()], Make.windowsServices())
    #expect(diagnose(enabled).healthy.map(\.id).contains("service.disabled"))
    #expect(diagnose(enabled).findings.isEmpty)
  }

  @Test("A start type of 4 in the registry says the same of WMI, on which BalloonService depends")
  func managementByRegistry() {
    func findings(_ start: UInt64) -> [String] {
      Engine().diagnose(
        Make.byRegistry(
          [Make.windowsBalloon()], Make.windowsServices(management: Make.service("Winmgmt", start: start)))
      ).findings.map(\.id)
    }
    #expect(findings(4) == ["service.dependency-failed"])
    #expect(findings(2) == [])
  }

  @Test("BalloonService that runs, and is disabled, is a note that explains no missing statistics")
  func disabledAndRunning() {
    let evidence = Make.windowsSilent(Make.windowsServices(Make.service("BalloonService", start: 4)))
    let findings = diagnose(evidence).findings
    #expect(findings.map(\.id) == ["stats.not-delivered", "service.disabled"])
    #expect(findings.last?.severity == .note)
  }

  @Test("Two balloons of which nobody told whether they are there leave it open whether one is a phantom")
  func unknownPresence() throws {
    let other = Make.windowsBalloon(path: "03.0", identity: .balloonModern)
    let diagnosis = diagnose(Make.byRegistry([Make.windowsBalloon(), other]))
    let open = try #require(diagnosis.inconclusive.first { $0.id == "pci.function.phantom" })
    #expect(open.missing.map(\.path).contains("guest.functions.value.0.windows.isPresent"))
    #expect(!diagnosis.healthy.map(\.id).contains("pci.function.phantom"))
    // One alone is as open, unless it stands where the host's balloon stands.
    let alone = Make.byRegistry([Make.windowsBalloon()])
    #expect(diagnose(alone).inconclusive.map(\.id).contains("pci.function.phantom"))
    var placed = alone
    placed.device.path = Make.observed(PCIPath(parsing: "05.0")!)
    #expect(diagnose(placed).healthy.map(\.id).contains("pci.function.phantom"))
  }

  @Test("A balloon without a driver, by the registry alone, is inferred: it may be one that is gone")
  func driverlessByRegistry() throws {
    let finding = try #require(diagnose(Make.byRegistry([Make.windowsUnserved()])).findings.first)
    #expect(finding.id == "driver.none" && finding.confidence == .inferred)
    #expect(finding.summary.contains("Whether the device is there, or only remembered from earlier, was not told."))
    // What the owner sees in the guest, where nobody told the code.
    #expect(finding.summary.contains("\"PCI Device\" with Code 28"))
    #expect(finding.remedy.first?.text.hasPrefix("Give the guest the virtio-win ISO as a CD") == true)
    // The host's word, or the live device manager's, takes the doubt away.
    var confirmed = Make.windowsWithout(Make.windowsUnserved())
    confirmed.guest.functions = Make.byRegistry([Make.windowsUnserved()]).guest.functions
    let sure = try #require(diagnose(confirmed).findings.first)
    #expect(sure.id == "driver.none" && sure.confidence == .established)
    #expect(!sure.summary.contains("remembered"))
  }

  @Test("Who looked by the monitor is told to look again by it")
  func again() {
    var evidence = Evidence.unknown(
      Failure(.notAsked, "not asked"), target: Target(kind: .libvirt, name: "a", location: "qemu:///system"),
      collection: Collection(tool: "test", started: 1, finished: 2, sampled: false))
    #expect(evidence.diagnoseAgain() == "virt-balloon diagnose --connect qemu:///system a")
    evidence.device.status = Make.observed([])
    #expect(evidence.diagnoseAgain() == "virt-balloon diagnose --monitor --connect qemu:///system a")
    evidence.target = Target(kind: .qmp, name: nil, location: "/run/a")
    #expect(evidence.diagnoseAgain() == "virt-balloon diagnose qmp:/run/a")
  }

  @Test("Where a guest without an agent is not heard, the paste is named first, for its system where that is known")
  func pasteFirst() throws {
    for kind in [Target.Kind.libvirt, .qmp] {
      for (family, name) in [("windows", "windows"), ("linux", "linux"), ("freebsd", "windows (or linux)")] {
        var evidence = Evidence.unknown(
          Failure(.notFound, "no port"), target: Target(kind: kind, name: "a", location: "/x"),
          collection: Collection(tool: "test", started: 1, finished: 2, sampled: false))
        evidence.domain.osFamily = Make.observed(family)
        let asks = diagnose(evidence).inconclusive.flatMap(\.missing).filter { $0.path.hasPrefix("guest.functions") }
        #expect(!asks.isEmpty)
        for ask in asks {
          #expect(ask.ask?.hasPrefix("virt-balloon probe \(name): paste") == true, "\(ask)")
          #expect(ask.ask?.contains("(or start virt-balloon-agent in the guest, then: ") == true)
        }
      }
    }
  }

  @Test("A driver whose service is disabled while it runs is a note; one that does not run is a problem")
  func kernelService() throws {
    var services = Make.windowsServices()
    services[0].windows?.startType = Make.told(4)
    let running = diagnose(Make.windows { $0.guest.services = Make.told(services) })
    #expect(running.verdict == .healthy && running.findings.map(\.id) == ["driver.disabled"])
    let note = try #require(running.findings.first)
    #expect(note.severity == .note && note.summary.hasSuffix("though it runs now."))
    #expect(note.remedy.contains { $0.command == "sc config BALLOON start= demand" })
    let registry = diagnose(Make.byRegistry([Make.windowsBalloon()], services))
    #expect(registry.verdict == .problem && registry.findings.map(\.id) == ["driver.disabled"])
    // It comes on top of statistics that are missing for another reason.
    var silent = Make.windowsSilent(services)
    silent.guest.services = Make.told(services)
    #expect(diagnose(silent).findings.map(\.id) == ["stats.not-delivered", "driver.disabled"])
  }

  @Test("A file for another processor is named by the status behind code 39")
  func wrongProcessor() throws {
    let evidence = Make.windowsWithout(Make.windowsBalloon(problem: 39, status: 0xc000_007b))
    let finding = try #require(diagnose(evidence).findings.first)
    #expect(finding.id == "driver.load-failed")
    #expect(finding.summary.contains("its file is for another processor, or damaged"))
  }

  // MARK: Statistics

  @Test(
    "Values that contradict each other are found, by what contradicts",
    arguments: [
      (["freeMemory": 3 << 30, "totalMemory": 2 << 30], "3 GiB are free, of 2 GiB in all"),
      (["availableMemory": 4 << 30, "totalMemory": 2 << 30], "available"),
      (["diskCaches": 4 << 30, "totalMemory": 2 << 30], "taken by caches"),
      (["freeMemory": 0, "totalMemory": 0, "availableMemory": 0], "all of them are 0"),
      (["totalMemory": 0], "0 bytes of memory in all"),
      (["freeMemory": .max, "totalMemory": 1 << 30], "free"),
    ] as [([String: UInt64], String)])
  func contradictions(values: [String: UInt64], words: String) throws {
    let finding = try #require(diagnose(Make.healthy { Make.deliver(&$0, values) }).findings.first)
    #expect(finding.id == "stats.implausible" && finding.severity == .warning && finding.confidence == .established)
    #expect(finding.summary.contains(words), "\(finding.summary)")
    #expect(finding.evidence.map(\.path).contains("readings.1.statistics"))
  }

  @Test(
    "Values that are merely odd are not",
    arguments: [
      // Windows' available adds half of its cache; a balloon that is inflated leaves Windows' total as it was.
      ["availableMemory": 1_200 << 20], ["freeMemory": 1_000 << 20], ["totalMemory": 1 << 30], ["freeMemory": 0],
      ["totalMemory": 700 << 20, "availableMemory": 700 << 20, "freeMemory": 600 << 20],
    ] as [[String: UInt64]])
  func oddities(values: [String: UInt64]) {
    #expect(diagnose(Make.healthy { Make.deliver(&$0, values) }).findings.isEmpty)
  }

  @Test("A total of 2047 MiB in a larger Windows, and one in the wrong unit, are inferred")
  func totals() throws {
    let capped = try #require(
      diagnose(
        Make.windows { evidence in
          Make.size(&evidence, actual: 4 << 30)
          Make.deliver(&evidence, ["totalMemory": 2_147_352_576, "freeMemory": 1 << 30])
        }
      ).findings.first)
    #expect(capped.id == "stats.implausible" && capped.confidence == .inferred)
    #expect(capped.summary.contains("2047 MiB is what a 32-bit program can count"))
    for (total, unit) in [(4_194_304, "KiB"), (1_048_576, "pages of 4 KiB")] as [(UInt64, String)] {
      let finding = try #require(
        diagnose(
          Make.healthy { evidence in
            Make.size(&evidence, actual: 4 << 30)
            Make.deliver(
              &evidence, ["totalMemory": total, "freeMemory": total / 2, "availableMemory": total / 2, "diskCaches": 0])
          }
        ).findings.first)
      #expect(finding.id == "stats.implausible" && finding.summary.contains("as if \(unit) were taken for bytes"))
    }
  }

  @Test("The agent's own count is held against the balloon's with slack, and only while statistics arrive")
  func agentsCount() throws {
    func findings(_ total: UInt64, _ change: (inout Evidence) -> Void = { _ in }) -> [Finding] {
      diagnose(
        Make.healthy { evidence in
          Make.size(&evidence, actual: 4 << 30)
          Make.deliver(&evidence, ["totalMemory": 3_900 << 20, "freeMemory": 2 << 30, "availableMemory": 2 << 30])
          evidence.guest.statistics = Make.told([
            "totalMemory": Make.told(total), "freeMemory": Make.told(1_500 << 20),
          ])
          change(&evidence)
        }
      ).findings
    }
    #expect(findings(3_800 << 20).isEmpty)
    let finding = try #require(findings(1 << 30).first)
    #expect(finding.id == "stats.implausible" && finding.confidence == .inferred)
    #expect(finding.evidence.map(\.path).contains("guest.statistics"))
    #expect(finding.evidence.map(\.path).contains("readings.1.statistics"))
    #expect(findings(1 << 30) { $0.readings.removeLast() }.allSatisfy { $0.id != "stats.implausible" })
  }

  // MARK: The agent

  @Test("An agent that lacks methods, or is of an earlier version, is a note that names what it lacks")
  func outdated() throws {
    let lacking = diagnose(
      Make.healthy { evidence in
        evidence.guest.memory = Make.withoutMethod()
        evidence.guest.log = Make.withoutMethod()
      })
    #expect(lacking.verdict == .healthy && lacking.findings.map(\.id) == ["agent.outdated"])
    #expect(lacking.findings.first?.summary.contains("guest.memory, log.balloon") == true)
    for (name, version, isOld) in [
      ("virt-balloon-agent", "0.0.9", true), ("virt-balloon-agent", "0.1.0", false),
      ("virt-balloon-agent", "0.10.0", false), ("virt-balloon-agent", "0.1.0-rc1", false),
      ("virt-balloon-agent", "unknown", false), ("another-agent", "0.0.1", false),
    ] {
      let diagnosis = diagnose(
        Make.healthy {
          $0.guest.agent = Make.told(AgentIdentity(name: name, version: version, protocolVersion: 1))
        })
      #expect(diagnosis.findings.map(\.id) == (isOld ? ["agent.outdated"] : []), "\(name) \(version)")
    }
  }

  @Test("An agent that answers a method with unsupported has the method")
  func unsupported() {
    let diagnosis = diagnose(Make.healthy { $0.guest.log = Make.failed(.unsupported, trust: .guest) })
    #expect(diagnosis.findings.isEmpty)
  }

  // MARK: The engine

  @Test("A rule that tells a milder case than its own is no cause of anything")
  func milder() {
    func rule(_ id: String, _ severity: Severity?, explains: [String] = []) -> Rule {
      Rule(
        id: id, title: id, severity: .warning, explanation: "", sources: [], explains: explains, remedy: { _ in [] },
        assess: { _ in .found("It is so.", severity: severity) })
    }
    for (severity, expected) in [(nil, ["a.one"]), (.problem, ["a.one"]), (.note, ["a.two", "a.one"])]
      as [(Severity?, [String])]
    {
      let engine = Engine(rules: [rule("a.one", severity, explains: ["a.two"]), rule("a.two", nil)])
      #expect(engine.diagnose(Make.healthy()).findings.map(\.id) == expected)
    }
  }

  @Test("A rule that says which of its consequences follow explains these alone")
  func causes() {
    let engine = Engine(
      rules: [
        Rule(
          id: "a.one", title: "a", severity: .note, explanation: "", sources: [], explains: ["a.two", "a.three"],
          causes: { id, reader in id == "a.two" && reader.read(\.domain.state).value == "running" },
          remedy: { _ in [] }, assess: { _ in .found("It is so.") })
      ]
        + ["a.two", "a.three"].map { id in
          Rule(
            id: id, title: id, severity: .note, explanation: "", sources: [], remedy: { _ in [] },
            assess: { _ in .found("It is so.") })
        })
    let findings = engine.diagnose(Make.healthy()).findings
    #expect(findings.map(\.id) == ["a.one", "a.three"] && findings.first?.explains == ["a.two"])
    #expect(findings.first?.evidence.map(\.path) == ["domain.state"])
  }
}
