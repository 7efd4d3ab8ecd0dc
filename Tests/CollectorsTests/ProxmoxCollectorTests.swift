// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc
import Testing

@testable import Collectors

@Suite("Collecting from Proxmox VE")
struct ProxmoxCollectorTests {
  /// Runs `body` on a host of Proxmox with the machine 100, whose settings are synthesised and whose monitor answers.
  private func withHost(_ body: (ProxmoxHost, _ settings: String) async throws -> Void) async throws {
    let root = "/tmp/virt-balloon-pve.\(getpid()).\(UInt32.random(in: 0 ... .max))"
    let folders = ["", "/etc", "/etc/pve", "/etc/pve/qemu-server", "/var", "/var/run", "/var/run/qemu-server"]
    for folder in folders { mkdir(root + folder, 0o700) }
    let settings = "balloon: 512\nbios: ovmf\nmemory: 1024\nname: files\nostype: l26\n"
    let file = try #require(fopen(root + "/etc/pve/qemu-server/100.conf", "w"))
    fputs(settings, file)
    fclose(file)
    let monitor = try FakeMonitor(.answers)
    symlink(monitor.path, root + "/var/run/qemu-server/100.qmp")
    defer {
      monitor.stop()
      remove(root + "/var/run/qemu-server/100.qmp")
      remove(root + "/etc/pve/qemu-server/100.conf")
      for folder in folders.reversed() { remove(root + folder) }
    }
    try await body(ProxmoxHost(root: root), settings)
  }

  @Test("Watches a machine in turns, and takes down its settings and each answer of its monitor")
  func watch() async throws {
    try await withHost { host, settings in
      let options = CollectionOptions(
        quick: false, monitor: false, deadline: .seconds(20), duration: .milliseconds(1_500),
        interval: .milliseconds(500), tool: "test")
      let transcript = Transcript()
      let evidence = try await GuestCollector(options, transcript: transcript)
        .collect(proxmox: "100", on: host, agentSocket: nil)
      #expect(evidence.domain.state.value == "running" && evidence.domain.firmware.value == "efi")
      #expect(evidence.readings.count > 2 && evidence.readings.allSatisfy { $0.actual.value == FakeMonitor.size })
      #expect(evidence.domain.interruptions.isAbsent && evidence.collection.sampled)
      // While the monitor is let go, its events are nobody's.
      #expect(evidence.events == nil && evidence.host?.memoryTotal.value != nil)
      let kept = transcript.answers
      #expect(kept.first?.format == .proxmoxConfiguration && kept.first?.bytes == Array(settings.utf8))
      #expect(kept.contains { $0.question == "query-balloon" } && kept.contains { $0.question == "query-version" })
    }
  }

  @Test("Without such a machine says so, as before")
  func missing() async throws {
    try await withHost { host, _ in
      let options = CollectionOptions(quick: true, monitor: false, deadline: .seconds(20), tool: "test")
      do throws(TargetError) {
        _ = try await GuestCollector(options).collect(proxmox: "101", on: host, agentSocket: nil)
        Issue.record("there is no such machine")
      } catch { #expect(error.failure.reason == .notFound && error.message.hasPrefix("proxmox:101: ")) }
    }
  }
}
