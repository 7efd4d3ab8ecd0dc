// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import EvidenceTree
import Rules
import Testing

/// Whole pieces of evidence about the host's settings and the memory itself, all synthesised; the figures are those
/// that guests under QEMU 7.2 show with locked, shared and huge-page memory.
@Suite("On a host")
struct HostScenarioTests {
  private typealias Make = EvidenceFixture

  private func diagnose(_ change: (inout Evidence) -> Void) -> Diagnosis { Engine().diagnose(Make.healthy(change)) }

  private func finding(_ id: String, _ change: (inout Evidence) -> Void) -> Finding? {
    diagnose(change).findings.first { $0.id == id }
  }

  private func statement(_ id: String, _ diagnosis: Diagnosis) -> String? {
    diagnosis.notApplicable.first { $0.id == id }?.statement
  }

  // MARK: Xen

  @Test("of Xen's, every rule about PCI, virtio, drivers and statistics says why it does not apply")
  func xen() throws {
    let diagnosis = diagnose { Make.xen(&$0) }
    #expect(diagnosis.findings.map(\.id) == ["balloon.device.xen"])
    #expect(diagnosis.verdict == .inconclusive, "nobody has seen whether Xen's balloon works")
    #expect(diagnosis.inconclusive.filter(\.isEssential).isEmpty)
    for rule in Catalogue.all
    where ["pci.", "driver.", "service.", "stats.", "balloon.config."].contains(where: { rule.id.hasPrefix($0) }) {
      guard !["balloon.config.current-below-maximum", "balloon.config.maximum-oversized"].contains(rule.id) else {
        continue
      }
      let told = try #require(self.statement(rule.id, diagnosis), "\(rule.id)")
      #expect(told.contains("Xen's") && told.contains("xenstore"), "\(rule.id): \(told)")
    }
  }

  @Test("of Xen's, the sizes are judged all the same")
  func xenSizes() {
    let ballooned = diagnose { evidence in
      Make.xen(&evidence)
      evidence.configuration.maximum = Make.observed(2 << 30)
    }
    #expect(ballooned.findings.map(\.id).contains("balloon.config.current-below-maximum"))
    let ignored = diagnose { evidence in
      Make.xen(&evidence)
      evidence.configuration.target = Make.observed(512 << 20)
    }
    #expect(ignored.findings.map(\.id).contains("balloon.target.ignored"))
  }

  @Test("of Xen's, the domain's type alone tells, whatever the XML says of a memballoon")
  func xenByType() {
    for model: Observation<String> in [Make.absent(), Make.observed("none"), Make.failed()] {
      let diagnosis = diagnose { evidence in
        Make.xen(&evidence)
        evidence.configuration.model = model
        evidence.device.qomPath = model.isAbsent ? Make.absent() : Make.failed()
      }
      #expect(diagnosis.findings.map(\.id) == ["balloon.device.xen"])
    }
  }

  // MARK: The maximum

  @Test("a Linux guest's maximum is a note from an eighth of what it has, and a warning from a quarter")
  func oversized() throws {
    func severity(_ maximum: UInt64) -> Severity? {
      finding("balloon.config.maximum-oversized") { $0.configuration.maximum = Make.observed(maximum) }?.severity
    }
    #expect(severity(8 << 30) == nil)
    #expect(severity(12 << 30) == .note)
    #expect(severity(16 << 30) == .note, "a quarter exactly")
    #expect(severity(32 << 30) == .warning)
    let half = try #require(
      finding("balloon.config.maximum-oversized") { $0.configuration.maximum = Make.observed(32 << 30) })
    #expect(half.summary.contains("512 MiB of bookkeeping") && half.summary.contains("the 1 GiB"))
    #expect(half.summary.contains("It pays about 607 MiB for headroom that it does not use"))
  }

  @Test("a maximum that leaves a Linux guest nothing to boot with is told, where the size it starts with is known")
  func outOfMemoryAtBoot() throws {
    func found(_ maximum: UInt64, starts target: UInt64?, _ family: String = "linux") -> Finding? {
      finding("balloon.config.maximum-oversized") { evidence in
        evidence.configuration.maximum = Make.observed(maximum)
        evidence.configuration.target = target.map { Make.observed($0) } ?? Make.failed()
        evidence.guest.osFamily = Make.told(family)
      }
    }
    // The sizes of samples/experiments: 1 GiB of 40 and more panicked.
    for maximum: UInt64 in [40 << 30, 48 << 30, 64 << 30] {
      let dead = try #require(found(maximum, starts: 1 << 30))
      #expect(dead.severity == .warning && dead.summary.contains("have run out of memory"))
      #expect(dead.evidence.contains { $0.path == "configuration.target" })
    }
    let tight = try #require(found(32 << 30, starts: 1 << 30))
    #expect(tight.summary.contains("it may run out of memory while it boots") && tight.summary.contains("give or take"))
    // With a target that nobody knows, and with one that is large enough, nothing is foretold.
    for started: UInt64? in [nil, 8 << 30] {
      let summary = try #require(found(64 << 30, starts: started)).summary
      #expect(!summary.contains("run out of memory"), "\(summary)")
    }
    #expect(found(64 << 30, starts: 1 << 30, "windows") == nil)
  }

  // MARK: Features

  @Test("a Windows guest never takes autodeflate, which is certain by its own word and inferred by the host's records")
  func windowsFeatures() throws {
    func windows(_ byItsWord: Bool) -> Finding? {
      finding("balloon.config.autodeflate-ineffective") { evidence in
        evidence.configuration.autodeflate = Make.observed(true)
        evidence.device.hostFeatures = Make.failed()
        evidence.device.guestFeatures = Make.failed()
        evidence.device.status = Make.failed()
        evidence.guest.osFamily = byItsWord ? Make.told("windows") : Make.failed(trust: .guest)
        evidence.domain.osFamily = Make.observed("windows")
      }
    }
    #expect(try #require(windows(true)).confidence == .established)
    #expect(try #require(windows(false)).confidence == .inferred)
  }

  @Test("features say nothing while no driver serves the balloon")
  func unservedFeatures() {
    let diagnosis = diagnose { evidence in
      Make.unserved(&evidence)
      evidence.device.hostFeatures = Make.observed(["DEFLATE_ON_OOM", "REPORTING"])
    }
    for id in ["balloon.config.autodeflate-ineffective", "balloon.config.free-page-reporting-ineffective"] {
      #expect(statement(id, diagnosis)?.contains("negotiated") == true)
    }
  }

  // MARK: What keeps memory

  @Test("passthrough, huge pages and locked memory explain why the host got nothing back (S8)")
  func explained() throws {
    let causes: [(String, (inout Evidence) -> Void)] = [
      ("balloon.config.inhibited", { $0.configuration.pinningDevices = Make.observed(["pci"]) }),
      ("balloon.config.inhibited", { $0.configuration.launchSecurity = Make.observed("sev") }),
      ("balloon.config.memory-locked", { $0.configuration.locked = Make.observed(true) }),
    ]
    for (id, cause) in causes {
      let diagnosis = diagnose { evidence in
        Make.inflated(rss: 8_400 << 20, &evidence)
        cause(&evidence)
      }
      let finding = try #require(diagnosis.findings.first { $0.id == id })
      #expect(finding.explains == ["balloon.host-memory-not-returned"])
      #expect(finding.severity == .warning && finding.confidence == .established)
      #expect(finding.summary.contains("The balloon holds 6 GiB"))
      #expect(diagnosis.verdict == .warning)
    }
    let alone = diagnose { Make.inflated(rss: 8_400 << 20, &$0) }
    #expect(alone.findings.first?.id == "balloon.host-memory-not-returned")
    #expect(alone.findings.first?.summary.contains("did not come back") == true)
  }

  @Test("RSS does not count huge pages, so nothing is said of it")
  func hugepages() throws {
    let diagnosis = diagnose { evidence in
      Make.inflated(rss: 300 << 20, &evidence)
      evidence.configuration.hugepages = Make.observed(true)
      evidence.configuration.locked = Make.observed(true)
    }
    #expect(diagnosis.findings.first?.id == "balloon.config.hugepages")
    #expect(statement("balloon.host-memory-not-returned", diagnosis)?.contains("huge pages") == true)
    #expect(statement("balloon.config.memory-locked", diagnosis)?.contains("huge pages") == true)
  }

  @Test("a setting that spoils ballooning is a note while nothing is in the balloon")
  func idle() {
    let changes: [(String, (inout Evidence) -> Void)] = [
      ("balloon.config.inhibited", { $0.configuration.pinningDevices = Make.observed(["pci"]) }),
      ("balloon.config.hugepages", { $0.configuration.hugepages = Make.observed(true) }),
      ("balloon.config.memory-locked", { $0.configuration.locked = Make.observed(true) }),
    ]
    for (id, change) in changes { #expect(finding(id, change)?.severity == .note) }
    for (id, change) in changes {
      let asked = finding(id) { evidence in
        change(&evidence)
        evidence.configuration.target = Make.observed(512 << 20)
      }
      #expect(asked?.severity == .warning, "\(id) when memory was asked for")
    }
  }

  @Test("locked memory that is shared does come back: only QEMU's log suffers")
  func lockedAndShared() throws {
    let finding = try #require(
      finding("balloon.config.memory-locked") { evidence in
        Make.inflated(&evidence)
        evidence.configuration.locked = Make.observed(true)
        evidence.configuration.sharedMemory = Make.observed(true)
      })
    #expect(finding.severity == .note)
    #expect(finding.summary.contains("does come back"))
  }

  @Test("a mediated device may get on with a balloon, and other encryption is not judged")
  func uncertain() throws {
    let mediated = try #require(
      finding("balloon.config.inhibited") { $0.configuration.pinningDevices = Make.observed(["mdev"]) })
    #expect(mediated.confidence == .inferred)
    #expect(mediated.summary.contains("unless its owner"))
    for kind in ["sev-snp", "tdx"] {
      let diagnosis = diagnose { $0.configuration.launchSecurity = Make.observed(kind) }
      let open = try #require(diagnosis.inconclusive.first { $0.id == "balloon.config.inhibited" })
      #expect(open.missing.map(\.path) == ["configuration.launchSecurity"])
    }
  }

  @Test("RSS within what QEMU itself may need says nothing against the host")
  func slack() {
    func says(_ change: @escaping (inout Evidence) -> Void) -> (found: Bool, open: Bool) {
      let diagnosis = diagnose(change)
      let id = "balloon.host-memory-not-returned"
      return (
        diagnosis.findings.contains { $0.id == id }, diagnosis.inconclusive.contains { $0.id == id }
      )
    }
    // 8 GiB at most: QEMU may need 768 MiB of its own.
    #expect(says { Make.inflated(rss: 2_700 << 20, &$0) } == (false, false))
    #expect(says { Make.inflated(rss: 2_900 << 20, &$0) } == (false, true), "little beyond it")
    #expect(says { Make.inflated(rss: 5_000 << 20, &$0) } == (true, false))
    #expect(says { Make.inflated(rss: 20 << 30, &$0) } == (false, true), "more than the guest could ever take")
    let emulated = says { evidence in
      Make.inflated(rss: 3_400 << 20, &evidence)
      evidence.domain.hypervisor = Make.observed("qemu")
    }
    #expect(emulated == (false, false), "translated code")
    let little = says { evidence in
      Make.inflated(rss: 2_300 << 20, &evidence)
      evidence.configuration.maximum = Make.observed(2_400 << 20)
    }
    #expect(little == (false, false), "a balloon smaller than the uncertainty")
  }

  // MARK: Pressure

  @Test("a shortage explains a size that stands short of what was asked for (S9)")
  func pressure() throws {
    func stuck(_ evidence: inout Evidence) {
      Make.inflated(&evidence)
      evidence.configuration.target = Make.observed(1 << 30)
    }
    let short = diagnose { evidence in
      stuck(&evidence)
      Make.squeeze(&evidence)
    }
    #expect(short.verdict == .warning)
    let finding = try #require(short.findings.first)
    #expect(finding.id == "guest.memory-pressure")
    #expect(finding.explains == ["balloon.target.not-reached"])
    #expect(finding.summary.contains("10 MiB of 980 MiB are available") && finding.summary.contains("1 GiB more"))
    let calm = diagnose(stuck)
    #expect(calm.findings.map(\.id).contains("balloon.target.not-reached"))
    #expect(!calm.findings.map(\.id).contains("guest.memory-pressure"))
  }

  @Test("a guest at its limit kills programs, so a silent agent follows from it")
  func silentAgent() throws {
    let diagnosis = diagnose { evidence in
      Make.inflated(&evidence)
      Make.squeeze(&evidence)
      Make.withoutAgent(&evidence, .timedOut)
      evidence.channel.guestOpen = Make.observed(true)
    }
    #expect(diagnosis.findings.first?.id == "guest.memory-pressure")
    #expect(diagnosis.findings.first?.explains == ["agent.silent"])
  }

  @Test("so little is hardly any, whatever its share: a small Linux guest at its limit has a sixth left (S9)")
  func hardlyAny() {
    // Measured: a guest of 256 MiB, asked for 16 MiB, stopped at 68 MiB with these.
    let finding = finding("guest.memory-pressure") { evidence in
      Make.inflated(&evidence)
      evidence.configuration.maximum = Make.observed(256 << 20)
      var statistics = Make.allStatistics
      statistics["totalMemory"] = Make.observed(30 << 20)
      statistics["freeMemory"] = Make.observed(2 << 20)
      statistics["availableMemory"] = Make.observed(5 << 20)
      for index in evidence.readings.indices {
        evidence.readings[index].statistics = Make.observed(statistics)
        evidence.readings[index].actual = Make.observed(68 << 20)
      }
    }
    #expect(finding?.summary.contains("5 MiB of 30 MiB") == true)
  }

  @Test("old statistics say nothing of a shortage, and Linux's free memory alone neither")
  func unfit() {
    func isOpen(_ change: @escaping (inout Evidence) -> Void) -> Bool {
      diagnose { evidence in
        Make.inflated(&evidence)
        change(&evidence)
      }.inconclusive.contains { $0.id == "guest.memory-pressure" }
    }
    #expect(
      isOpen { evidence in
        for index in evidence.readings.indices {
          evidence.readings[index].statistics = Make.observed(Make.shortStatistics)
          evidence.readings[index].lastUpdate = Make.observed(UInt64(Make.now) - 5_000)
        }
      })
    #expect(
      isOpen { evidence in
        var statistics = Make.shortStatistics
        statistics["availableMemory"] = nil
        for index in evidence.readings.indices { evidence.readings[index].statistics = Make.observed(statistics) }
      })
  }

  @Test("Windows counts free memory as available")
  func windows() {
    let finding = finding("guest.memory-pressure") { evidence in
      Make.inflated(&evidence)
      var statistics = Make.shortStatistics
      statistics["availableMemory"] = nil
      for index in evidence.readings.indices { evidence.readings[index].statistics = Make.observed(statistics) }
      evidence.guest.osFamily = Make.told("windows")
    }
    #expect(finding?.summary.contains("6 MiB of") == true)
  }

  @Test("the agent's own count stands in for statistics that nobody asks for")
  func agentCounts() {
    let finding = finding("guest.memory-pressure") { evidence in
      Make.inflated(&evidence)
      for index in evidence.readings.indices { evidence.readings[index].statistics = Make.failed(.notAsked) }
      evidence.guest.statistics = Make.told(Make.shortStatistics)
    }
    #expect(finding?.evidence.map(\.path).contains("guest.statistics") == true)
  }

  // MARK: virtio-mem

  @Test("virtio-mem is no part of the balloon's size: nothing of it counts as held by the balloon")
  func virtioMemory() throws {
    func plugged(_ evidence: inout Evidence) {
      evidence.configuration.maximum = Make.observed(9 << 30)
      evidence.configuration.target = Make.observed(3 << 30)
      evidence.configuration.virtioMemory = Make.observed(8 << 30)
      for index in evidence.readings.indices { evidence.readings[index].rss = Make.observed(7 << 30) }
    }
    let diagnosis = diagnose(plugged)
    #expect(diagnosis.verdict == .healthy)
    #expect(diagnosis.findings.isEmpty)
    #expect(statement("balloon.target.ignored", diagnosis)?.contains("virtio-mem") == true)
    let without = diagnose { evidence in
      plugged(&evidence)
      evidence.configuration.virtioMemory = Make.absent()
    }
    #expect(without.findings.map(\.id).contains("balloon.config.current-below-maximum"))
  }

  // MARK: Evidence of earlier versions

  @Test("evidence that was saved before there were these leaves loads, and they were not asked for")
  func earlierEvidence() throws {
    guard case .object(var members) = try JSONTree(Make.healthy()),
      case .object(var configuration)? = members["configuration"], case .object(var domain)? = members["domain"]
    else {
      Issue.record("evidence is no object")
      return
    }
    for key in [
      "hugepages", "locked", "memorySource", "sharedMemory", "pinningDevices", "virtioMemory", "dimmMemory",
      "baseMemory", "launchSecurity",
    ] {
      #expect(configuration.removeValue(forKey: key) != nil, "\(key)")
    }
    #expect(domain.removeValue(forKey: "hypervisor") != nil)
    members["configuration"] = .object(configuration)
    members["domain"] = .object(domain)
    let evidence = try JSONTree.object(members).decoded(Evidence.self)
    #expect(evidence.configuration.locked.failure?.reason == .notAsked)
    #expect(evidence.domain.hypervisor.failure?.reason == .notAsked)
    #expect(evidence.configuration.maximum == Make.healthy().configuration.maximum)
    let diagnosis = Engine().diagnose(evidence)
    #expect(diagnosis.verdict == .healthy)
    #expect(diagnosis.inconclusive.map(\.id).contains("balloon.config.memory-locked"))
  }
}
