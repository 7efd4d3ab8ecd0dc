// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import PCI
import Rules
import Testing

@Suite("qemu-ga's replies") struct QEMUGuestAgentReplyTests {
  @Test("The list of devices is a positive witness, beside the system")
  func devices() throws {
    let analysis = try Sample.analyze(Sample.bytes("qga-devices.txt"))
    #expect(analysis.kinds == ["guest-get-devices", "guest-get-osinfo"])
    let agent = try #require(analysis.evidence.guest.qemuGA)
    let driver = try #require(agent.devices.value?.first)
    #expect(driver.identity.value?.isBalloon == true)
    #expect(driver.version.value == "100.85.104.19900")
    #expect(driver.date.value == "2021-05-10")
    #expect(agent.osFamily == "windows")
    #expect(agent.osName.value == "Windows 10 Pro")
    #expect(agent.kernel.value == "19045")
    #expect(analysis.evidence.guest.functions.value == nil)
    #expect(analysis.findings == ["driver.known-bug"])
  }

  @Test("The form before its release, with a day as text and ids one level deeper, says the same")
  func old() throws {
    let analysis = try Sample.analyze(Sample.bytes("qga-devices-old.txt"))
    let driver = try #require(analysis.evidence.guest.qemuGA?.devices.value?.first)
    #expect(driver.identity.value?.isBalloon == true)
    #expect(driver.date.value == "2019-08-12")
    #expect(analysis.evidence.guest.qemuGA?.osFamily == "windows")
  }

  @Test("A list without the balloon says nothing against its driver")
  func positiveOnly() throws {
    let analysis = try Sample.analyze(
      text: """
        {"return": [{"driver-name": "VirtIO NIC", "driver-version": "100.85.104.19900", "driver-date": 0, \
        "id": {"type": "pci", "vendor-id": 6900, "device-id": 4096}}]}
        """)
    #expect(analysis.kinds == ["guest-get-devices"])
    #expect(analysis.findings.isEmpty)
  }

  @Test(
    "What only looks like it is not taken",
    arguments: [
      "{\"return\": []}\n", "{\"return\": {}}\n", "[{\"id\": \"mswindows\"}]\n", "{\"id\": \"mswindows\"}\n",
      "{\"return\": [{\"driver-name\": 3}]}\n",
    ])
  func nearMisses(text: String) throws {
    #expect(try Sample.analyze(text: text).evidence.guest.qemuGA == nil)
  }

  @Test("Members of the wrong kind cost only themselves")
  func odd() throws {
    let analysis = try Sample.analyze(
      text: """
        {"return": [{"driver-name": "x", "driver-version": 5, "driver-date": "today", "id": {"vendor-id": 99999}}, \
        {"id": 4}, {"driver-name": "y", "address": []}]}
        """)
    let list = try #require(analysis.evidence.guest.qemuGA?.devices.value)
    #expect(list.allSatisfy { $0.identity.value == nil })
  }
}

@Suite("Windows' event log") struct EventLogTests {
  @Test("XML entries are told by provider, number and values; another device's are not")
  func xml() throws {
    let analysis = try Sample.analyze(Sample.bytes("events.xml"))
    #expect(analysis.kinds == ["event log"])
    let log = try #require(analysis.evidence.guest.log.value)
    #expect(log.count == 2)
    #expect(log[0] == "2024-05-10T08:00:01.1234567Z Service Control Manager event 7000: Balloon Service %%1053")
    #expect(log[1].contains("Microsoft-Windows-Kernel-PnP event 411"))
    #expect(log[1].contains("PCI\\VEN_1AF4&DEV_1002"))
    #expect(analysis.findings.isEmpty)
  }

  @Test("German text in UTF-16 without a mark is told by provider and number, from three tools")
  func german() throws {
    let analysis = try Sample.analyze(Sample.bytes("events-german-utf16.txt"))
    let log = try #require(analysis.evidence.guest.log.value)
    #expect(log.count == 3)
    #expect(log.contains { $0.hasPrefix("10.05.2024 10:00:02 Service Control Manager event 7000: ") })
    #expect(log.contains { $0.contains("event 7009: Das Zeitlimit") })
    #expect(log.contains { $0.contains("event 5858: ") && $0.contains("Win32_PerfRawData_PerfOS_Memory") })
    #expect(analysis.findings.isEmpty)
  }

  @Test(
    "What only looks like it is not taken",
    arguments: [
      "<Event xmlns='http://other'>balloon</Event>\n", "Source: my notes\nEvent ID: 7000\nballoon\n",
      "Service Control Manager: balloon\n", "Event[0]:\n  balloon\n",
    ])
  func nearMisses(text: String) throws {
    #expect(try Sample.analyze(text: text).evidence.guest.log.value == nil)
  }

  @Test("Entries without an end, and no end of entries, are looked through in linear time")
  func hostile() throws {
    let open = "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System>\n"
    _ = try Sample.analyze(text: String(repeating: open, count: 3_000))
    _ = try Sample.analyze(text: String(repeating: open.dropLast() + "</Event>", count: 3_000))
    _ = try Sample.analyze(text: String(repeating: "Source: Service Control Manager\n", count: 8_000))
    _ = try Sample.analyze(text: String(repeating: "Source: Service Control Manager\nId: 7000\n", count: 5_000))
    _ = try Sample.analyze(text: open + String(repeating: "<Data", count: 20_000) + "</Event>\n")
  }
}
