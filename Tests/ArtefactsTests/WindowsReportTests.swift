// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import PCI
import Rules
import Testing

extension Analysis {
  fileprivate var balloon: GuestFunction? {
    evidence.guest.functions.value?.first { $0.identity.value?.isBalloon == true }
  }
  fileprivate func service(_ name: String) -> GuestService? {
    evidence.guest.services.value?.first { $0.name == name }
  }
}

@Suite("driverquery's output") struct DriverQueryTests {
  @Test("A table tells state, start type and file by its columns")
  func table() throws {
    let analysis = try Sample.analyze(Sample.bytes("driverquery-v.txt"))
    #expect(analysis.kinds == ["driverquery"])
    #expect(analysis.unread.isEmpty)
    let driver = try #require(analysis.service("BALLOON"))
    #expect(driver.state.value == "running")
    #expect(driver.windows?.startType.value == 3)
    #expect(driver.windows?.binaryPath.value == "C:\\Windows\\system32\\DRIVERS\\balloon.sys")
    #expect(analysis.service("VirtioSerial")?.state.value == "running")
    #expect(analysis.findings.isEmpty)
  }

  @Test("A French table in code page 850 keeps its columns, and its words for a state are not guessed")
  func french() throws {
    let analysis = try Sample.analyze(Sample.bytes("driverquery-v-french-oem.txt"))
    #expect(analysis.unread.isEmpty)
    let driver = try #require(analysis.service("BALLOON"))
    #expect(driver.state.failure?.ask?.contains("sc query BALLOON") == true)
    #expect(driver.windows?.binaryPath.value == "C:\\Windows\\system32\\DRIVERS\\balloon.sys")
  }

  @Test("The list and the form with quotation marks say the same, whatever their heads")
  func forms() throws {
    let analysis = try Sample.analyze(Sample.bytes("driverquery-list-csv.txt"))
    #expect(analysis.kinds == ["driverquery", "driverquery"])
    #expect(analysis.unread.isEmpty)
    #expect(analysis.service("BALLOON")?.state.value == "stopped")
    #expect(analysis.service("BALLOON")?.windows?.startType.value == 4)
    #expect(analysis.service("VirtioSerial")?.state.value == "running")
  }

  // Synthesised, in the form of published output of Windows 10; the French heads are made up.
  @Test(
    "With /si it names devices: a balloon's name is understood, and its ids are asked for",
    arguments: [
      (
        "wmic table",
        """
        DeviceName                     InfName       IsSigned Manufacturer
        ============================== ============= ======== =========================
        Microsoft ACPI-Compliant Syste acpi.inf      TRUE     Microsoft
        VirtIO Balloon Driver          oem5.inf      TRUE     Red Hat, Inc.

        """
      ),
      (
        "driverquery /si",
        """
        Nom du périphérique            Nom INF       Signé    Fabricant
        ============================== ============= ======== =========================
        Système compatible ACPI        acpi.inf      TRUE     Microsoft
        VirtIO Balloon Driver          oem5.inf      TRUE     Red Hat, Inc.

        """
      ),
      (
        "driverquery /si",
        """
        Nom du périphérique: Système compatible ACPI
        Nom INF:             acpi.inf
        Signé:               TRUE
        Fabricant:           Microsoft

        Nom du périphérique: VirtIO Balloon Driver
        Nom INF:             oem5.inf
        Signé:               TRUE
        Fabricant:           Red Hat, Inc.

        """
      ),
      (
        "driverquery /si",
        """
        "Nom du périphérique","Nom INF","Signé","Fabricant"
        "Système compatible ACPI","acpi.inf","TRUE","Microsoft"
        "VirtIO Balloon Driver","oem5.inf","TRUE","Red Hat, Inc."

        """
      ),
    ])
  func signed(kind: String, text: String) throws {
    let analysis = try Sample.analyze(text: text)
    #expect(analysis.kinds == [kind])
    #expect(analysis.unread.isEmpty)
    #expect(analysis.findings.isEmpty)
    #expect(analysis.evidence.guest.functions.failure?.ask?.contains("hardware ids") == true)
    let other = try Sample.analyze(text: text.replacing("VirtIO Balloon", with: "Virtual Ethern"))
    #expect(other.kinds == [kind])
    #expect(other.evidence.guest.functions.failure?.reason == .notAsked)
  }

  @Test("A row that was looked up is read without its heads")
  func row() throws {
    let analysis = try Sample.analyze(
      text: """
        C:\\>driverquery /v | findstr /i balloon
        BALLOON      VirtIO Balloon Service VirtIO Balloon Service Kernel        Manual     Running    OK \
                TRUE        FALSE        4,096             16,384      0                                 \
        C:\\Windows\\system32\\DRIVERS\\balloon.sys         4,096
        """)
    #expect(analysis.service("BALLOON")?.state.value == "running")
  }

  @Test(
    "What only looks like it is not taken",
    arguments: [
      "Name: VirtIO Balloon Driver\nInfName: oem5.inf\n", "\"VirtIO Balloon Driver\",\"oem5.inf\",\"TRUE\"\n",
      "balloon is not running\n", "Title\n=====\nballoon\n", "Module Name: balloon\nState: Running\n",
      "\"balloon\",\"Running\"\n", "A B C D\n== == == ==\n",
    ])
  func nearMisses(text: String) throws {
    let analysis = try Sample.analyze(text: text)
    #expect(analysis.evidence.guest.services.value == nil)
    #expect(!analysis.unread.isEmpty)
  }
}

@Suite("msinfo32's and dxdiag's text") struct SystemReportTests {
  @Test("Problem devices, drivers and services are told by their rows; another device's code 28 is not flagged")
  func msinfo() throws {
    let analysis = try Sample.analyze(Sample.bytes("msinfo32-utf16.txt"))
    #expect(analysis.kinds == ["msinfo32"])
    #expect(analysis.unread.map(\.place.lines.lowerBound) == [1, 2])
    let balloon = try #require(analysis.balloon)
    #expect(balloon.problemCode.value == 28)
    #expect(analysis.evidence.guest.functions.value?.count == 1)
    #expect(analysis.service("VirtioSerial")?.state.value == "running")
    let service = try #require(analysis.service("BalloonService"))
    #expect(service.state.value == "stopped")
    #expect(service.windows?.startType.value == 2)
    #expect(analysis.service("Winmgmt")?.state.value == "running")
    #expect(analysis.findings == ["driver.none"])
  }

  @Test("A problem in another language's words is told as one, and its code is asked for")
  func russian() throws {
    let analysis = try Sample.analyze(Sample.bytes("msinfo32-russian.txt"))
    let balloon = try #require(analysis.balloon)
    #expect(balloon.identity.value?.id == "1af4:1045")
    #expect(balloon.problemCode.failure?.ask?.contains("pnputil") == true)
    #expect(analysis.evidence.collection.notices.contains { $0.contains("words that are not understood") })
    #expect(analysis.findings.isEmpty)
  }

  @Test("dxdiag's file is the driver's; without a file nothing is said, and an ivshmem is not flagged")
  func dxdiag() throws {
    let analysis = try Sample.analyze(Sample.bytes("dxdiag.txt"))
    #expect(analysis.kinds == ["dxdiag"])
    let balloon = try #require(analysis.balloon)
    #expect(balloon.driver.value == "BALLOON")
    #expect(balloon.driver.provenance.source.hasSuffix("balloon.sys is this service's file"))
    #expect(analysis.findings.isEmpty)
    let german = try Sample.analyze(Sample.bytes("dxdiag-german.txt"))
    #expect(german.kinds == ["dxdiag"])
    #expect(german.balloon?.driver.failure?.reason == .notAsked)
    #expect(german.findings.isEmpty)
  }

  @Test(
    "What only looks like it is not taken",
    arguments: [
      "[Problem Devices]\nnone of them\n", "[quoted]\n\ntext\n", "Name: PCI\nDevice ID: 3\nDriver: n/a\n",
      "one\ttwo\tthree\n",
    ])
  func nearMisses(text: String) throws {
    let analysis = try Sample.analyze(text: text)
    #expect(analysis.artefacts.isEmpty)
    #expect(!analysis.unread.isEmpty)
  }

  @Test("Endless sections, rows and cells are looked through in linear time")
  func hostile() throws {
    _ = try Sample.analyze(text: "[a]\n" + String(repeating: "x\ty\n", count: 20_000))
    _ = try Sample.analyze(text: String(repeating: "[a]\n", count: 20_000))
    _ = try Sample.analyze(text: "[a]\n" + String(repeating: "\t", count: 100_000))
    _ = try Sample.analyze(text: String(repeating: "     Name: a\nDevice ID: A\\B\\C\n   Driver: n/a\n", count: 5_000))
    _ = try Sample.analyze(text: "a\n" + String(repeating: "=== ", count: 50_000) + "\nb\n")
    _ = try Sample.analyze(text: String(repeating: "A: b\n", count: 10_000))
  }
}

@Suite("Texts of the device manager") struct DeviceManagerTests {
  @Test("Hardware ids with a code near them are evidence, in Spanish and quoted")
  func spanish() throws {
    let analysis = try Sample.analyze(Sample.bytes("device-manager-spanish.txt"))
    let balloon = try #require(analysis.balloon)
    #expect(balloon.problemCode.value == 28)
    #expect(balloon.windows?.hardwareIDs.value?.count == 4)
    #expect(balloon.identity.value?.subsystem == 5)
    #expect(analysis.findings == ["driver.none"])
    #expect(analysis.unread.map(\.text).contains("¿Qué hago?"))
  }

  @Test("An instance path with the sentence behind it is evidence")
  func code10() throws {
    let analysis = try Sample.analyze(Sample.bytes("device-manager-code10.txt"))
    #expect(analysis.findings == ["driver.failed-start"])
    #expect(analysis.balloon?.path.value?.description == "02.0/00.0")
  }

  @Test("A device without a problem has code 0 where its ids stand near, and who drives it stays open")
  func working() throws {
    let text = "This device is working properly.\nPCI\\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01\n"
    let analysis = try Sample.analyze(text: text)
    #expect(analysis.unread.isEmpty)
    #expect(analysis.balloon?.problemCode.value == 0)
    #expect(analysis.balloon?.driver.value == nil)
    #expect(analysis.findings.isEmpty)
    #expect(analysis.diagnosis.verdict == .inconclusive)
    let contradicted = try Sample.analyze(text: text + "The drivers for this device are not installed. (Code 28)\n")
    #expect(contradicted.balloon?.problemCode.value == nil)
  }

  @Test(
    "A name or a code without ids is no finding: the ids are asked for",
    arguments: [
      "This device is working properly.\n",
      "PCI Device\n", "PCI standard RAM Controller\n", "The drivers for this device are not installed. (Code 28)\n",
      "このデバイスのドライバーがインストールされていません。（コード 28）\n", "(Код 28)\n",
    ])
  func alone(text: String) throws {
    let analysis = try Sample.analyze(text: "I see this:\n\n" + text)
    #expect(analysis.findings.isEmpty)
    #expect(analysis.evidence.guest.functions.failure?.ask?.contains("hardware ids") == true)
    #expect(analysis.evidence.guest.osFamily.value == nil)
  }

  @Test("A code between two devices' ids is nobody's")
  func between() throws {
    let analysis = try Sample.analyze(
      text: """
        PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00
        (Code 28)
        (Code 10)
        PCI\\VEN_1AF4&DEV_1003&SUBSYS_00031AF4&REV_00
        (Code 31)
        """)
    #expect(analysis.balloon?.problemCode.value == 28)
    let two = try Sample.analyze(text: "(Code 10)\nPCI\\VEN_1AF4&DEV_1002\n(Code 28)\n")
    #expect(two.balloon?.problemCode.value == nil)
  }

  @Test(
    "What only looks like it is not taken",
    arguments: [
      "see (page 28) of the manual\n", "error (code 280)\n", "error (code 99)\n",
      "look for PCI\\VEN_1AF4&DEV_1002 in the list\n", "pnputil /enum-devices /deviceid \"PCI\\VEN_1AF4*\"\n",
      "PCI\\VEN_1AF4&DEV_10\n", "PCI\\VEN_1AF4\n",
    ])
  func nearMisses(text: String) throws {
    let analysis = try Sample.analyze(text: text)
    #expect(analysis.artefacts.isEmpty)
    #expect(analysis.findings.isEmpty)
    #expect(!analysis.unread.isEmpty)
  }

  @Test("Endless ids and codes are looked through in linear time")
  func hostile() throws {
    _ = try Sample.analyze(text: String(repeating: "PCI\\VEN_1AF4&DEV_1002\n(Code 28)\n", count: 5_000))
    _ = try Sample.analyze(text: String(repeating: "PCI\\VEN_1AF4&DEV_1002\n", count: 10_000))
    _ = try Sample.analyze(text: String(repeating: "(", count: 100_000) + "28)\n")
  }
}
