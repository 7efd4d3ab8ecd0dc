// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import GuestRig
import Testing

extension WindowsProgramTests {
  /// What `--report --format json` prints.
  private func report(_ prefix: WinePrefix) async throws -> JSON {
    let text = try await prefix.check([WindowsAgent.x86_64Test.windowsPath, "--report", "--format", "json"])
    return try JSON(parsing: Array(text.utf8), limits: .monitor)
  }
  private func functions(_ report: JSON) throws -> [PCIFunctionFacts] {
    let list = try #require(report[Method.functions.name]?["result"]?["functions"]?.array, "\(report)")
    return list.map { PCIFunctionFacts(json: $0) }
  }
  private func services(_ report: JSON) throws -> [ServiceFacts] {
    let list = try #require(report[Method.services.name]?["result"]?["services"]?.array, "\(report)")
    return list.compactMap { ServiceFacts(json: $0) }
  }

  /// What the host finds by the word of the agent alone, over a terminal.
  private func diagnose(_ prefix: WinePrefix) async throws -> RigJSON {
    try await WindowsChannel.serve(.x86_64Test, in: prefix) { channel in
      try await ScratchDirectory.with { directory in
        let socket = directory("agent.sock")
        let outcome = try await channel.terminal.serve(at: socket) {
          try await Program.run([
            Program.built("virt-balloon"), "diagnose", "--quick", "--format", "json", "agent:\(socket)",
          ])
        }
        #expect(outcome.status <= 2, "\(outcome.errorOutput)")
        return try RigJSON(parsing: outcome.output)
      }
    }
  }

  @Test("Its report has the facts, and the host finds by them what there is", arguments: WindowsScenario.all)
  func scenario(_ scenario: WindowsScenario) async throws {
    try WindowsAgent.x86_64Test.require()
    let prefix = try FreshPrefix.current()
    let (report, diagnosis) = try await prefix.session(as: scenario.guest) {
      (try await self.report(prefix), try await diagnose(prefix))
    }
    let functions = try functions(report)
    #expect(functions.count == scenario.functions.count)
    for expected in scenario.functions {
      // Windows' own spelling of an instance id is capitals; the registry's is not.
      let function = try #require(
        functions.first { $0.windows?.instanceID.value?.lowercased() == expected.instanceID.lowercased() })
      let windows = try #require(function.windows)
      let name = "\(expected.instanceID)"
      #expect(function.vendor.value == 0x1AF4, "\(name)")
      #expect(function.address.value == expected.address, "\(name): \(function.address)")
      #expect(function.path.value == expected.path, "\(name): \(function.path)")
      #expect(windows.instancePath.value == expected.path, "\(name): \(windows.instancePath)")
      #expect(windows.locationAddress.value == expected.address, "\(name): \(windows.locationAddress)")
      for (fact, value) in [
        (function.driver, expected.driver), (function.module, expected.module), (function.provider, expected.provider),
        (function.driverVersion, expected.driverVersion), (windows.infSection, expected.section),
        (windows.setupClass, expected.setupClass),
      ] where !(scenario.guest.isWindows7 && fact == windows.infSection) {
        #expect(fact.value == value, "\(name): \(fact)")
        if value == nil, case .absent = fact { continue }
        #expect(value != nil, "\(name): absent, not failed: \(fact)")
      }
      #expect(function.problemCode.value == expected.problem, "\(name): \(function.problemCode)")
      #expect(windows.isPresent.value == expected.isPresent, "\(name)")
      // Of the text only the numbers at its end are ever looked at.
      #expect(windows.locationInformation.value?.contains("Шина") == scenario.guest.isLocalised, "\(name)")
    }
    let services = try services(report)
    let balloon = try #require(services.first { $0.name == "BalloonService" })
    if let state = scenario.service {
      #expect(balloon.state.value == state)
    } else {
      guard case .absent = balloon.state else {
        Issue.record("BalloonService is \(balloon.state)")
        return
      }
    }
    #expect(services.first { $0.name == "VirtioSerial" }?.state.value == "running")
    let package = try #require(services.first { $0.kind == "driver-package" })
    #expect(package.name == "oem12.inf")
    #expect(package.version.value == "100.101.104.28500", "\(package.version)")

    let findings = Set(diagnosis["findings"]?.elements.compactMap { $0["id"]?.string } ?? [])
    #expect(findings == scenario.findings)
  }

  @Test("Two hundred devices are all told")
  func many() async throws {
    try WindowsAgent.x86_64Test.require()
    let prefix = try FreshPrefix.current()
    var devices = (0..<199).map { number in
      WindowsDevice(.disk) {
        $0.path = [(UInt8(1 + number / 64), UInt8(number / 8 % 8)), (UInt8(number % 8), 0)]
        $0.bus = UInt32(1 + number / 8)
      }
    }
    devices.append(WindowsDevice(.balloon) { $0.path = [(30, 0)] })
    let guest = WindowsGuest { [devices] in $0.devices = devices }
    let (report, diagnosis) = try await prefix.session(as: guest) {
      (try await self.report(prefix), try await diagnose(prefix))
    }
    let told = try functions(report)
    #expect(Set(told.compactMap { $0.windows?.instanceID.value?.lowercased() }).count == 200)
    #expect(Set(told.compactMap(\.address.value)).count == 200)
    #expect(told.first { $0.device.value == 0x1002 }?.address.value == "0000:00:1e.0")
    #expect(diagnosis["findings"]?.elements.isEmpty == true, "\(diagnosis)")
  }
}
