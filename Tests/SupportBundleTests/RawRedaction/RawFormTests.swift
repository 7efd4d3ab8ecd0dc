// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import DomainXML
import SupportBundle
import Testing

/// Answers are those of ``RawSamples``, captured, published or synthesised as their files say, but for those written
/// here, which are synthesised.
@Suite("A redacted answer still tells what bears on ballooning")
struct RawFormTests {
  @Test("Every domain's XML here is read the same after redaction, but for what names somebody")
  func domains() throws {
    let domains = try RawSamples.domains()
    #expect(domains.count > 40)
    for (path, bytes) in domains {
      var redactor = Redactor()
      let first = redactor.redact(RawSamples.answer(.domainXML, bytes))
      let redacted = try #require(first, "\(path)").bytes
      let again = redactor.redact(RawSamples.answer(.domainXML, redacted))
      #expect(again?.bytes == redacted, "\(path)")
      let before = try DomainConfiguration(xml: bytes)
      let after = try DomainConfiguration(xml: redacted)
      #expect(after.memory == before.memory, "\(path)")
      #expect(after.hostDevices == before.hostDevices, "\(path)")
      #expect(after.system.family == before.system.family, "\(path)")
      #expect(after.balloon?.statsPeriod == before.balloon?.statsPeriod, "\(path)")
      #expect(after.balloon?.address == before.balloon?.address, "\(path)")
      #expect(after.channels.map(\.state) == before.channels.map(\.state), "\(path)")
      #expect(after.serialControllers == before.serialControllers, "\(path)")
      #expect(after.sharedMemory.map(\.address) == before.sharedMemory.map(\.address), "\(path)")
      #expect(after.commandLine?.locksMemory == before.commandLine?.locksMemory, "\(path)")
      // Of these, only what libvirt does not know is a token.
      if !path.contains("hostile") {
        #expect(after.system == before.system, "\(path)")
        #expect(after.balloon == before.balloon, "\(path)")
        #expect(after.topology == before.topology, "\(path)")
        #expect(after.launchSecurity == before.launchSecurity, "\(path)")
      }
      #expect(before.name == nil || after.name?.hasPrefix("redacted-guest-") == true, "\(path)")
    }
  }

  @Test("Every reply of the captured monitor sessions keeps its numbers, types and states")
  func monitor() throws {
    let exchanges = try RawSamples.monitorExchanges()
    #expect(exchanges.count > 70)
    for (name, answer) in exchanges {
      var redactor = Redactor()
      let first = redactor.redact(answer)
      let redacted = try #require(first, "\(name)")
      let again = redactor.redact(redacted)
      #expect(again == redacted, "\(name)")
    }
  }

  @Test(
    "What a captured machine without a user's words says stays as it is, spaces apart",
    arguments: [
      #"{"execute":"query-status","return":{"status":"paused","singlestep":false,"running":false}}"#,
      #"""
      {"execute":"query-version","return":{"qemu":{"micro":22,"minor":2,"major":7},\#
      "package":"Debian 1:7.2+dfsg-7+deb12u18+b3"}}
      """#,
      #"{"execute":"query-uuid","return":{"UUID":"00000000-0000-0000-0000-000000000000"}}"#,
      #"{"execute":"qom-get","arguments":{"path":"/machine","property":"type"},"return":"pc-q35-7.2-machine"}"#,
      #"""
      {"execute":"qom-get","arguments":{"path":"/machine/peripheral/balloon0","property":"parent_bus"},\#
      "return":"/machine/q35/pcie.0"}
      """#,
      #"""
      {"execute":"qom-get","arguments":{"path":"/machine/peripheral/balloon0","property":"guest-stats"},\#
      "return":{"stats":{"stat-free-memory":18446744073709551615,"stat-swap-in":-1},"last-update":0}}
      """#,
      #"""
      {"execute":"x-query-virtio","return":[{"name":"virtio-balloon",\#
      "path":"/machine/peripheral/balloon0/virtio-backend"},{"name":"virtio-serial",\#
      "path":"/machine/peripheral-anon/device[1]/virtio-backend"}]}
      """#,
      #"{"execute":"query-balloon","error":{"class":"DeviceNotActive","desc":"No balloon device has been activated"}}"#,
      #"""
      {"execute":"qom-list","arguments":{"path":"/machine/peripheral"},"return":[{"name":"type",\#
      "type":"string"},{"name":"balloon0","type":"child<virtio-balloon-pci>"}]}
      """#,
    ])
  func kept(exchange: String) {
    var redactor = Redactor()
    let redacted = redactor.text(.monitor, exchange)
    #expect(redacted == exchange)
  }

  @Test("A user's id of a device is one token wherever it stands, in a bus's name too")
  func ids() {
    var redactor = Redactor()
    let redacted = redactor.text(
      .monitor,
      #"""
      {"execute":"x-query-virtio-status","arguments":{"path":"/machine/peripheral/mine/virtio-backend"},\#
      "return":{"name":"virtio-serial","bus-name":"mine.0","status":{"statuses":["VIRTIO_CONFIG_S_DRIVER_OK: \#
      Driver setup and ready"]}}}
      """#
    )
    #expect(
      redacted
        == #"""
        {"execute":"x-query-virtio-status",\#
        "arguments":{"path":"/machine/peripheral/redacted-name-1/virtio-backend"},\#
        "return":{"name":"virtio-serial","bus-name":"redacted-name-1.0",\#
        "status":{"statuses":["VIRTIO_CONFIG_S_DRIVER_OK"]}}}
        """#
    )
  }

  @Test("info qtree keeps where each device stands, and its ids")
  func tree() {
    var redactor = Redactor()
    let redacted = redactor.text(
      .monitor,
      #"""
      {"execute":"human-monitor-command","arguments":{"command-line":"info qtree"},"return":"bus: \#
      main-system-bus\r\n  type System\r\n  dev: q35-pcihost, id \"\"\r\n    bus: pcie.0\r\n\#
            type PCIE\r\n      dev: virtio-balloon-pci, id \"mine\"\r\n        romfile = \"x\"\r\n\#
              addr = 05.0\r\n        class Class 00ff, addr 00:05.0, pci id 1af4:1002 (sub 1af4:0005)\r\n"}
      """#
    )
    #expect(
      redacted
        == #"""
        {"execute":"human-monitor-command","arguments":{"command-line":"info qtree"},"return":"bus: \#
        main-system-bus\r\n  type System\r\n  dev: q35-pcihost, id \"\"\r\n    bus: pcie.0\r\n\#
              type PCIE\r\n      dev: virtio-balloon-pci, id \"redacted-name-1\"\r\n        addr = 05.0\r\n\#
                class Class 00ff, addr 00:05.0, pci id 1af4:1002 (sub 1af4:0005)\r\n"}
        """#
    )
  }

  @Test("An instance id keeps what it says of the place, and loses a serial number")
  func instanceIDs() {
    var redactor = Redactor()
    func redacted(_ id: String) -> String? {
      redactor.text(
        .agent,
        #"""
        {"method":"pci.functions","result":{"functions":[{"windows":{"instanceID":{"status":"observed",\#
        "value":"\#(id)","source":"x"}}}]}}
        """#
      )?
      .split(separator: "\"").first { $0.hasPrefix("PCI") || $0.hasPrefix("redacted") }.map(String.init)
    }
    let place = #"PCI\\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\\3&13C0B0C5&0&28"#
    #expect(redacted(place) == place)
    #expect(redacted(#"PCI\\VEN_8086&DEV_10D3&SUBSYS_00008086&REV_00\\525400FFFF123456"#) == #"PCI\\redacted-serial-1"#)
    #expect(redacted(#"USB\\VID_1234\\5"#) == "redacted-serial-2")
  }

  @Test("A command line in a log is left out over all its lines, and counted")
  func log() {
    var redactor = Redactor()
    let redacted = redactor.text(
      .hypervisorLog,
      """
      2025-06-17T10:31:09.123456Z qemu-system-x86_64: warning: balloon
      LC_ALL=C \\
      /usr/bin/qemu-system-x86_64 \\
      -name x \\
      -m 1
      2025-06-17T10:31:10Z balloon
      """)
    let end = ": warning: balloon\n2025-06-17T10:31:10Z balloon\n(left out: 4 lines)\n"
    #expect(redacted?.hasSuffix(end) == true, "\(redacted ?? "")")
  }
}
