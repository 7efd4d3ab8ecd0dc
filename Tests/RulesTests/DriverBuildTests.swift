// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules
import Testing

/// Guests are synthesised; see ``EvidenceFixture`` for where versions and days come from.
@Suite("The build of the balloon's driver in Windows")
struct DriverBuildTests {
  private typealias Make = EvidenceFixture

  private func finding(_ id: String, _ evidence: Evidence) -> Finding? {
    Engine().diagnose(evidence).findings.first { $0.id == id }
  }

  @Test(
    "for another Windows is found, by how it may end",
    arguments: [
      // Windows 7 with the drivers for 8 and for 10; 2012 R2 with that for 10; XP with that for 2003.
      ("6.1.7601", "62.93.104.24000", .warning, .established), ("6.1.7601", "100.85.104.19900", .warning, .established),
      ("6.3.9600", "100.101.104.28500", .warning, .established), ("5.1.2600", "52.65.104.7000", .warning, .established),
      // Windows 10 and Server 2022 with the drivers for 8.1 and for 7: taken, and they may work.
      ("10.0.19045", "63.93.104.24000", .note, .inferred), ("10.0.20348", "61.77.104.16900", .note, .inferred),
    ] as [(String, String, Severity, Confidence)])
  func foreign(system: String, driver: String, severity: Severity, confidence: Confidence) throws {
    let evidence = Make.windows(system, driver: driver)
    let running = try #require(finding("driver.wrong-os-build", evidence))
    #expect(running.severity == severity && running.confidence == confidence)
    #expect(running.summary.contains(driver) && running.summary.contains(system))
    #expect(running.evidence.map(\.path).contains("guest.kernel"))
    #expect(running.explains == [])
    // A driver that does not run is held against it more.
    var broken = evidence
    Make.unserved(&broken)
    broken.guest.functions = Make.told([Make.windowsBalloon(driver: driver, problem: 39)])
    let stopped = try #require(finding("driver.wrong-os-build", broken))
    #expect(stopped.severity > severity)
    #expect(stopped.explains.contains("driver.load-failed") == (severity == .warning))
    #expect(stopped.remedy.contains { $0.command == "pnputil /delete-driver oemNN.inf /uninstall" })
  }

  @Test(
    "for this Windows, or of a scheme that does not tell, is not found",
    arguments: [
      ("10.0.14393", "100.77.104.17100"), ("10.0.26200.9445", "100.101.104.28500"), ("6.3.9600", "63.93.104.24000"),
      ("6.2.9200", "62.93.104.24000"), ("6.0.6002", "60.76.104.15400"), ("5.2.3790", "52.65.104.7000"),
      // Built by oneself, by Virtuozzo's scheme, by Microsoft's.
      ("6.1.7601", "100.101.101.58000"), ("10.0.17763", "8.0.41.6"), ("6.1.7601", "10.0.26100.1"),
      ("10.0.17763", "not a version"),
    ])
  func fitting(system: String, driver: String) {
    let diagnosis = Engine().diagnose(Make.windows(system, driver: driver))
    #expect(!diagnosis.told.filter { $0 == "driver.wrong-os-build" }.isEmpty)
    #expect(!diagnosis.findings.contains { $0.id == "driver.wrong-os-build" })
    #expect(!diagnosis.inconclusive.contains { $0.id == "driver.wrong-os-build" })
  }

  @Test("for a newer Windows is a warning by the registry alone, which does not tell whether it runs")
  func byRegistry() throws {
    var evidence = Make.byRegistry([Make.windowsBalloon(driver: "62.93.104.24000")])
    evidence.guest.kernel = Make.told("6.1.7601")
    let diagnosis = Engine().diagnose(evidence)
    let found = try #require(diagnosis.findings.first)
    #expect(found.id == "driver.wrong-os-build" && found.severity == .warning && diagnosis.verdict == .warning)
    #expect(found.summary.contains("Whether it runs is not known"))
    #expect(found.summary.contains("NT 6.1.7601 (that of Windows 7 and Server 2008 R2)"))
  }

  @Test("stays open where nobody told which Windows it is, and says how to learn it")
  func unknownSystem() throws {
    let evidence = Make.windows("10.0", driver: "62.93.104.24000") {
      $0.guest.kernel = Make.failed(.unsupported, trust: .guest)
    }
    let open = try #require(
      Engine().diagnose(evidence).inconclusive.first { $0.id == "driver.wrong-os-build" })
    #expect(open.missing.contains { $0.path == "guest.kernel" && $0.ask == "ver, in the guest" })
  }

  @Test("is judged by qemu-ga's word alone: its driver and its build number")
  func byQEMUGuestAgent() throws {
    let evidence = Make.healthy { evidence in
      Make.withoutAgent(&evidence)
      var agent = QEMUGuestAgentEvidence(
        Unknown(failure: Failure(.unsupported, "x"), provenance: Provenance("qemu-ga", trust: .guest, time: nil)))
      agent.osID = Make.told("mswindows")
      agent.kernel = Make.told("7601")
      agent.devices = Make.told([
        InstalledDriver(
          name: Make.told("VirtIO Balloon Driver"), version: Make.told("62.71.104.9400"),
          date: Make.told("2015-01-05"),
          identity: Make.told(PCIIdentity(vendor: 0x1af4, device: 0x1002)))
      ])
      evidence.guest.qemuGA = agent
    }
    let found = try #require(finding("driver.wrong-os-build", evidence))
    #expect(found.summary.contains("Windows NT 6.1.7601") && found.severity == .warning)
    #expect(found.evidence.map(\.path).contains("guest.qemuGA.kernel"))
    // Build 94 hangs Windows 7; this driver is not that one.
    #expect(finding("driver.known-bug", evidence)?.summary.contains("hangs while it shuts down") != true)
  }

  @Test(
    "names the faults of its range, and none outside of it",
    arguments: [
      // #26: Windows 7's build 94 alone, and 81.
      ("6.1.7601", "61.71.104.9400", nil, "hangs while it shuts down", true),
      ("6.2.9200", "62.71.104.9400", nil, "hangs while it shuts down", false),
      ("6.1.7601", "61.71.104.9500", nil, "hangs while it shuts down", false),
      ("6.1.7601", "61.70.104.8100", nil, "0xA and 0xC5", true),
      // #39: from 96 until 105.
      ("6.1.7601", "61.71.104.9600", nil, "0x7E", true), ("6.1.7601", "61.73.104.10400", nil, "0x7E", true),
      ("6.1.7601", "61.73.104.10500", nil, "0x7E", false), ("6.1.7601", "61.71.104.9500", nil, "0x7E", false),
      // PR 1157: builds up to 262, later ones by their day.
      ("10.0.20348", "100.95.104.26200", nil, "ends early", true),
      ("10.0.20348", "100.100.104.26600", nil, "ends early", false),
      ("10.0.20348", "100.100.104.26600", "2024-10-07", "ends early", true),
      ("10.0.20348", "100.100.104.26600", "2024-10-08", "ends early", false),
      ("10.0.20348", "100.100.104.26600", "no day", "ends early", false),
      // A vendor's own version is compared by its day; what that tells is unverified, see below.
      ("10.0.20348", "8.0.41.6", "2021-05-01", "ends early", true),
      ("10.0.20348", "8.0.41.6", "2025-05-01", "ends early", false),
      ("10.0.20348", "8.0.41.6", nil, "ends early", false),
      // #1098: since 248.
      ("10.0.14393", "100.93.104.24000", nil, "5858", false), ("10.0.14393", "100.95.104.24800", nil, "5858", true),
      ("10.0.14393", "100.101.104.28500", "2025-07-01", "5858", false),
      // #1148: Windows 11 25H2 and build 285.
      ("10.0.26200.9445", "100.101.104.28500", nil, "#1148", true),
      ("10.0.26100", "100.101.104.28500", nil, "#1148", false),
      ("10.0.26200", "100.100.104.27100", nil, "#1148", false),
    ] as [(String, String, String?, String, Bool)])
  func ranges(system: String, driver: String, day: String?, words: String, isFound: Bool) {
    let summary = finding("driver.known-bug", Make.windows(system, driver: driver, day: day))?.summary ?? ""
    #expect(summary.contains(words) == isFound, "\(summary)")
  }

  @Test("is as certain as what is known of the fault, and says so")
  func confidence() throws {
    let reported = try #require(finding("driver.known-bug", Make.windows("6.1.7601", driver: "61.71.104.9400")))
    #expect(reported.confidence == .established && reported.severity == .warning)
    #expect(reported.summary.contains("reported for this build"))
    #expect(reported.links.contains("https://github.com/virtio-win/kvm-guest-drivers-windows/issues/26"))
    #expect(!reported.links.contains { $0.hasSuffix("/1148") }, "nor of faults that this build has not")
    let byDay = try #require(
      finding("driver.known-bug", Make.windows("10.0.20348", driver: "100.101.101.58000", day: "2021-05-01")))
    #expect(byDay.confidence == .inferred && byDay.severity == .note)
    #expect(byDay.summary.contains("inferred: this build's day is before it was mended, 2024-10-08"))
  }

  @Test("by another vendor may carry any mending: its day tells what is unverified, and explains nothing")
  func vendor() throws {
    func stuck(_ driver: String) -> [Finding] {
      Engine().diagnose(
        Make.windows("10.0.20348", driver: driver, day: "2021-05-01") { evidence in
          evidence.configuration.maximum = Make.observed(2 << 30)
          evidence.configuration.target = Make.observed(512 << 20)
        }
      ).findings.filter { $0.id == "driver.known-bug" || $0.id == "balloon.target.not-reached" }
    }
    let other = stuck("8.0.41.6")
    #expect(other.map(\.id).sorted() == ["balloon.target.not-reached", "driver.known-bug"])
    let fault = try #require(other.first { $0.id == "driver.known-bug" })
    #expect(fault.confidence == .unverified && fault.explains == [])
    #expect(fault.summary.contains("another vendor's, whose fixes are not known here"))
    // The same day on a build from virtio-win's own sources.
    let own = stuck("100.101.101.58000")
    #expect(own.map(\.id) == ["driver.known-bug"] && own.first?.confidence == .inferred)
    #expect(own.first?.summary.contains("another vendor") == false)
    #expect(stuck("100.95.104.24800").first?.summary.contains("another vendor") == false)
  }

  @Test("has the service's faults only where the service is there, and WMI's only where WMI is disabled")
  func conditions() {
    func summary(_ services: [GuestService]) -> String {
      finding(
        "driver.known-bug",
        Make.windows("10.0.14393", driver: "100.95.104.24800") { $0.guest.services = Make.told(services) }
      )?.summary ?? ""
    }
    #expect(summary(Make.windowsServices()).contains("5858"))
    #expect(!summary(Make.windowsServices(Make.service("BalloonService", Make.absent(.guest)))).contains("5858"))
    #expect(!summary(Make.windowsServices()).contains("1008"))
    let disabled = Make.windowsServices(
      Make.service("BalloonService", Make.told("stopped"), exit: 1008),
      management: Make.service("Winmgmt", Make.told("stopped"), start: 4))
    #expect(summary(disabled).contains("ends with error 1008"))
    #expect(summary([]).contains("if BalloonService is installed"))
  }

  @Test("of the service is its own, where it was told: driver and service can be of two ISOs")
  func serviceBuild() {
    func summary(_ version: String) -> String {
      var service = Make.service("BalloonService")
      service.version = Make.told(version)
      return finding(
        "driver.known-bug",
        Make.windows("10.0.14393", driver: "100.95.104.24800") {
          $0.guest.services = Make.told(Make.windowsServices(service))
        })?.summary ?? ""
    }
    #expect(summary("100.95.104.24800").contains("5858"))
    #expect(!summary("100.101.104.28500").contains("5858"))
    #expect(summary("100.101.104.28500").contains("ends early"), "the driver's own fault stays")
    #expect(summary("1.0").contains("5858"), "a version of another scheme tells nothing")
  }

  @Test("that ends a resize early explains a size that stands still short of its target, and nothing else does")
  func explainsTarget() throws {
    func stuck(_ driver: String) -> [Finding] {
      Engine().diagnose(
        Make.windows("10.0.20348", driver: driver) { evidence in
          evidence.configuration.maximum = Make.observed(2 << 30)
          evidence.configuration.target = Make.observed(512 << 20)
        }
      ).findings.filter { $0.id.hasPrefix("driver.") || $0.id.hasPrefix("balloon.target.") }
    }
    #expect(stuck("100.95.104.24800").map(\.id) == ["driver.known-bug"])
    #expect(stuck("100.95.104.24800").first?.explains == ["balloon.target.not-reached"])
    #expect(stuck("100.101.104.28500").map(\.id) == ["balloon.target.not-reached"])
    // Another fault of another build is no cause of it.
    let other = Engine().diagnose(
      Make.windows("10.0.26200", driver: "100.101.104.28500") { evidence in
        evidence.configuration.maximum = Make.observed(2 << 30)
        evidence.configuration.target = Make.observed(512 << 20)
      })
    #expect(Set(other.findings.map(\.id)).isSuperset(of: ["driver.known-bug", "balloon.target.not-reached"]))
  }

  @Test("without a driver has no build to judge")
  func noDriver() {
    for function in [
      Make.windowsUnserved(), Make.machineINF(.balloonTransitional, path: "05.0"),
    ] {
      let diagnosis = Engine().diagnose(Make.windowsWithout(function))
      #expect(diagnosis.notApplicable.map(\.id).contains("driver.known-bug"))
      #expect(diagnosis.notApplicable.map(\.id).contains("driver.wrong-os-build"))
    }
  }
}
