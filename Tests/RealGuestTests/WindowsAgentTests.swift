// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

/// The Windows program under Wine in a guest, on a real virtio-serial port, with the registry of a Windows guest that
/// has this very balloon, at its address, with its identifiers. What the device says of its driver comes from Linux'
/// own, which is loaded where Windows' would be: the combination is that of a real Windows guest.
struct WindowsAgentScenario: Sendable, CustomTestStringConvertible {
  var name: String
  var agent = WindowsAgent.x86_64
  var balloon: GuestConfiguration.Balloon
  var driver: GuestConfiguration.Driver
  var device: WindowsDevice
  var host: HostExpectation
  var diagnosis: DiagnosisExpectation
  /// What the diagnosis says of the balloon's driver in the guest.
  var told: String?

  var testDescription: String { name }

  static let all = [
    WindowsAgentScenario(
      name: "virtio-win's driver, behind a port", balloon: .rootPort, driver: .load,
      device: WindowsDevice(.balloon) {
        $0.isModern = true
        $0.path = [(6, 0), (0, 0)]
        $0.bus = 1
      },
      host: HostExpectation(
        balloon: HostExpectation.operating, statistics: .moving, follows: true, identity: Scenario.modern, bus: 1),
      diagnosis: .healthy, told: "BALLOON"),
    WindowsAgentScenario(
      name: "Windows' generic driver", balloon: .rootBus, driver: .unclaimed,
      device: WindowsDevice(.balloon) { $0.binding = .generic },
      host: HostExpectation(balloon: [], statistics: .never, follows: false, identity: Scenario.transitional),
      diagnosis: .problem("driver.generic")),
    WindowsAgentScenario(
      name: "no driver", agent: .x86_64Test, balloon: .rootBus, driver: .unclaimed,
      device: WindowsDevice(.balloon) {
        $0.binding = .none
        $0.problem = 28
      },
      host: HostExpectation(balloon: [], statistics: .never, follows: false, identity: Scenario.transitional),
      diagnosis: .problem("driver.none")),
  ]
}

extension RealGuestTests {
  @Test(
    "The Windows program under Wine, on a real port, is diagnosed with the device", arguments: WindowsAgentScenario.all)
  func windowsAgent(_ scenario: WindowsAgentScenario) async throws {
    guard scenario.agent.isBuilt else { try Test.cancel("\(scenario.agent.rawValue) has not been built") }
    let wine = try await Wine.prepared(.image)
    try await ScratchDirectory.with { directory in
      let registry = directory("system.reg")
      let windows = WindowsGuest {
        $0.devices = [scenario.device]
        $0.hasSeam = scenario.agent.hasSeam
        if case .virtioWin = scenario.device.binding { $0.balloonDriver = .running }
      }
      try await WinePrefix.with { prefix in
        try await prefix.become(windows)
        try prefix.writeRegistry(to: registry)
      }
      let configuration = GuestConfiguration {
        $0.balloon = scenario.balloon
        $0.driver = scenario.driver
        $0.memory = 768
        $0.windows = GuestConfiguration.Windows(wine, registry: registry, agent: scenario.agent)
      }
      try await Guest.with(configuration) { guest in
        try await waitUntil("the agent opened its port") { try await HostView(guest.monitor).agentPortOpen == true }
        try await waitUntil("the balloon's service ran") {
          try await guest.control("vb wine run sc query BalloonService").contains("4  RUNNING")
        }
        try await scenario.host.check(guest, "\(scenario.name)")
        // The commands that a user types, the channel named and not.
        let report = try await scenario.diagnosis.check(
          ["qmp:\(guest.monitorPath)", "--agent-socket", guest.agentSocketPath], "\(scenario.name)")
        #expect(report["evidence"]?["guest"]?["osFamily"]?["value"]?.string == "windows")
        if scenario.told != nil {
          try await exported(guest)
          try await reconnect(guest)
        }
      }
    }
  }

  /// The same guest on a Proxmox VE, in Prometheus' eyes.
  private func exported(_ guest: Guest) async throws {
    let layout = try ProxmoxLayout(guest, "agent: 1\nmachine: q35\nmemory: 768\nname: win\nostype: win11\n")
    let report = try await layout.diagnose("--quick")
    let actual = try await HostView(guest.monitor).actual
    for page in try await ExportedPage.both(["--proxmox-root", layout.root], in: guest.directory) {
      #expect(page.value("up") == 1 && page.value("complete") == 1 && page.label("domain", of: "up") == "win")
      #expect(page.verdict == report["verdict"]?.string)
      #expect(page.findings == Diagnosis.findings(report))
      #expect(page.label("version", of: "agent_info") == "0.1.0")
      #expect(page.label("version", of: "driver_info") == "100.101.104.28500")
      // 24 September 2025, as the package has it.
      #expect(page.value("driver_date_timestamp_seconds") == 1_758_672_000)
      #expect(page.value("maximum_bytes") == Double(768 << 20) && page.value("target_bytes") == Double(768 << 20))
      #expect(page.value("actual_bytes") == actual.map { Double($0) })
      #expect(page.value("resident_bytes") ?? 0 > Double(32 << 20))
      #expect(page.value("guest_memory_bytes") ?? 0 > Double(256 << 20))
      #expect(page.value("statistics_age_seconds") ?? -1 >= 0 && page.value("statistics_period_seconds") ?? 0 > 0)
    }
  }

  /// Hosts come and go; the program keeps no handle of any.
  private func reconnect(_ guest: Guest) async throws {
    func descriptors() async throws -> Int {
      let process = try await guest.control("vb agent pid")
      return Int(try await guest.control("ls /proc/\(process)/fd | wc -l")) ?? -1
    }
    func ping() async throws {
      let outcome = try await Program.run([
        Program.built("virt-balloon"), "agent", "ping", "--agent-socket", guest.agentSocketPath,
      ])
      #expect(outcome.status == 0, "\(outcome.errorOutput)")
    }
    for _ in 0..<5 { try await ping() }
    let before = try await descriptors()
    for _ in 0..<25 { try await ping() }
    let after = try await descriptors()
    #expect(before > 0 && after <= before + 1, "\(before), after 25 more hosts \(after)")
  }
}
