// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules
import Testing
import WindowsPnP

@Suite("Windows' problem codes on the balloon")
struct ProblemCodeTests {
  private typealias Make = EvidenceFixture

  /// The rule that speaks for a code; all others are driver.not-operating's.
  private static func rule(_ code: UInt16) -> String {
    switch code {
    case 10, 43: "driver.failed-start"
    case 31, 37...40: "driver.load-failed"
    case 52: "driver.unsigned"
    case 22, 32: "driver.disabled"
    case 14: "driver.restart-needed"
    case 48: "driver.blocked"
    default: "driver.not-operating"
    }
  }

  private func byGuestAlone(_ evidence: Evidence) -> Evidence {
    var alone = Make.blank(Failure(.unsupported, "only the guest was asked"))
    alone.guest = evidence.guest
    return alone
  }

  /// Code 45 is a phantom's; 58 and more are no code of cfg.h's.
  @Test("lead each to one rule, with the number and its name", arguments: (1...60).filter { $0 != 45 })
  func everyCode(number: Int) throws {
    let code = UInt16(number)
    let evidence = Make.windowsWithout(Make.windowsBalloon(problem: code))
    for seen in [evidence, byGuestAlone(evidence)] {
      let diagnosis = Engine().diagnose(seen)
      #expect(diagnosis.verdict == .problem)
      #expect(diagnosis.findings.map(\.id) == [Self.rule(code)])
      let finding = try #require(diagnosis.findings.first)
      #expect(finding.summary.contains("code \(code)"), "\(finding.summary)")
      if let name = ProblemCode(rawValue: UInt32(code)).name {
        #expect(finding.summary.contains(name), "\(finding.summary)")
      }
      #expect(finding.summary.ranges(of: "code \(code)").count == 1, "once")
      #expect(finding.evidence.map(\.path).contains("guest.functions.value.0.problemCode"))
      #expect(finding.remedy.contains { $0.command != nil })
    }
  }

  @Test(
    "without a rule of their own have advice of their own",
    arguments: [
      (1, "has not been configured", "pnputil /scan-devices"), (3, "memory ran out", "pnputil /scan-devices"),
      (9, "not valid", "shutdown /r /t 0"), (12, "no free resources", "shutdown /r /t 0"),
      (16, "all the resources", "shutdown /r /t 0"),
      (18, "installed again", "pnputil /add-driver balloon.inf /install"),
      (19, "incomplete or damaged", "pnputil /add-driver balloon.inf /install"),
      (21, "about to remove", "shutdown /r /t 0"), (24, "is not there", "pnputil /scan-devices"),
      (29, "switched the device off", "shutdown /r /t 0"), (33, "firmware's tables", "shutdown /r /t 0"),
      (51, "waits for another device", nil), (53, "debugger", "bcdedit /debug off"), (54, "reset", "shutdown /r /t 0"),
    ] as [(UInt16, String, String?)])
  func advice(code: UInt16, words: String, command: String?) throws {
    let finding = try #require(
      Engine().diagnose(Make.windowsWithout(Make.windowsBalloon(problem: code))).findings.first)
    #expect(finding.summary.contains(words), "\(finding.summary)")
    if let command { #expect(finding.remedy.map(\.command).contains(command)) }
    // Installing the whole package is not the answer to a code that tells of something else.
    #expect(!finding.remedy.map(\.command).contains("virtio-win-guest-tools.exe"))
  }

  @Test("are told although it is not known who holds the balloon")
  func holderUnknown() {
    var function = Make.windowsBalloon(problem: 12)
    function.driver = Make.failed(.denied, trust: .guest)
    let diagnosis = Engine().diagnose(byGuestAlone(Make.windowsWithout(function)))
    #expect(diagnosis.findings.map(\.id) == ["driver.not-operating"])
    function.driver = Make.told("vndballoon")
    function.provider = Make.told("Some Vendor")
    function.windows?.originalINF = Make.absent(.guest)
    function.windows?.infSection = Make.absent(.guest)
    let vendor = Engine().diagnose(byGuestAlone(Make.windowsWithout(function)))
    #expect(vendor.findings.map(\.id) == ["driver.not-operating"])
  }

  @Test("are named where the device says that the balloon is served all the same")
  func contradicted() throws {
    let finding = try #require(
      Engine().diagnose(Make.windows { $0.guest.functions = Make.told([Make.windowsBalloon(problem: 12)]) }).findings
        .first)
    #expect(finding.id == "driver.contradicted" && finding.severity == .warning)
    #expect(finding.summary.contains("code 12, CM_PROB_NORMAL_CONFLICT"))
  }

  @Test("of other devices are nobody's business", arguments: [10, 12, 22, 28, 31, 39, 43, 45, 52] as [UInt16])
  func otherDevices(code: UInt16) {
    var ivshmem = Make.machineINF(
      PCIIdentity(vendor: 0x1af4, device: 0x1110, classCode: .ramController, revision: 1), path: "07.0")
    ivshmem.problemCode = Make.told(code)
    var disk = Make.windowsBalloon(problem: code, path: "08.0")
    disk.identity = Make.told(PCIIdentity(vendor: 0x1af4, device: 0x1004))
    disk.driver = Make.told("vioscsi")
    disk.windows?.originalINF = Make.told("vioscsi.inf")
    let diagnosis = Engine().diagnose(
      Make.windows { $0.guest.functions = Make.told([ivshmem, disk, Make.windowsBalloon()]) })
    #expect(diagnosis.verdict == .healthy)
    #expect(diagnosis.findings.map(\.id) == ["pci.identity.decoy"])
  }
}
