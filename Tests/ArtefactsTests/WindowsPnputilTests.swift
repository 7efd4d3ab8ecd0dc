// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import PCI
import Rules
import Testing

@Suite("pnputil's output") struct PnputilTests {
  private func balloon(_ analysis: Analysis) throws -> GuestFunction {
    try #require(analysis.evidence.guest.functions.value?.first { $0.identity.value?.isBalloon == true })
  }

  // Synthesised after the form of the device manager's Events page.
  @Test("An event of the device manager is called one, and a list of pnputil's a list of pnputil's")
  func event() throws {
    let package = """
      Driver Name: oem5.inf
      Class Guid: {4d36e97d-e325-11ce-bfc1-08002be10318}
      Driver Date: 08/31/2021
      Driver Version: 100.85.104.20700
      Driver Provider: Red Hat, Inc.
      Driver Section: BALLOON_Device.NT
      """
    #expect(try Sample.analyze(text: package + "\nDriver Rank: 0xFF0001\n").kinds == ["device manager's event"])
    #expect(try Sample.analyze(Sample.bytes("pnputil-drivers-french.txt")).kinds == ["pnputil /enum-drivers"])
  }

  @Test("An English list of problems tells the balloon's code, status and ids, and flags no other device")
  func problems() throws {
    let analysis = try Sample.analyze(Sample.bytes("pnputil-devices-problem.txt"))
    #expect(analysis.kinds == ["ver", "pnputil /enum-devices"])
    #expect(analysis.findings == ["driver.none"])
    #expect(analysis.unread.isEmpty)
    let functions = try #require(analysis.evidence.guest.functions.value)
    #expect(functions.count == 1)
    let balloon = functions[0]
    #expect(balloon.problemCode.value == 28)
    #expect(balloon.windows?.problem.value == "CM_PROB_FAILED_INSTALL")
    #expect(balloon.windows?.problemStatus.value == 0xc000_0490)
    #expect(balloon.windows?.hardwareIDs.value?.count == 4)
    #expect(balloon.windows?.compatibleIDs.value?.first == "PCI\\VEN_1AF4&DEV_1002&REV_00")
    #expect(balloon.identity.value?.classCode?.code == 0x00ff00)
    #expect(balloon.module.isAbsent)
    #expect(balloon.path.value?.description == "03.0")
    #expect(balloon.driver.provenance.source.contains("code 28"))
  }

  @Test("A German list in UTF-16 tells the same, by its values")
  func german() throws {
    let analysis = try Sample.analyze(Sample.bytes("pnputil-devices-german-utf16.txt"))
    #expect(analysis.findings == ["driver.failed-start"])
    let balloon = try balloon(analysis)
    #expect(balloon.problemCode.value == 10)
    #expect(balloon.module.value == "oem5.inf")
    #expect(balloon.windows?.setupClass.value == "System")
    // `Gestartet` is a word of a language: that the other device runs is not taken from it.
    let serial = try #require(
      analysis.evidence.guest.functions.value?.first { $0.identity.value?.isVirtioSerial == true })
    #expect(serial.problemCode.failure?.reason == .notAsked)
  }

  @Test(
    "Whichever the language, values tell",
    arguments: [
      ("ID d’instance :", "Code du problème :"), ("实例 ID:", "问题代码:"), ("インスタンス ID：", "問題コード："),
      ("Идентификатор экземпляра:", "Код проблемы:"),
    ])
  func languages(id: String, problem: String) throws {
    let text = """
      \(id)                PCI\\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01\\4&2c0f8a1&0&0010
      X:                   PCI-x
      Y:                   System
      Z:                   {4d36e97d-e325-11ce-bfc1-08002be10318}
      \(problem)           52 (0x34) [CM_PROB_UNSIGNED_DRIVER]
      W:                   oem3.inf

      """
    let analysis = try Sample.analyze(text: text)
    #expect(analysis.findings == ["driver.unsigned"])
    #expect(try balloon(analysis).path.value?.description == "02.0/00.0")
  }

  @Test("Every property by its devpkey name, and the driver that matches")
  func properties() throws {
    let analysis = try Sample.analyze(Sample.bytes("pnputil-devices-properties.txt"))
    #expect(analysis.unread.isEmpty)
    let balloon = try balloon(analysis)
    #expect(balloon.driver.value == "BALLOON")
    #expect(balloon.module.value == "oem5.inf")
    #expect(balloon.provider.value == "Red Hat, Inc.")
    #expect(balloon.driverVersion.value == "100.85.104.19900")
    #expect(balloon.problemCode.value == 0)
    #expect(balloon.address.value == PCIAddress(parsing: "00:03.0"))
    #expect(balloon.windows?.infSection.value == "BALLOON_Device.NT")
    #expect(balloon.windows?.driverRank.value == 0x00ff_0001)
    #expect(balloon.windows?.isPresent.value == true)
    #expect(balloon.windows?.locationPath.value?.description == "03.0")
    #expect(balloon.windows?.originalINF.value == "balloon.inf")
    // Build 199 has faults that were published; nothing else is wrong.
    #expect(analysis.findings == ["driver.known-bug"])
  }

  @Test("The list of packages names balloon.inf in the store, though no device has it")
  func stored() throws {
    let analysis = try Sample.analyze(
      Sample.bytes("pnputil-drivers-french.txt"), Sample.bytes("pnputil-devices-problem.txt"))
    let package = try #require(analysis.evidence.guest.services.value?.first)
    #expect(package.kind == "driver-package")
    #expect(package.name == "oem5.inf")
    #expect(package.version.value == "100.85.104.19900")
    let finding = try #require(analysis.diagnosis.findings.first)
    #expect(finding.id == "driver.none")
    #expect(finding.summary.contains("oem5.inf"))
  }

  @Test("A package that the device has is named by the store, and its service follows")
  func bound() throws {
    let text = """
      Instance ID:                PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&11583659&0&18
      Device Description:         VirtIO Balloon Driver
      Class Name:                 System
      Class GUID:                 {4d36e97d-e325-11ce-bfc1-08002be10318}
      Manufacturer Name:          Red Hat, Inc.
      Status:                     Started
      Driver Name:                oem5.inf

      """
    let alone = try Sample.analyze(text: text)
    #expect(try balloon(alone).driver.failure?.reason == .notAsked)
    #expect(alone.findings.isEmpty)
    let both = try Sample.analyze(Array(text.utf8), Sample.bytes("pnputil-drivers-french.txt"))
    let balloon = try balloon(both)
    #expect(balloon.driver.value == "BALLOON")
    #expect(balloon.driver.provenance.source.hasSuffix("balloon.inf installs this service"))
    #expect(balloon.windows?.signer.value?.hasPrefix("Microsoft Windows Hardware") == true)
  }

  @Test("machine.inf on a balloon is the generic driver")
  func generic() throws {
    let analysis = try Sample.analyze(
      text: """
        Instanz-ID:                 PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&11583659&0&18
        Gerätebeschreibung:         PCI-Standard-RAM-Controller
        Klassenname:                System
        Klassen-GUID:               {4d36e97d-e325-11ce-bfc1-08002be10318}
        Herstellername:             (Standardsystemgeräte)
        Status:                     Gestartet
        Treibername:                machine.inf
        """)
    #expect(analysis.findings == ["driver.generic"])
  }

  @Test("An ivshmem of that name is no balloon, and is not flagged")
  func sharedMemory() throws {
    let analysis = try Sample.analyze(
      text: """
        Instance ID:                PCI\\VEN_1AF4&DEV_1110&SUBSYS_11001AF4&REV_01\\3&11583659&0&88
        Device Description:         PCI standard RAM Controller
        Class Name:                 System
        Class GUID:                 {4d36e97d-e325-11ce-bfc1-08002be10318}
        Manufacturer Name:          (Standard system devices)
        Status:                     Started
        Driver Name:                machine.inf

        """)
    #expect(analysis.kinds == ["pnputil /enum-devices"])
    #expect(analysis.findings.isEmpty)
    #expect(analysis.evidence.guest.functions.value == nil)
  }

  @Test("What pnputil added is in the store, and the device that it names has it")
  func added() throws {
    let analysis = try Sample.analyze(Sample.bytes("pnputil-add-german.txt"))
    #expect(analysis.kinds == ["pnputil /add-driver"])
    let package = try #require(analysis.evidence.guest.services.value?.first)
    #expect(package.name == "oem7.inf")
    let balloon = try balloon(analysis)
    #expect(balloon.module.value == "oem7.inf")
    #expect(balloon.driver.value == "BALLOON")
  }

  @Test("What pnputil could not add is told with its number, and is in no store")
  func refused() throws {
    let analysis = try Sample.analyze(Sample.bytes("pnputil-add-refused.txt"))
    #expect(analysis.evidence.guest.services.value == nil)
    let notices = analysis.evidence.collection.notices
    #expect(notices.contains { $0.contains("0xe000022f (ERROR_NO_CATALOG_FOR_OEM_INF") })
    #expect(notices.contains { $0.contains("1 tried, 0 added") })
  }

  @Test(
    "What only looks like it is not taken",
    arguments: [
      "Driver Name: oem5.inf\nit is the balloon\n", "Path: SYSTEM\\CurrentControlSet\\Enum\nand more\n",
      "My device: ACPI\\QEMU0002\\3\nhas a problem\n", "Code: 28 (0x1C) [CM_PROB_FAILED_INSTALL]\n",
      "Adding driver package:  netkvm.inf\nPublished Name: oem2.inf\nTotal: 1\nAdded: 1\n",
    ])
  func nearMisses(text: String) throws {
    let analysis = try Sample.analyze(text: text)
    #expect(analysis.artefacts.isEmpty)
    #expect(!analysis.unread.isEmpty)
    #expect(analysis.findings.isEmpty)
  }

  @Test("Code 28 of another device says nothing of the balloon")
  func noise() throws {
    let analysis = try Sample.analyze(
      text: """
        Instance ID:                ACPI\\QEMU0002\\3&267a616a&0
        Device Description:         Unknown
        Class Name:                 Unknown
        Class GUID:                 Unknown
        Manufacturer Name:          Unknown
        Status:                     Problem
        Problem Code:               28 (0x1C) [CM_PROB_FAILED_INSTALL]
        Problem Status:             0xC0000490

        """)
    #expect(analysis.kinds == ["pnputil /enum-devices"])
    #expect(analysis.findings.isEmpty)
    #expect(analysis.unread.isEmpty)
  }

  @Test("Two artefacts that disagree are told, and the first of them counts")
  func disagreement() throws {
    let one = """
      Instance ID:                PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&11583659&0&18
      Status:                     Problem
      Problem Code:               28 (0x1C) [CM_PROB_FAILED_INSTALL]

      """
    let two = one.replacing("28 (0x1C) [CM_PROB_FAILED_INSTALL]", with: "10 (0x0A) [CM_PROB_FAILED_START]")
    let analysis = try Sample.analyze(Array(one.utf8), Array(two.utf8))
    #expect(try balloon(analysis).problemCode.value == 28)
    #expect(
      analysis.evidence.collection.notices.contains {
        $0.contains("disagree") && $0.contains("10") && $0.contains("28")
      })
  }

  @Test("A list without an end, and one that repeats for ever, are looked through in linear time")
  func hostile() throws {
    let id = "Instance ID: PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&11583659&0&18\n"
    let many = try Sample.analyze(text: String(repeating: id + "X: oem1.inf\n\n", count: 4_000))
    #expect(many.evidence.guest.functions.value?.count == 1)
    let open = try Sample.analyze(text: id + String(repeating: "    DEVPKEY_X [String]:\n", count: 10_000))
    #expect(open.evidence.guest.functions.value?.count == 1)
    let odd = try Sample.analyze(text: String(repeating: "A: B\\C\\D\n", count: 10_000))
    #expect(odd.findings.isEmpty)
    let zeros = try Sample.analyze(text: id.replacing("\n", with: "\0\nX: \0oem1.inf\0\n"))
    #expect(zeros.findings.isEmpty)
  }
}
