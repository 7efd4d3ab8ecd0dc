// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Synchronization
import Testing

extension RealGuestTests {
  /// The device of a real QEMU, whose driver delivers nothing; what qemu-ga says beside it is synthesised.
  @Test("On Proxmox a Windows without statistics is told to have no BalloonService, or one that is stopped")
  func balloonService() async throws {
    try await ScratchDirectory.with { directory in
      let configuration = GuestConfiguration {
        $0.driver = .unclaimed
        $0.agent = false
        $0.agentChannel = false
        $0.ports = [GuestConfiguration.qemuGuestAgentPort, WindowsQEMUGuestAgent.port]
        $0.statsPeriod = 2
        $0.arguments = DriverWithoutService.arguments(in: directory)
      }
      try await Guest.with(configuration) { guest in
        let driver = try await DriverWithoutService(guest, in: directory)
        try await driver.start()
        let view = try await HostView(guest.monitor)
        #expect(view.balloon?.status == ["ACKNOWLEDGE", "DRIVER", "DRIVER_OK"])
        #expect(view.balloon?.features == ["STATS_VQ"])
        let layout = try ProxmoxLayout(
          guest, "agent: 1\nballoon: 128\nmachine: pc-q35-7.2\nmemory: 256\nname: files\nostype: win11\n")
        let agent = WindowsQEMUGuestAgent()
        let answering = Task { try await agent.serve(guest) }
        defer { answering.cancel() }
        try await guest.control(WindowsQEMUGuestAgent.bridge)
        try await waitUntil("qemu-ga's port was open") {
          try await guest.monitor.execute("query-chardev").elements.contains {
            $0["label"]?.string == GuestConfiguration.qemuGuestAgentPort && $0["frontend-open"]?.bool == true
          }
        }

        // What the host alone can tell, and qemu-ga besides, without a program run in the guest.
        try layout.pretendToBeOld()
        for flags in [[], ["--qemu-ga"]] {
          try await waitUntil("the machine counted as started", within: .seconds(180)) {
            let outcome = try await Diagnosis.run(flags + ["--proxmox-root", layout.root, "proxmox:100"])
            #expect(outcome.status != 0)
            return try Diagnosis.findings(Diagnosis.parse(outcome)).contains("stats.not-delivered")
          }
        }
        #expect(agent.ran.withLock { $0.isEmpty })

        // The remedy follows the service's state.
        let missing = try await layout.diagnose("--qemu-ga", "--guest-exec")
        #expect(Diagnosis.findings(missing).contains("service.missing"), "\(Diagnosis.findings(missing))")
        let install = try await layout.text("--guest-exec")
        #expect(install.contains("blnsvr.exe -i") && !install.contains("sc start BalloonService"), "\(install)")
        agent.service.withLock { $0 = .stopped }
        let stopped = try await layout.diagnose("--qemu-ga", "--guest-exec")
        #expect(Diagnosis.findings(stopped).contains("service.stopped"), "\(Diagnosis.findings(stopped))")
        let start = try await layout.text("--guest-exec")
        #expect(start.contains("sc start BalloonService") && !start.contains("blnsvr.exe -i"), "\(start)")

        // Followed, the finding is gone.
        agent.service.withLock { $0 = .running }
        let delivering = Task {
          while !Task.isCancelled {
            try await driver.deliver()
            try? await Task.sleep(for: .milliseconds(300))
          }
        }
        defer { delivering.cancel() }
        try await waitUntil("statistics came") { try await (HostView(guest.monitor).lastUpdate ?? 0) > 0 }
        let mended = try await layout.diagnose("--qemu-ga", "--guest-exec")
        #expect(mended["verdict"]?.string == "healthy", "\(Diagnosis.findings(mended))")
        #expect(Diagnosis.findings(mended) == ["agent.channel.absent"])
      }
    }
  }
}
