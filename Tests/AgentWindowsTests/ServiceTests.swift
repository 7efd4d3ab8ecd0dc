// SPDX-License-Identifier: BSD-3-Clause
import GuestRig
import Testing

extension WindowsProgramTests {
  @Test("It installs itself as a service, starts, tells its state, stops, and leaves nothing when it is uninstalled")
  func service() async throws {
    let agent = WindowsAgent.x86_64
    try agent.require()
    let prefix = try FreshPrefix.current()
    try await prefix.become(WindowsGuest())
    let (steps, tree) = try await prefix.session {
      var steps: [String: Program.Outcome] = [:]
      func take(_ step: String, _ arguments: [String]) async throws {
        steps[step] = try await prefix.run([agent.windowsPath] + arguments)
      }
      try await take("status at first", ["--status"])
      try await take("start too early", ["--start"])
      try await take("install", ["--install"])
      steps["config"] = try await prefix.run(["reg", "query", Self.key])
      try await take("status when installed", ["--status"])
      try await take("install again", ["--install"])
      try await take("start", ["--start"])
      try await take("status when started", ["--status"])
      steps["manager"] = try await prefix.run(["sc", "query", Self.name])
      let running = try await prefix.process(of: agent.path).descriptors()
      try await take("stop", ["--stop"])
      try await take("status when stopped", ["--status"])
      try await take("start again", ["--start"])
      try await take("uninstall", ["--uninstall"])
      try await take("status at last", ["--status"])
      steps["tree"] = try await prefix.run(["reg", "query", Self.key])
      return (steps, running)
    }
    func status(_ step: String) -> Int32? { steps[step]?.status }
    #expect(tree > 0)
    #expect(status("status at first") == 4, "\(steps)")
    #expect(status("start too early") == 70)
    #expect(status("install") == 0, "\(steps["install"]?.errorOutput ?? "")")
    #expect(status("status when installed") == 3)
    #expect(status("start") == 0, "\(steps["start"]?.errorOutput ?? "")")
    #expect(status("status when started") == 0)
    #expect(steps["manager"]?.output.contains("4  RUNNING") == true)
    #expect(status("stop") == 0)
    #expect(status("status when stopped") == 3)
    #expect(status("start again") == 0)
    #expect(status("uninstall") == 0)
    #expect(status("status at last") == 4)
    #expect(status("tree") != 0)
    let config = steps["config"]?.output ?? ""
    // SERVICE_AUTO_START, its own process, the account that virtio-serial ports demand.
    #expect(config.contains("Start    REG_DWORD    0x2") && config.contains("Type    REG_DWORD    0x10"), "\(config)")
    #expect(config.contains("LocalSystem"))
    // A path with a blank in it must not start another program.
    #expect(config.contains("\"\(agent.windowsPath)\" "))
  }

  private static let name = "VirtBalloonAgent"
  private static let key = #"HKLM\System\CurrentControlSet\Services\"# + name
}
