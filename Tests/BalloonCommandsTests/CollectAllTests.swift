// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import Glibc
import GuestRig
import SupportBundle
import Testing

/// `collect` by way of libvirt: its own test driver, and a libvirtd of one's own.
@Suite("Collecting by way of libvirt")
struct CollectAllTests {
  private static let dead = "qemu+unix:///system?socket=/nonexistent/libvirt"

  private func bundle(_ path: String) throws -> Bundle {
    let bundle = try Bundle(reading: path)
    #expect(try bundle.faults().isEmpty)
    return bundle
  }

  @Test("Every running guest of each connection; one that is dead costs the others nothing")
  func several() async throws {
    try await ScratchDirectory.with { scratch in
      let answer = try await Answer(
        "collect", "--all", "--connect", "test:///default", "--connect", Self.dead, "-o", scratch("x"))
      #expect(answer.status == 69)
      #expect(answer.line?.hasPrefix("virt-balloon: \(Self.dead): Failed to connect") == true, "\(answer.complaint)")
      #expect(answer.output.hasPrefix("\(scratch("x")): 1 guest, redacted\n  test: "), "\(answer.output)")
      #expect(answer.output.contains("\n  \(Self.dead): Failed to connect"), "\(answer.output)")
      let bundle = try bundle(scratch("x"))
      #expect(bundle.manifest.state == .partial)
      #expect(try bundle.collection().targets.map(\.outcome) == [.collected, .failed])

      let whole = try await Answer("collect", "--all", "--connect", "test:///default", "-o", scratch("x"))
      #expect(whole.status == 0 && whole.complaint.isEmpty, "\(whole.complaint)")
      #expect(try self.bundle(scratch("x")).manifest.state == .complete)
    }
  }

  @Test("Nothing but a dead connection, or one where no guest runs, is one line and no file")
  func none() async throws {
    try await ScratchDirectory.with { scratch in
      let dead = try await Answer("collect", "--all", "--connect", Self.dead, "-o", scratch("x"))
      dead.expectUnavailable("Failed to connect socket to '/nonexistent/libvirt'")
      let node = """
        <node><domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'><name>off</name>
        <memory>1048576</memory><os><type>hvm</type></os><test:runstate>5</test:runstate></domain></node>
        """
      try Data(node.utf8).write(to: URL(filePath: scratch("node.xml")))
      let idle = try await Answer("collect", "--all", "--connect", "test://\(scratch("node.xml"))", "-o", scratch("x"))
      idle.expectUnavailable("no guest is running, so there is no bundle")
      let unknown = try await Answer("collect", "--connect", "test:///default", "no-such-guest", "-o", scratch("x"))
      unknown.expectUnavailable("no-such-guest: test:///default: Domain not found")
      #expect(access(scratch("x"), F_OK) != 0)
    }
  }

  @Test(
    "A domain that is destroyed and a libvirtd that dies in mid-run leave what was had",
    .enabled(if: SessionLibvirt.missing == nil, "needs \(SessionLibvirt.missing ?? "")"))
  func dying() async throws {
    try await SessionLibvirt.with { host in
      for name in ["one", "two"] {
        try await host.startBareDomain(name)
        try await host.virsh("resume", name)
      }
      try await ScratchDirectory.with { scratch in
        func collect(
          _ names: [String], while body: () async throws -> Void
        ) async throws -> [CollectionDocument.TargetRecord.Outcome] {
          async let answer = Answer(
            ["collect", "--connect", host.uri, "--duration", "8s", "--interval", "500ms", "-o", scratch("x")] + names)
          try await Task.sleep(for: .seconds(4))
          try await body()
          let done = try await answer
          #expect(done.status == 69, "\(done.complaint)")
          #expect(done.line?.contains("one: it answered no more") == true, "\(done.complaint)")
          let bundle = try bundle(scratch("x"))
          #expect(bundle.manifest.state == .partial)
          #expect(try bundle.guests().allSatisfy { $0.evidence.readings.first?.actual.value == 64 << 20 })
          return try bundle.collection().targets.map(\.outcome)
        }
        let destroyed = try await collect(["one", "two"]) { try await host.virsh("destroy", "one") }
        #expect(destroyed == [.partial, .collected])
        try await host.startBareDomain("one")
        try await host.virsh("resume", "one")
        let died = try await collect(["one"]) {
          try RunningMachine.kill(pidFile: host.directory("run/libvirt/libvirtd.pid"))
        }
        #expect(died == [.partial])
      }
    }
  }

  @Test(
    "What cannot be meant is refused before anything is asked",
    arguments: [
      ([], "name the guests, or give --all"),
      (["--all", "guest"], "--all is every guest"),
      (["guest", "-o", ""], "-o takes a file's name"),
      (["guest", "--duration", "0"], "--duration takes a time from 250ms to 1h"),
      (["guest", "--duration", "2h"], "--duration takes a time from 250ms to 1h"),
      (["guest", "--duration", "soon"], "'soon' is invalid for '--duration"),
      (["guest", "--interval", "100ms"], "--interval takes a time from 250ms to 1h"),
      (["a", "b", "--guest-report", "/x"], "--guest-report belongs to one guest"),
      (["--all", "--guest-report", "/x"], "--guest-report belongs to one guest"),
      (["a", "--guest-report", ""], "--guest-report takes a file's name"),
      (["--all", "--agent-socket", "/x"], "--agent-socket belongs to one"),
      (["--all", "--guest-exec"], "--guest-exec runs programs in a guest"),
      (["a", "--connect", "test:///default", "--connect", "test:///default"], "--connect names one libvirt here"),
      (["qmp:"], "qmp: takes the path of a socket"),
    ])
  func usage(_ arguments: [String], _ reason: String) async throws {
    let output = arguments.contains("-o") ? [] : ["-o", "/nonexistent/bundle"]
    let answer = try await Answer(["collect"] + arguments + output)
    #expect(answer.status == 64 && answer.output.isEmpty)
    #expect(answer.complaint.hasPrefix("Error: ") && answer.complaint.contains(reason), "\(answer.complaint)")
  }
}
