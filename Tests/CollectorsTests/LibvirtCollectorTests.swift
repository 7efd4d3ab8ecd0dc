// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc
import GuestRig
import Libvirt
import Testing

@testable import Collectors

@Suite(
  "Collecting from libvirt", .serialized,
  .disabled(if: SessionLibvirt.missing != nil, "not installed: \(SessionLibvirt.missing ?? "")"))
struct LibvirtCollectorTests {
  private func collect(
    _ host: SessionLibvirt, quick: Bool, monitor: Bool = false, deadline: Duration = .seconds(20)
  ) async throws -> Evidence {
    let session = try await LibvirtSession.find("bare", uri: host.uri, readOnly: !monitor, deadline: .seconds(20))
    let options = CollectionOptions(quick: quick, monitor: monitor, deadline: deadline, tool: "test")
    return try await GuestCollector(options).collect(session)
  }

  @Test("A QEMU that hangs costs the statistics, and hides neither XML nor state", arguments: [false, true])
  func hung(monitor: Bool) async throws {
    try await SessionLibvirt.with { host in
      try await host.startBareDomain("bare")
      kill(try host.processIdentifier(of: "bare"), SIGSTOP)
      let evidence = try await collect(host, quick: false, monitor: monitor, deadline: .seconds(1))
      #expect(evidence.domain.state.value == "paused")
      #expect(evidence.domain.libvirt.value != nil)
      #expect(evidence.configuration.model.value == "virtio")
      #expect(evidence.configuration.statsPeriod.value == 1)
      #expect(evidence.configuration.maximum.value == 64 << 20)
      #expect(evidence.channel.port.isAbsent)
      #expect(evidence.readings.count == 1)
      let failure = try #require(evidence.readings.first?.actual.failure)
      #expect(failure.reason == .timedOut)
      #expect(failure.detail.contains("QEMU hangs"), "\(failure.detail)")
      // What came after the call that hung was asked over a new connection.
      #expect(evidence.domain.interruptions.isAbsent)
      #expect(!evidence.collection.sampled)
      if monitor { #expect(evidence.device.qomPath.failure?.reason == .timedOut) }
    }
  }

  @Test("A guest that is reset and paused while it is sampled did not run undisturbed")
  func interrupted() async throws {
    try await SessionLibvirt.with { host in
      try await host.startBareDomain("bare")
      try await host.virsh("resume", "bare")
      let quiet = try await collect(host, quick: false)
      #expect(quiet.collection.sampled)
      #expect(quiet.domain.interruptions.isAbsent, "\(quiet.domain.interruptions)")

      async let disturbed = collect(host, quick: false)
      // A firmware delivers no statistics: the sampling takes its full three seconds, within which these come.
      for _ in 0..<3 {
        try await host.virsh("reset", "bare")
        try await host.virsh("suspend", "bare")
        try await host.virsh("resume", "bare")
        try await Task.sleep(for: .milliseconds(300))
      }
      let interruptions = try #require(try await disturbed.domain.interruptions.value)
      #expect(Set(interruptions).isSuperset(of: ["RESET", "STOP", "RESUME"]), "\(interruptions)")
    }
  }

  @Test("A guest that is watched has each reading, and each event with the time at which it came")
  func watched() async throws {
    try await SessionLibvirt.with { host in
      try await host.startBareDomain("bare")
      try await host.virsh("resume", "bare")
      let session = try await LibvirtSession.find("bare", uri: host.uri, readOnly: true, deadline: .seconds(20))
      let options = CollectionOptions(
        quick: false, monitor: false, deadline: .seconds(20), duration: .seconds(4), interval: .milliseconds(500),
        tool: "test")
      let (transcript, progress) = (Transcript(), CollectionProgress())
      let collector = GuestCollector(options, transcript: transcript, progress: progress)
      async let collected = collector.collect(session)
      while (progress.evidence?.readings.count ?? 0) < 2 { try await Task.sleep(for: .milliseconds(20)) }
      for command in ["suspend", "resume", "reset", "suspend", "resume"] { try await host.virsh(command, "bare") }
      let evidence = try await collected
      #expect(evidence.readings.count > 3 && evidence.readings.allSatisfy { $0.actual.value == 64 << 20 })
      let events = try #require(evidence.events)
      let seen = events.map(\.name)
      #expect(
        seen.count { $0 == "STOP" } == 2 && seen.count { $0 == "RESUME" } == 2 && seen.contains("RESET"), "\(seen)")
      #expect(
        events.allSatisfy { evidence.collection.started...evidence.collection.finished ~= $0.time }, "\(events)")
      #expect(Set(try #require(evidence.domain.interruptions.value)).isSuperset(of: ["RESET", "STOP", "RESUME"]))
      #expect(evidence.domain.firmware.isAbsent)
      let statistics = transcript.answers.filter { $0.format == .memoryStatistics }
      #expect(statistics.count > 3 && statistics.count <= 2 * Transcript.seriesLimit)
    }
  }

  @Test("Events of libvirt have QEMU's names where it has one, and a changed configuration is none")
  func names() {
    #expect(DomainEvent.reboot.interruption == "RESET")
    #expect(DomainEvent.lifecycle(.suspended, detail: 0).interruption == "STOP")
    #expect(DomainEvent.lifecycle(.resumed, detail: 0).interruption == "RESUME")
    #expect(DomainEvent.lifecycle(.shutdown, detail: 0).interruption == "SHUTDOWN")
    #expect(DomainEvent.lifecycle(.stopped, detail: 1).interruption == "SHUTDOWN")
    #expect(DomainEvent.lifecycle(.started, detail: 0).interruption == "restarted")
    #expect(DomainEvent.lifecycle(.started, detail: 4).interruption == "WAKEUP")
    #expect(DomainEvent.lifecycle(.suspended, detail: 1).interruption == "MIGRATION")
    #expect(DomainEvent.lifecycle(.stopped, detail: 3).interruption == "MIGRATION")
    #expect(DomainEvent.lifecycle(.defined, detail: 0).interruption == nil)
    #expect(DomainEvent.lifecycle(.undefined, detail: 0).interruption == nil)
    #expect(DomainEvent.lifecycle(.init(rawValue: 99), detail: 0).interruption == "lifecycle event 99")
  }
}
