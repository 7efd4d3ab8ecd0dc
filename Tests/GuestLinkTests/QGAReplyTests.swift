// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Testing

@testable import GuestLink

/// Replies of qemu-ga. Their forms are published (QEMU qga/qapi-schema.json, and its commits b519e2e982, 0083124b3a and
/// a88bceef78); the values are synthesised.
@Suite("A reply of qemu-ga")
struct QGAReplyTests {
  private func json(_ text: String) throws -> JSON { try JSON(parsing: Array(text.utf8), limits: QGA.limits) }

  private func expectMalformed<Value>(_ body: () throws(QGAError) -> Value) {
    do throws(QGAError) {
      _ = try body()
      Issue.record("was read")
    } catch { #expect(error.code == .malformed) }
  }

  private static let devices = [
    // QEMU 5.2 and later.
    """
    [{"driver-name": "VirtIO Balloon Driver", "driver-date": 1750118400000000000, "driver-version": "100.101.104.28500",
      "id": {"type": "pci", "vendor-id": 6900, "device-id": 4098}}]
    """,
    // Before the id lost its data.
    """
    [{"driver-name": "VirtIO Balloon Driver", "driver-date": "2025-06-17", "driver-version": "100.101.104.28500",
      "id": {"type": "pci", "data": {"vendor-id": 6900, "device-id": 4098}}}]
    """,
    // Before it was called an id.
    """
    [{"driver-name": "VirtIO Balloon Driver", "driver-date": "2025-06-17", "driver-version": "100.101.104.28500",
      "address": {"type": "pci", "data": {"vendor-id": 6900, "device-id": 4098}}}]
    """,
  ]

  @Test("Lists the same devices in the form of today and in both older ones", arguments: devices)
  func forms(_ text: String) throws {
    let devices = try QGADevice.list(json: try json(text))
    #expect(devices.count == 1)
    let device = try #require(devices.first)
    #expect(device.name.value == "VirtIO Balloon Driver" && device.version.value == "100.101.104.28500")
    #expect(device.date.value == "2025-06-17")
    #expect(device.vendor.value == 0x1af4 && device.device.value == 0x1002)
  }

  @Test(
    "Tells the day of a date in nanoseconds",
    arguments: [
      (0, "1970-01-01"), (-1, "1969-12-31"), (1_150_848_000_000_000_000, "2006-06-21"),
      (951_782_400_000_000_000, "2000-02-29"), (1_709_251_199_999_999_999, "2024-02-29"),
      (Int64.max, "2262-04-11"), (Int64.min, "1677-09-21"),
    ])
  func days(_ nanoseconds: Int64, _ day: String) throws {
    let list = try json("[{\"driver-name\": \"x\", \"driver-date\": \(nanoseconds)}]")
    #expect(try QGADevice.list(json: list).first?.date.value == day)
  }

  @Test("One member that cannot be read costs only itself")
  func oneMember() throws {
    let devices = try QGADevice.list(
      json: try json(
        """
        [{"driver-name": 7, "driver-version": "", "driver-date": "last week",
          "id": {"type": "pci", "vendor-id": 65536}},
         {"driver-name": "y", "driver-date": 1.5, "id": {"type": "usb", "vendor-id": 1, "device-id": 2}},
         "no device", {"driver-name": "z", "driver-date": null}]
        """))
    #expect(devices.count == 3)
    let first = try #require(devices.first)
    #expect(first.name.value == nil && first.version == .absent(source: "driver-version"))
    #expect(first.date.value == nil && first.vendor.value == nil && first.device == .absent(source: "device-id"))
    #expect(devices[1].name.value == "y" && devices[1].vendor.value == nil && devices[1].date.value == nil)
    #expect(devices[2].date == .absent(source: "driver-date") && devices[2].vendor == .absent(source: "id"))
  }

  @Test("Of what it may be asked has every command and whether it is switched on")
  func info() throws {
    let info = try QGAInfo(
      json: try json(
        """
        {"version": "8.2.0", "supported_commands": [
          {"name": "guest-get-devices", "enabled": true, "success-response": true},
          {"name": "guest-exec", "enabled": false, "success-response": true}, {"name": 3, "enabled": true}, null]}
        """))
    #expect(info.version.value == "8.2.0")
    #expect(info.commands == ["guest-get-devices": true, "guest-exec": false])
  }

  @Test("Of Windows and of Linux has the system's names")
  func system() throws {
    let windows = try QGASystem(
      json: try json(
        """
        {"id": "mswindows", "name": "Microsoft Windows", "pretty-name": "Windows Server 2022 Datacenter",
         "version": "Microsoft Windows Server 2022", "version-id": "2022", "variant": "server",
         "kernel-release": "20348", "kernel-version": "10.0", "machine": "x86_64"}
        """))
    #expect(windows.id.value == "mswindows" && windows.kernelRelease.value == "20348")
    #expect(windows.prettyName.value == "Windows Server 2022 Datacenter")
    let linux = try QGASystem(json: try json(#"{"kernel-release": "6.1.0", "id": "debian", "name": ""}"#))
    #expect(linux.id.value == "debian" && linux.name == .absent(source: "name"))
  }

  @Test("That is another thing altogether is malformed")
  func malformed() throws {
    for text in ["{}", "7", "null", #""text""#, #"{"supported_commands": {}}"#] {
      let json = try json(text)
      expectMalformed { () throws(QGAError) in try QGAInfo(json: json) }
      expectMalformed { () throws(QGAError) in try QGADevice.list(json: json) }
    }
    expectMalformed { () throws(QGAError) in try QGASystem(json: []) }
    let many = JSON.array([JSON](repeating: [:], count: 513))
    expectMalformed { () throws(QGAError) in try QGADevice.list(json: many) }
  }
}
