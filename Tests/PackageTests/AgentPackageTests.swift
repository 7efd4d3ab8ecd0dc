// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

extension PackageTests {
  @Suite("The agent's package")
  struct AgentPackageTests {
    @Test(
      "It installs without any other package where no systemd runs, and goes without a trace",
      .enabled(if: CleanSystem.missing == nil, "\(CleanSystem.missing ?? "")"),
      arguments: ["xenial", "bullseye", "bookworm", "trixie", "forky", "jammy", "noble", "resolute"])
    func lifetime(suite: String) async throws {
      try await CleanSystem.with(suite) { system in
        let before = try await system.files()
        // dpkg alone: nothing is fetched.
        try await system.check("dpkg --install /packages/\(BuiltPackages.agent)")
        #expect(try await system.check("virt-balloon-agent --version").hasSuffix(" \(BuiltPackages.version)"))
        #expect(try await !system.check("virt-balloon-agent --report").isEmpty)
        #expect(try await system.check("dpkg --verify virt-balloon-agent") == "")
        // Once more, as an upgrade.
        try await system.check("dpkg --install /packages/\(BuiltPackages.agent)")
        try await system.check("dpkg --remove virt-balloon-agent && dpkg --purge virt-balloon-agent")
        let left = try await system.files().subtracting(before)
        #expect(left.isEmpty, "\(left.sorted())")
      }
    }

    @Test(
      "It starts when the port appears and not before, outlives the port's going and coming, and stops cleanly",
      .enabled(if: CleanSystem.missing == nil, "\(CleanSystem.missing ?? "")"))
    func service() async throws {
      try await SystemdGuest.with { guest in
        try await guest.control("dpkg --install \(guest.agentPackage)", within: .seconds(120))
        #expect(try await guest.unit("ActiveState") == "inactive")
        #expect(try await guest.faults(of: "virt-balloon-agent.service") == "")
        // 1.7 when this was written.
        #expect(try await guest.exposure(of: "virt-balloon-agent") < 2.5)

        try await guest.plugAgentPort()
        try await guest.untilAgentAnswers()
        let process = try await guest.unit("MainPID")

        try await guest.unplugAgentPort()
        #expect(try await guest.unit("ActiveState") == "active")
        try await guest.plugAgentPort()
        try await guest.untilAgentAnswers()
        #expect(try await guest.unit("MainPID") == process)
        #expect(try await guest.unit("NRestarts") == "0")

        try await guest.control("systemctl stop virt-balloon-agent")
        #expect(try await guest.unit("ActiveState") == "inactive")
        #expect(try await guest.unit("Result") == "success")

        // A port that comes again asks for the agent again, and so does an installation where the port is there.
        try await guest.unplugAgentPort()
        try await guest.plugAgentPort()
        try await guest.untilAgentAnswers()
        try await guest.control("dpkg --purge virt-balloon-agent")
        try await waitUntil("the agent was gone") {
          try await guest.control("pidof virt-balloon-agent || echo none") == "none"
        }
        let left = try await guest.control(
          "find / -xdev -name '*virt?balloon*' -not -path '/root/*' -not -path '/sys/*'")
        #expect(left.isEmpty, "\(left)")
        try await guest.control("dpkg --install \(guest.agentPackage)", within: .seconds(120))
        try await guest.untilAgentAnswers()

        // An upgrade restarts it.
        let old = try await guest.unit("MainPID")
        try await guest.control("dpkg --install \(guest.agentPackage)", within: .seconds(120))
        try await guest.untilAgentAnswers()
        #expect(try await guest.unit("MainPID") != old)
      }
    }
  }
}
