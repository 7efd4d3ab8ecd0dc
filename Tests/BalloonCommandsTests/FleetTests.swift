// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// `diagnose` of many guests, with libvirt's test driver and with agents behind sockets.
@Suite("Many guests, a line each")
struct FleetTests {
  private static let dead = "qemu+unix:///system?socket=/nonexistent/libvirt"

  /// Nodes of libvirt's test driver; synthesised. Each connection makes them anew, with other UUIDs unless they are given.
  private static func node(_ count: Int) -> String {
    let domains = (0..<count).map { number in
      """
      <domain type='test'><name>vm\(number)</name><uuid>00000000-0000-4000-8000-\(100_000_000_000 + number)</uuid><memory>1048576</memory><os><type>hvm</type></os>
      <devices><memballoon model='virtio'><stats period='5'/></memballoon></devices></domain>
      """
    }
    return "<node>\(domains.joined())</node>"
  }

  /// What `--format json` prints of several guests, as far as these tests read it.
  private struct Document: Decodable {
    struct Guest: Decodable {
      struct Target: Decodable { let name: String? }
      struct Shortfall: Decodable { let reason: String }
      let target: Target
      let verdict: String
      let shortfall: Shortfall?
    }
    struct Loss: Decodable {
      struct Target: Decodable { let location: String }
      let target: Target
    }
    let schema: String
    let guests: [Guest]
    let unreached: [Loss]
  }

  @Test("Of several libvirts, one of which is dead: each guest has its line, and the dead one is told")
  func several() async throws {
    try await ScratchDirectory.with { scratch in
      try Data(Self.node(20).utf8).write(to: URL(filePath: scratch("a.xml")))
      let hosts = "# the hosts of this test\ntest://\(scratch("a.xml"))  # twenty guests\n\n\(Self.dead)\n"
      try Data(hosts.utf8).write(to: URL(filePath: scratch("hosts")))
      let arguments = ["diagnose", "--quick", "--connect", "test:///default", "--connect-file", scratch("hosts")]
      let answer = try await Answer(arguments)
      #expect(answer.status == 69)
      #expect(answer.line?.contains("Failed to connect") == true, "\(answer.complaint)")
      let lines = answer.output.split(separator: "\n")
      #expect(lines.count == 22, "\(answer.output)")
      #expect(lines.contains { $0.contains(" test: ") && $0.contains("(test:///default)") }, "\(answer.output)")
      #expect(lines.last?.hasPrefix("unreached     \(Self.dead)") == true, "\(answer.output)")

      let json = try await Answer(arguments + ["--format", "json"])
      let document = try JSONDecoder().decode(Document.self, from: Data(json.output.utf8))
      #expect(document.schema == "virt-balloon/diagnoses/1" && document.guests.count == 21)
      #expect(document.unreached.map(\.target.location) == [Self.dead])
      let ranks = document.guests.map {
        ["problem", "warning", "inconclusive", "healthy"].firstIndex(of: $0.verdict) ?? 9
      }
      #expect(ranks == ranks.sorted(), "worst first")
    }
  }

  @Test("Agents that never answer cost their own deadline, once, and the others' lines are there")
  func hung() async throws {
    try await ScratchDirectory.with { scratch in
      try await Self.serve(.hostileTexts, 6, "good", in: scratch) { good in
        try await Self.serve(.neverAnswers, 6, "hung", in: scratch) { hung in
          let names = (good + hung).map { "agent:\($0)" }
          let begun = ContinuousClock.now
          let answer = try await Answer(["diagnose", "--overview", "--quick", "--deadline", "3"] + names)
          let took = ContinuousClock.now - begun
          #expect(answer.output.split(separator: "\n").count + answer.lines.count >= 12, "\(answer.output)")
          #expect(Answer.isSafe(answer.output + answer.complaint))
          // One after the other they would take 18 s.
          #expect(took < .seconds(15))
        }
      }
    }
  }

  private static func serve(
    _ agent: FakeAgent, _ count: Int, _ name: String, in scratch: ScratchDirectory, _ paths: [String] = [],
    _ body: ([String]) async throws -> Void
  ) async throws {
    guard paths.count < count else { return try await body(paths) }
    try await FakePeer.with(at: scratch("\(name)\(paths.count)"), agent.serve) { path in
      try await serve(agent, count, name, in: scratch, paths + [path], body)
    }
  }

  @Test("A check answers in one line with performance data, and with its family's status")
  func check() async throws {
    let one = try await Answer("diagnose", "--check", "--quick", "--connect", "test:///default", "test")
    #expect(one.status == 1 && one.complaint.isEmpty)
    #expect(one.output.hasPrefix("BALLOON WARNING - test: ") && one.output.contains(" | actual=2147483648B;;;0;"))
    #expect(one.output.hasSuffix("\n") && one.output.split(separator: "\n").count == 1)
    let more = try await Answer("diagnose", "--check", "--verbose", "--quick", "--connect", "test:///default", "test")
    #expect(more.status == 1 && more.output.hasPrefix(one.output))
    #expect(more.output.contains("\nwarning balloon.config.stats-period-unset: "), "\(more.output)")
    let all = try await Answer("diagnose", "--check", "--quick", "--connect", "test:///default")
    let each = try await Answer("diagnose", "--check", "-v", "--quick", "--connect", "test:///default")
    #expect(each.output.hasPrefix(all.output) && each.output.contains("\nwarning: test: "), "\(each.output)")
    #expect(all.output.contains("guests=1;;;0 problem=0;;;0 warning=1;;;0"), "\(all.output)")
    for arguments in [
      ["diagnose", "--check", "--connect", Self.dead, "vm"], ["diagnose", "--check", "--connect", Self.dead],
      ["diagnose", "--check", "--no-such-option"], ["diagnose", "--check", "a", "b"],
    ] {
      let unknown = try await Answer(arguments)
      #expect(unknown.status == 3, "\(arguments): \(unknown.complaint)")
      #expect(unknown.output.hasPrefix("BALLOON UNKNOWN - "), "\(unknown.output)")
      #expect(unknown.output.split(separator: "\n").count == 1, "\(unknown.output)")
    }
  }

  @Test("A list of libvirts that cannot be read, or names none, is refused before anything is asked")
  func connectionList() async throws {
    try await ScratchDirectory.with { scratch in
      try Data("# none\n\n".utf8).write(to: URL(filePath: scratch("none")))
      for (path, reason) in [(scratch("missing"), "No such file"), (scratch("none"), "names no libvirt")] {
        let answer = try await Answer("diagnose", "--connect-file", path)
        #expect(answer.status == 64 && answer.complaint.contains(reason), "\(answer.complaint)")
      }
    }
  }
}
