// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import PCI
import Rules
import Testing

@Suite("PowerShell's and wmic's output") struct PowerShellTests {
  private func balloon(_ analysis: Analysis) throws -> GuestFunction {
    try #require(analysis.evidence.guest.functions.value?.first { $0.identity.value?.isBalloon == true })
  }

  @Test("A list of devices tells ids, problem and service, over wrapped lines and without blank lines between")
  func devices() throws {
    let analysis = try Sample.analyze(Sample.bytes("pnpdevice-list.txt"))
    #expect(analysis.kinds == ["PowerShell list"])
    #expect(analysis.unread.isEmpty)
    #expect(analysis.findings == ["driver.none"])
    let functions = try #require(analysis.evidence.guest.functions.value)
    #expect(functions.count == 2)
    let balloon = try balloon(analysis)
    #expect(balloon.problemCode.value == 28)
    #expect(balloon.driver.isAbsent)
    #expect(balloon.windows?.isPresent.value == true)
    #expect(balloon.windows?.hardwareIDs.value?.count == 4)
    // The fourth is cut by an ellipsis.
    #expect(balloon.windows?.compatibleIDs.value?.count == 3)
    #expect(balloon.path.value?.description == "02.0/00.0")
    #expect(functions.last?.driver.value == "VirtioSerial")
  }

  @Test("A Chinese table in UTF-16, with a cut id, tells vendor and device, and asks for the code")
  func table() throws {
    let analysis = try Sample.analyze(Sample.bytes("pnpdevice-table-chinese-utf16be.txt"))
    #expect(analysis.kinds == ["PowerShell table"])
    let balloon = try balloon(analysis)
    #expect(balloon.identity.value?.id == "1af4:1002")
    #expect(balloon.windows?.instanceID.value == nil)
    #expect(balloon.path.value == nil)
    #expect(balloon.problemCode.failure?.ask?.contains("pnputil") == true)
    #expect(analysis.findings.isEmpty)
    #expect(analysis.evidence.guest.functions.value?.count == 3)
  }

  @Test("Signed drivers tell INF, version, day and signer, and leave open whose service it is")
  func signedDrivers() throws {
    let analysis = try Sample.analyze(Sample.bytes("signeddriver-list-german.txt"))
    let balloon = try balloon(analysis)
    #expect(balloon.module.value == "oem5.inf")
    #expect(balloon.driverVersion.value == "100.85.104.19900")
    #expect(balloon.windows?.driverDate.value == "2021-05-13")
    #expect(balloon.windows?.signer.value == "Microsoft Windows Hardware Compatibility Publisher")
    #expect(balloon.provider.value == "Red Hat, Inc.")
    #expect(balloon.driver.failure?.reason == .notAsked)
    #expect(analysis.findings == ["driver.known-bug"])
  }

  @Test("A table of properties is one device, whose hardware ids name it though its instance id is cut")
  func properties() throws {
    let analysis = try Sample.analyze(Sample.bytes("pnpproperties-table.txt"))
    #expect(analysis.findings == ["driver.failed-start", "driver.known-bug"])
    let balloon = try balloon(analysis)
    #expect(balloon.driver.value == "BALLOON")
    #expect(balloon.problemCode.value == 10)
    #expect(balloon.windows?.problemStatus.value == 0xc000_0001)
    #expect(balloon.windows?.infSection.value == "BALLOON_Device.NT")
    #expect(balloon.windows?.locationPath.value?.description == "03.0")
    #expect(balloon.address.value == PCIAddress(parsing: "00:03.0"))
    #expect(balloon.windows?.driverDate.value == "2021-05-13")
  }

  @Test("wmic's list, its commas and its table without a ruler are read")
  func wmic() throws {
    let analysis = try Sample.analyze(Sample.bytes("wmic-lists.txt"))
    #expect(analysis.kinds == ["wmic list", "table of commas", "wmic table"])
    #expect(analysis.unread.isEmpty)
    let balloon = try balloon(analysis)
    #expect(balloon.problemCode.value == 22)
    #expect(balloon.driver.value == "BALLOON")
    #expect(balloon.identity.value?.classCode?.code == 0x00ff00)
    #expect(balloon.windows?.driverDate.value == "2020-02-19")
    #expect(balloon.driverVersion.value == "100.81.104.17500")
    let service = try #require(analysis.evidence.guest.services.value?.first { $0.name == "BalloonService" })
    #expect(service.state.value == "stopped")
    #expect(service.windows?.startType.value == 4)
    #expect(service.windows?.binaryPath.value?.contains("blnsvr.exe") == true)
    #expect(analysis.findings.contains("driver.disabled"))
  }

  @Test("Get-Service tells states in the words of .NET, in every language")
  func services() throws {
    let analysis = try Sample.analyze(Sample.bytes("getservice-russian.txt"))
    let services = try #require(analysis.evidence.guest.services.value)
    #expect(services.map(\.name) == ["BALLOON", "BalloonService", "Winmgmt"])
    #expect(services.map(\.state.value) == ["running", "stopped", "running"])
    #expect(services[1].windows?.startType.value == 2)
    #expect(analysis.unread.isEmpty)
  }

  // Synthesised after Windows PowerShell 5.1's form of errors; the sentence is in the system's language.
  @Test("Get-Service's error tells by its id that a service is missing, and nothing of a driver")
  func missingService() throws {
    let error = { (name: String) in
      """
      PS C:\\> Get-Service \(name)
      Get-Service : Es kann kein Dienst mit dem Dienstnamen "\(name)" gefunden werden.
      In Zeile:1 Zeichen:1
      + Get-Service \(name)
      + ~~~~~~~~~~~~~~~~~~~~~~
          + CategoryInfo          : ObjectNotFound: (\(name):String) [Get-Service], ServiceCommandException
          + FullyQualifiedErrorId : NoServiceFoundForGivenName,Microsoft.PowerShell.Commands.GetServiceCommand

      """
    }
    let analysis = try Sample.analyze(text: error("BalloonService"))
    #expect(analysis.kinds == ["Get-Service"])
    #expect(analysis.unread.isEmpty)
    let service = try #require(analysis.evidence.guest.services.value?.first)
    #expect(service.name == "BalloonService" && service.state.isAbsent)
    #expect(try Sample.analyze(text: error("balloon")).evidence.guest.services.value == nil)
    #expect(try Sample.analyze(text: "Get-Service does not find (it:String)\n\nat all\n").artefacts.isEmpty)
  }

  @Test("A service of which two commands disagree is told, and the first counts")
  func disagreement() throws {
    let query = """
      SERVICE_NAME: BalloonService
              TYPE               : 10  WIN32_OWN_PROCESS
              STATE              : 4  RUNNING
              WIN32_EXIT_CODE    : 0  (0x0)

      """
    let analysis = try Sample.analyze(Sample.bytes("getservice-russian.txt"), Array(query.utf8))
    let service = try #require(analysis.evidence.guest.services.value?.first { $0.name == "BalloonService" })
    #expect(service.state.value == "stopped")
    #expect(analysis.evidence.collection.notices.contains { $0.contains("disagree") && $0.contains("running") })
  }

  @Test("Tabs and lost spaces leave the words, which are as many as the names")
  func collapsed() throws {
    let analysis = try Sample.analyze(
      text: """
        Status Name DisplayName
        ------ ---- -----------
        Stopped BalloonService BalloonService

        """)
    #expect(analysis.evidence.guest.services.value?.first?.state.value == "stopped")
  }

  @Test("A device by its name alone is asked for its ids, and is no finding")
  func nameOnly() throws {
    let analysis = try Sample.analyze(
      text: """
        Status Class  FriendlyName
        ------ -----  ------------
        OK     System PCI standard RAM Controller
        OK     System System timer

        """)
    #expect(analysis.kinds == ["PowerShell table"])
    #expect(analysis.findings.isEmpty)
    #expect(analysis.evidence.guest.functions.failure?.ask?.contains("hardware ids") == true)
    let none = try #require(analysis.diagnosis.inconclusive.first { $0.id == "driver.none" })
    #expect(none.missing.contains { $0.ask?.contains("hardware ids") == true })
  }

  @Test("A driver's day is read in every form, and not where day and month cannot be told apart")
  func days() throws {
    func day(_ text: String) throws -> String? {
      try balloon(
        Sample.analyze(
          text: "DeviceID : PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&1&0&18\nDriverDate : \(text)\n"
            + "InfName : oem5.inf\n")
      ).windows?.driverDate.value
    }
    #expect(try day("20210512000000.000000+000") == "2021-05-12")
    #expect(try day("2021/5/12 0:00:00") == "2021-05-12")
    #expect(try day("12.05.2021 00:00:00") == "2021-05-12")
    #expect(try day("12. 05. 2021 00:00:00") == nil)
    #expect(try day("5/13/2021 12:00:00 AM") == "2021-05-13")
    #expect(try day("13/05/2021 00:00:00") == "2021-05-13")
    #expect(try day("05/12/2021") == nil)
    #expect(try day("31.02.2021") == nil)
    #expect(try day("20210512") == nil)
  }

  @Test(
    "What only looks like it is not taken",
    arguments: [
      "Name : my VM\nStatus : broken\n", "Status Name\n------ ----\n", "DeviceID : C:\nStatus : OK\n",
      "Thing   Other\n-----   -----\na       b\n", "balloon, service, missing\nyes, no, maybe\n",
      "name=balloon\nstate=bad\n", "InstanceId : nothing\nClass : System\n",
    ])
  func nearMisses(text: String) throws {
    let analysis = try Sample.analyze(text: text)
    #expect(analysis.evidence.guest.functions.value == nil)
    #expect(analysis.evidence.guest.services.value == nil)
    #expect(!analysis.unread.isEmpty)
  }

  @Test("Endless lists, tables and lines are looked through in linear time")
  func hostile() throws {
    let device = "InstanceId : PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&1&0&18\nClass : System\n"
    let many = try Sample.analyze(text: String(repeating: device, count: 3_000))
    #expect(many.evidence.guest.functions.value?.count == 1)
    _ = try Sample.analyze(text: "Status Name\n" + String(repeating: "-- ", count: 20_000))
    _ = try Sample.analyze(
      text: "Status Name DisplayName\n------ ---- ---\n" + String(repeating: "a \0 b\n", count: 9_000))
    _ = try Sample.analyze(text: "InstanceId : x\n" + String(repeating: "   y\n", count: 9_000))
    _ = try Sample.analyze(text: String(repeating: "\"name\",\"status\n", count: 9_000))
    _ = try Sample.analyze(text: String(repeating: "a,", count: 50_000))
  }
}
