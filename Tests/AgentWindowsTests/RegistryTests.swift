// SPDX-License-Identifier: BSD-3-Clause
import GuestRig
import Testing

extension WindowsProgramTests {
  @Test("What a test says of a Windows guest is what Wine's registry then holds")
  func registry() async throws {
    let prefix = try FreshPrefix.current()
    let device = WindowsDevice(.balloon) { $0.path = [(2, 1), (0, 0)] }
    #expect(device.instanceID == #"PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\4&13c0b0c5&0&0011"#)
    #expect(device.locationPath == "PCIROOT(0)#PCI(0201)#PCI(0000)")
    let root = #"HKLM\System\CurrentControlSet\"#
    let guest = WindowsGuest {
      $0.devices = [device]
      $0.isLocalised = true
    }
    let answers = try await prefix.session(as: guest) {
      [
        try await prefix.check(["reg", "query", root + #"Enum\"# + device.instanceID]),
        try await prefix.check(["reg", "query", root + #"Services\BalloonService"#]),
        try await prefix.check(["sc", "query", "BalloonService"]),
      ]
    }
    let node = answers[0].split(whereSeparator: \.isNewline).map { $0.split(separator: "    ") }
    func value(_ name: String) -> [String]? { node.first { $0.first == name[...] }?.dropFirst().map(String.init) }
    #expect(value("Service") == ["REG_SZ", "BALLOON"])
    #expect(value("ConfigFlags") == ["REG_DWORD", "0x0"])
    #expect(value("Address") == ["REG_DWORD", "0x0"])
    #expect(value("HardwareID") == ["REG_MULTI_SZ", device.hardwareIDs.joined(separator: #"\0"#)])
    // The rest of it is Russian, which reg prints as question marks.
    #expect(value("LocationInformation")?.last?.hasSuffix(";(0,0,0)") == true)
    #expect(answers[1].contains(#"C:\windows\system32\spoolsv.exe"#))
    #expect(answers[2].contains("RUNNING"))

    // Another guest leaves nothing of the first.
    let other = WindowsGuest {
      $0.devices = []
      $0.balloonService = .absent
    }
    let after = try await prefix.session(as: other) {
      [
        try await prefix.run(["reg", "query", root + #"Enum\"# + device.instanceID]),
        try await prefix.run(["reg", "query", root + #"Services\BalloonService"#]),
        try await prefix.run(["sc", "query", "BalloonService"]),
      ]
    }
    #expect(after.allSatisfy { $0.status != 0 && !$0.output.contains("RUNNING") })
  }

  @Test("Services that run, and those that do not, have Wine's own service manager's word for it")
  func services() async throws {
    let prefix = try FreshPrefix.current()
    let guest = WindowsGuest {
      $0.balloonService = .stopped
      $0.balloonDriver = .running
    }
    let answers = try await prefix.session(as: guest) {
      var answers: [String] = []
      for name in ["BalloonService", "BALLOON", "VirtioSerial"] {
        answers.append(try await prefix.check(["sc", "query", name]))
      }
      return answers
    }
    #expect(answers[0].contains("1  STOPPED"))
    #expect(answers[1].contains("4  RUNNING"))
    #expect(answers[2].contains("4  RUNNING"))
  }
}
