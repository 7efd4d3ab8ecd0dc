// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules
import Testing

/// Whole pieces of evidence, all synthesised after what the field's sources and real guests under QEMU 7.2 show.
@Suite("A diagnosis of")
struct ScenarioTests {
  private typealias Make = EvidenceFixture

  private func diagnose(_ evidence: Evidence) -> Diagnosis { Engine().diagnose(evidence) }

  private func testimony(_ diagnosis: Diagnosis) -> [Witness.Testimony] { diagnosis.witnesses.map(\.testimony) }

  @Test("a healthy guest finds nothing, and all witnesses agree (S4)")
  func healthy() {
    let diagnosis = diagnose(Make.healthy())
    #expect(diagnosis.verdict == .healthy)
    #expect(diagnosis.findings.isEmpty)
    #expect(diagnosis.inconclusive.isEmpty)
    #expect(testimony(diagnosis) == [.operating, .operating, .operating])
  }

  @Test("a machine without a balloon says so and nothing else (S0)")
  func noDevice() {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        evidence.device.qomPath = Make.absent()
        evidence.device.status = Make.absent()
        evidence.configuration.model = Make.failed(.notFound)
        evidence.readings = []
      })
    #expect(diagnosis.verdict == .problem)
    #expect(diagnosis.findings.map(\.id) == ["balloon.device.absent"])
    #expect(diagnosis.witnesses.first?.testimony == .notOperating)
  }

  @Test("a guest without a driver, by the host alone: virtio-serial runs beside a dead balloon (S1)")
  func siblingRuns() throws {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.unserved(&evidence)
        Make.withoutAgent(&evidence)
        evidence.domain.uptime = Make.observed(5)
      })
    #expect(diagnosis.verdict == .problem)
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.id == "driver.not-operating")
    #expect(finding.confidence == .established)
    #expect(finding.summary.contains("virtio-serial is at DRIVER_OK"))
    #expect(finding.evidence.map(\.path).contains("device.siblings"))
  }

  @Test("a guest that binds the transport alone names that (S1b)")
  func transportAlone() throws {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.unserved(&evidence, status: ["ACKNOWLEDGE"])
        evidence.guest.functions = Make.told(
          Make.linuxFunctions(virtioDriver: Make.absent(.guest), virtioStatus: Make.told(1)))
      })
    #expect(diagnosis.verdict == .problem)
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.id == "driver.none")
    #expect(finding.explains.contains("driver.not-operating"))
    #expect(finding.summary.contains("bound the virtio transport"))
    #expect(testimony(diagnosis)[0] == .notOperating)
    #expect(testimony(diagnosis)[2] == .notOperating)
  }

  @Test("a guest in its firmware is not accused (S1 against booting)")
  func booting() throws {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.unserved(&evidence)
        Make.withoutAgent(&evidence)
        let disk = VirtioSibling(name: "virtio-blk", qomPath: "/d", status: Make.started)
        evidence.device.siblings = Make.observed([disk, Make.serial([])])
        evidence.domain.uptime = Make.observed(6)
      })
    #expect(diagnosis.verdict == .inconclusive)
    #expect(diagnosis.findings.map(\.id) == ["guest.still-booting"])
    let open = try #require(diagnosis.inconclusive.first { $0.id == "driver.not-operating" })
    #expect(open.isEssential)
    #expect(open.missing.contains { $0.path == "domain.uptime" && $0.ask != nil })
  }

  @Test("a machine that had a driver before is not accused by time alone: it may be rebooting")
  func rebooting() {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.freeze(&evidence)
        Make.withoutAgent(&evidence)
        evidence.device.status = Make.observed([])
        evidence.device.siblings = Make.observed([Make.serial([])])
      })
    #expect(diagnosis.verdict == .inconclusive)
    #expect(diagnosis.findings.map(\.id) == ["guest.still-booting"])
  }

  @Test("a driver that was there and is gone is found, and what it delivered is not called fresh (S2)")
  func driverGone() throws {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.freeze(&evidence)
        Make.withoutAgent(&evidence)
        evidence.device.status = Make.observed([])
      })
    #expect(diagnosis.verdict == .problem)
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.id == "driver.not-operating")
    #expect(finding.summary.contains("One did earlier"))
  }

  @Test("a Windows guest without BalloonService delivers nothing (S3, S5)")
  func noService() throws {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.freeze(&evidence, statistics: Make.noStatistics)
        evidence.guest.osFamily = Make.told("windows")
        evidence.guest.functions = Make.told(
          Make.windowsFunctions(
            service: Make.told("BALLOON"), inf: Make.told("oem7.inf"), provider: Make.told("Red Hat, Inc.")))
      })
    #expect(diagnosis.verdict == .warning)
    #expect(diagnosis.findings.map(\.id) == ["stats.not-delivered"])
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.summary.contains("BalloonService is not installed"))
    #expect(finding.remedy.contains { $0.command == "blnsvr.exe -i" })
    #expect(testimony(diagnosis) == [.operating, .undecided, .operating])
  }

  @Test("a guest that nobody asks has one finding, which explains the missing statistics")
  func periodUnset() throws {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.freeze(&evidence, statistics: Make.noStatistics)
        evidence.device.pollingInterval = Make.observed(0)
      })
    #expect(diagnosis.verdict == .warning)
    let finding = try #require(diagnosis.findings.first)
    #expect(diagnosis.findings.count == 1)
    #expect(finding.id == "balloon.config.stats-period-unset")
    #expect(finding.explains == ["stats.not-delivered"])
    #expect(finding.remedy.contains { $0.command?.contains("guest-stats-polling-interval") == true })
    #expect(finding.remedy.contains { $0.command?.contains("UNIX-CONNECT:/run/web1.qmp") == true })
  }

  @Test("a hung service shows frozen statistics (S6)")
  func frozen() {
    let diagnosis = diagnose(Make.healthy { Make.freeze(&$0) })
    #expect(diagnosis.verdict == .warning)
    #expect(diagnosis.findings.map(\.id) == ["stats.frozen"])
  }

  @Test(
    "a driver that did not get through is a problem, whatever else is known (S7)",
    arguments: [
      ["ACKNOWLEDGE", "DRIVER"], ["ACKNOWLEDGE", "DRIVER", "FAILED"], ["ACKNOWLEDGE", "DRIVER", "FEATURES_OK"],
      ["ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK", "NEEDS_RESET"],
    ])
  func startFailed(status: [String]) {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.unserved(&evidence, status: status)
        Make.withoutAgent(&evidence)
        evidence.device.siblings = Make.failed()
        evidence.domain.uptime = Make.failed()
      })
    #expect(diagnosis.verdict == .problem)
    #expect(diagnosis.findings.first?.id == "driver.not-operating")
  }

  @Test("a driver that is loaded and stuck is started anew, and not installed")
  func stuckDriver() throws {
    func finding(_ status: [String], _ family: String) throws -> Finding {
      let diagnosis = diagnose(
        Make.healthy { evidence in
          Make.unserved(&evidence, status: status)
          Make.withoutAgent(&evidence)
          evidence.domain.osFamily = Make.observed(family)
        })
      return try #require(diagnosis.findings.first { $0.id == "driver.not-operating" })
    }
    let begun = ["ACKNOWLEDGE", "DRIVER", "FEATURES_OK"]
    for status in [begun, begun + ["FAILED"], begun + ["DRIVER_OK", "NEEDS_RESET"]] {
      let linux = try finding(status, "linux").remedy.compactMap(\.command)
      #expect(linux.contains("modprobe -r virtio_balloon && modprobe virtio_balloon"))
      #expect(linux.contains("reboot") && !linux.contains("modprobe virtio_balloon"))
      let windows = try finding(status, "windows").remedy.compactMap(\.command)
      #expect(windows.contains { $0.hasPrefix("pnputil /restart-device ") } && windows.contains("shutdown /r /t 0"))
      #expect(!windows.contains("virtio-win-guest-tools.exe"))
    }
    #expect(try finding(begun + ["FAILED"], "linux").summary.contains("has FAILED (the guest's driver has given up"))
    #expect(try finding(begun + ["DRIVER_OK", "NEEDS_RESET"], "linux").summary.contains("has NEEDS_RESET (the device"))
    let empty = try finding([], "linux").remedy.compactMap(\.command)
    #expect(empty.contains("modprobe virtio_balloon") && !empty.contains { $0.contains("modprobe -r") })
  }

  @Test("a guest stuck above its target warns only when its own facts speak of shortage (S9)")
  func stuck() {
    let stuck: (inout Evidence) -> Void = { evidence in
      evidence.configuration.maximum = Make.observed(2 << 30)
      evidence.configuration.target = Make.observed(512 << 20)
    }
    let calm = diagnose(Make.healthy(stuck))
    #expect(calm.verdict == .healthy)
    #expect(calm.findings.first { $0.id == "balloon.target.not-reached" }?.severity == .note)
    let short = diagnose(
      Make.healthy { evidence in
        stuck(&evidence)
        for index in evidence.readings.indices {
          var statistics = Make.allStatistics
          statistics["availableMemory"] = Make.observed(10 << 20)
          evidence.readings[index].statistics = Make.observed(statistics)
        }
      })
    #expect(short.verdict == .warning)
    #expect(short.findings.first?.explains == ["balloon.target.not-reached"])
    let puffed = diagnose(
      Make.healthy { evidence in
        stuck(&evidence)
        evidence.guest.log = Make.told(["virtio_balloon virtio0: Out of puff! Can't get 256 pages"])
      })
    #expect(puffed.verdict == .warning)
    #expect(puffed.findings.first?.evidence.map(\.path).contains("guest.log") == true)
  }

  @Test("a generic driver in Linux names it and takes it off the function")
  func generic() throws {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.unserved(&evidence)
        evidence.guest.functions = Make.told(Make.linuxFunctions(driver: Make.told("uio_pci_generic")))
      })
    #expect(diagnosis.verdict == .problem)
    #expect(diagnosis.findings.map(\.id) == ["driver.generic"])
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.summary.contains("uio_pci_generic") && finding.summary.contains("The host agrees"))
    #expect(finding.explains == ["driver.not-operating"])
    let commands = finding.remedy.compactMap(\.command)
    #expect(commands.contains("echo 0000:00:05.0 > /sys/bus/pci/drivers/uio_pci_generic/unbind"))
    #expect(commands.contains("echo \"1af4 1002\" > /sys/bus/pci/drivers/uio_pci_generic/remove_id"))
    #expect(commands.contains("modprobe virtio_pci; modprobe virtio_balloon"))
    #expect(testimony(diagnosis) == [.notOperating, .undecided, .notOperating])
  }

  @Test("Windows' own RAM controller driver is a generic one, by INF and provider, and marked as inferred")
  func machineINF() throws {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.unserved(&evidence)
        evidence.guest.osFamily = Make.told("windows")
        evidence.guest.functions = Make.told(
          Make.windowsFunctions(
            service: Make.absent(.guest), inf: Make.told("machine.inf"), provider: Make.told("Microsoft")))
      })
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.id == "driver.generic")
    #expect(finding.confidence == .inferred)
    #expect(finding.remedy.contains { $0.command == "pnputil /add-driver balloon.inf /install" })
  }

  @Test("an unknown PCI Device in Windows has no driver")
  func code28() {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.unserved(&evidence)
        evidence.guest.osFamily = Make.told("windows")
        evidence.guest.functions = Make.told(
          Make.windowsFunctions(
            service: Make.absent(.guest), inf: Make.absent(.guest), provider: Make.absent(.guest),
            problem: Make.told(28)))
      })
    #expect(diagnosis.findings.map(\.id) == ["driver.none"])
  }

  @Test("a vendor's driver of an unknown name is not called generic")
  func vendorDriver() {
    let evidence = Make.healthy { evidence in
      evidence.guest.osFamily = Make.told("windows")
      evidence.guest.functions = Make.told(
        Make.windowsFunctions(
          service: Make.told("vndballoon"), inf: Make.told("oem9.inf"), provider: Make.told("Some Vendor")))
    }
    #expect(diagnose(evidence).verdict == .healthy)
    var silent = evidence
    Make.unserved(&silent)
    silent.device.status = Make.failed(.unsupported)
    let diagnosis = diagnose(silent)
    #expect(!diagnosis.findings.map(\.id).contains("driver.generic"))
    #expect(diagnosis.verdict != .healthy)
  }

  @Test("a guest that claims a driver which the device has not is contradicted, and the device is believed")
  func contradiction() throws {
    let diagnosis = diagnose(Make.healthy { Make.unserved(&$0) })
    #expect(diagnosis.verdict == .problem)
    #expect(diagnosis.findings.map(\.id) == ["driver.contradicted"])
    #expect(diagnosis.findings.first?.explains == ["driver.not-operating"])
  }

  @Test("a guest whose list denies the driver that serves is a warning, not a problem")
  func reverseContradiction() {
    let diagnosis = diagnose(
      Make.healthy { $0.guest.functions = Make.told(Make.linuxFunctions(driver: Make.absent(.guest))) })
    #expect(diagnosis.verdict == .warning)
    #expect(diagnosis.findings.map(\.id) == ["driver.contradicted"])
  }

  @Test("a read-only libvirt connection sees a healthy guest with a period as healthy")
  func readOnlyHealthy() {
    let diagnosis = diagnose(Make.readOnly())
    #expect(diagnosis.verdict == .healthy)
    #expect(diagnosis.findings.map(\.id) == ["agent.channel.disconnected"])
    #expect(testimony(diagnosis) == [.silent, .operating, .silent])
  }

  @Test("one quick look suffices when the statistics are fresh by the same clock, and only then")
  func quick() {
    let one: (inout Evidence) -> Void = { evidence in
      evidence.collection.sampled = false
      evidence.readings.removeLast()
    }
    #expect(diagnose(Make.readOnly(one)).verdict == .healthy)
    var remote = Make.readOnly(one)
    remote.target.location = "qemu+ssh://host/system"
    let diagnosis = diagnose(remote)
    #expect(diagnosis.verdict == .inconclusive)
    #expect(diagnosis.inconclusive.first { $0.id == "stats.frozen" }?.missing.contains { $0.ask != nil } == true)
    let old = Make.readOnly { evidence in
      one(&evidence)
      evidence.readings[0].lastUpdate = Make.observed(UInt64(Make.now) - 600)
    }
    #expect(diagnose(old).verdict == .inconclusive)
    #expect(diagnose(old).findings.allSatisfy { $0.severity == .note })
  }

  @Test("an artefact without a time never has frozen statistics")
  func artefact() {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        let update = UInt64(Make.now) - 500
        evidence.readings = [
          Make.reading(at: 0, lastUpdate: update, statistics: Make.allStatistics, time: nil),
          Make.reading(at: 60, lastUpdate: update, statistics: Make.allStatistics, time: nil),
        ]
      })
    #expect(diagnosis.findings.isEmpty)
    #expect(diagnosis.inconclusive.map(\.id).contains("stats.frozen"))
  }

  @Test("a guest that never answered, without the monitor, stays open and names the way to know")
  func readOnlySilent() throws {
    let diagnosis = diagnose(
      Make.readOnly { evidence in
        evidence.readings = [
          Make.reading(at: 0.4, lastUpdate: nil, statistics: Make.noStatistics),
          Make.reading(at: 3.5, lastUpdate: nil, statistics: Make.noStatistics),
        ]
      })
    #expect(diagnosis.verdict == .inconclusive)
    let open = try #require(diagnosis.inconclusive.first { $0.id == "driver.not-operating" })
    #expect(
      open.missing.first { $0.path == "device.status" }?.ask
        == "virt-balloon diagnose --monitor --connect qemu:///system web1")
  }

  @Test("a Windows guest without the virtio-win package is told so, not that it has two faults")
  func virtioWin() throws {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.unserved(&evidence)
        Make.withoutAgent(&evidence)
        evidence.device.siblings = Make.observed([Make.serial([])])
        evidence.domain.osFamily = Make.observed("windows")
      })
    let finding = try #require(diagnosis.findings.first)
    #expect(diagnosis.findings.count == 1)
    #expect(finding.id == "driver.virtio-win-absent")
    #expect(finding.confidence == .inferred)
    #expect(
      finding.explains == ["agent.channel.disconnected", "agent.channel.driver-missing", "driver.not-operating"])
  }

  @Test("a guest that was reset meanwhile is judged by nothing that may be of two boots")
  func resetMeanwhile() {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.freeze(&evidence)
        evidence.domain.interruptions = Make.observed(["RESET"])
      })
    #expect(diagnosis.verdict == .inconclusive)
    #expect(diagnosis.findings.map(\.id) == ["guest.not-running"])
    #expect(diagnosis.notApplicable.map(\.id).contains("stats.frozen"))
  }

  @Test("a paused guest warns and is accused of nothing else")
  func paused() {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.freeze(&evidence)
        Make.withoutAgent(&evidence, .timedOut)
        evidence.channel.guestOpen = Make.observed(true)
        evidence.domain.state = Make.observed("paused")
        evidence.domain.stateReason = Make.observed("user")
      })
    #expect(diagnosis.verdict == .warning)
    #expect(diagnosis.findings.map(\.id) == ["guest.not-running"])
  }

  @Test("a guest that is shut off stays open")
  func shutOff() {
    var evidence = EvidenceFixture.blank(Failure(.notFound, "the domain does not run"), kind: .libvirt)
    evidence.domain.state = Make.observed("shut off")
    evidence.configuration = Make.healthy().configuration
    let diagnosis = diagnose(evidence)
    #expect(diagnosis.verdict == .inconclusive)
    #expect(diagnosis.findings.map(\.id) == ["guest.not-running"])
  }

  @Test("bus numbers that differ on the same bridge path are a note that names them all")
  func renumbered() throws {
    let path = PCIPath(parsing: "02.1/00.0")!
    let diagnosis = diagnose(
      Make.healthy { evidence in
        evidence.device.identity = Make.observed(.balloonModern)
        evidence.device.path = Make.observed(path)
        evidence.device.address = Make.observed(PCIAddress(parsing: "0000:03:00.0")!)
        evidence.configuration.path = Make.observed(path)
        evidence.configuration.address = Make.observed(PCIAddress(parsing: "0000:05:00.0")!)
        var functions = Make.linuxFunctions()
        functions[0].identity = Make.told(.balloonModern)
        functions[0].path = Make.told(path)
        functions[0].address = Make.told(PCIAddress(parsing: "0000:03:00.0")!)
        evidence.guest.functions = Make.told(functions)
      })
    #expect(diagnosis.verdict == .healthy)
    let finding = try #require(diagnosis.findings.first)
    #expect(finding.id == "pci.address.renumbered")
    #expect(finding.summary.contains("0000:05:00.0") && finding.summary.contains("0000:03:00.0"))
  }

  @Test("an agent that was stopped is silent, and the balloon is judged all the same")
  func agentStopped() {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.withoutAgent(&evidence, .timedOut)
        evidence.channel.guestOpen = Make.observed(true)
      })
    #expect(diagnosis.verdict == .warning)
    #expect(diagnosis.findings.map(\.id) == ["agent.silent"])
    #expect(diagnosis.healthy.map(\.id).contains("driver.not-operating"))
  }

  @Test("an agent that was killed in mid-reply is silent from then on")
  func agentKilled() {
    let diagnosis = diagnose(Make.healthy { $0.guest.functions = Make.failed(.disconnected, trust: .guest) })
    #expect(diagnosis.findings.map(\.id) == ["agent.silent"])
  }

  @Test("a guest without channel or agent is healthy with a note")
  func noAgent() {
    let diagnosis = diagnose(
      Make.healthy { evidence in
        Make.withoutAgent(&evidence, .notFound)
        evidence.channel.port = Make.absent()
        evidence.channel.guestOpen = Make.absent()
        evidence.channel.heldByAnother = Make.absent()
      })
    #expect(diagnosis.verdict == .healthy)
    #expect(diagnosis.findings.map(\.id) == ["agent.channel.absent"])
  }
}
