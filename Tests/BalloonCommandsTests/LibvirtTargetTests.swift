// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// Without any libvirt daemon: libvirt's own test driver, and sockets that are none of its.
@Suite("A target of libvirt")
struct LibvirtTargetTests {
  @Test("That does not exist is told with the place where it was looked for")
  func unknownDomain() async throws {
    for command in ["diagnose", "stats"] {
      try await Answer(command, "--connect", "test:///default", "no-such-guest")
        .expectUnavailable("test:///default: Domain not found")
    }
    try await Answer("agent", "ping", "--connect", "test:///default", "no-such-guest")
      .expectUnavailable("test:///default: Domain not found")
  }

  @Test("Behind an unknown scheme, a daemon that does not run, or a node that is not there is not available")
  func unknownPlace() async throws {
    let scheme = try await Answer("diagnose", "--connect", "nosuch:///system", "guest")
    scheme.expectUnavailable("nosuch:///system: ")
    let daemon = try await Answer("diagnose", "--connect", "qemu+unix:///system?socket=/nonexistent/libvirt", "guest")
    daemon.expectUnavailable("Failed to connect socket to '/nonexistent/libvirt'")
    let overview = try await Answer("diagnose", "--connect", "qemu+unix:///system?socket=/nonexistent/libvirt")
    overview.expectUnavailable("Failed to connect socket to '/nonexistent/libvirt'")
    try await Answer("diagnose", "--connect", "test:///nonexistent/node.xml", "guest").withoutParserMessages()
      .expectUnavailable("test:///nonexistent/node.xml: ")
  }

  @Test("Behind a daemon that takes the connection and never speaks is given up at the deadline")
  func hungDaemon() async throws {
    try await ScratchDirectory.with { scratch in
      try await FakePeer.with(at: scratch("libvirt"), { _ in }) { path in
        let answer = try await Answer(
          "diagnose", "--deadline", "1", "--connect", "qemu+unix:///system?socket=\(path)", "guest")
        answer.expectUnavailable("did not answer in time")
      }
    }
  }

  @Test("One that is missing hides no other")
  func severalTargets() async throws {
    let answer = try await Answer("diagnose", "--quick", "--connect", "test:///default", "no-such-guest", "test")
    #expect(answer.status == 69)
    #expect(answer.line?.contains("Domain not found") == true, "\(answer.complaint)")
    #expect(answer.output.hasPrefix("test: "))
  }

  @Test("None named: every running guest has its line")
  func overview() async throws {
    let answer = try await Answer("diagnose", "--quick", "--connect", "test:///default")
    #expect(answer.status == 1 && answer.complaint.isEmpty, "\(answer.complaint)")
    let line = try #require(answer.output.split(separator: "\n").first)
    #expect(line.hasPrefix("warning       test: ") && line.contains(" First: "), "\(answer.output)")
    #expect(answer.output.split(separator: "\n").count == 1, "one line a guest")
    let silent = try await Self.node(Self.domain("<name>off</name>", state: 5)) { uri in
      try await Answer("diagnose", "--quick", "--connect", uri)
    }
    #expect(silent.status == 0, "\(silent.complaint)")
  }

  @Test("Is judged by its evidence, and the report is all there is on standard output")
  func healthyDriver() async throws {
    let answer = try await Answer("diagnose", "--quick", "--format", "json", "--connect", "test:///default", "test")
    let document = try answer.document()
    #expect(answer.status == 1 && answer.complaint.isEmpty)
    #expect(document.verdict == "warning" && document.has("balloon.config.stats-period-unset"))
    #expect(document.evidence.collection.sampled == false && document.evidence.readings.count == 1)
    #expect(document.evidence.guest.agent.failure?.reason == .notFound)
  }

  @Test("Without qemu-ga's channel is not asked for it, and is marked in no way")
  func noQemuGA() async throws {
    let answer = try await Answer(
      "diagnose", "--quick", "--qemu-ga", "--format", "json", "--connect", "test:///default", "test")
    let evidence = try answer.document().evidence
    #expect(evidence.guest.qemuGA?.version.failure?.reason == .notFound)
    #expect(evidence.collection.sources.contains { $0.name == "qemu-ga" && $0.failure?.reason == .notFound })
    #expect(!evidence.collection.notices.contains { $0.contains("tainted") })

    let channel =
      "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>"
    // Each connection of the test driver makes its node anew, with another UUID unless it is given.
    let name = "<name>g</name><uuid>1b4e28ba-2fa1-11d2-883f-0016d3cca427</uuid>"
    for (options, reason) in [([], Failure.Reason.unsupported), (["--readonly"], .denied)] {
      let told = try await Self.node(Self.domain(name, state: 1, devices: channel)) { uri in
        try await Answer(
          measuring: ["diagnose", "--quick", "--qemu-ga", "--format", "json", "--connect", uri] + options + ["g"])
      }
      let evidence = try told.document().evidence
      #expect(evidence.guest.qemuGA?.version.failure?.reason == reason, "\(told.complaint)")
      #expect(!evidence.collection.notices.contains { $0.contains("tainted") })
    }
  }

  @Test("Text and names of a hostile configuration reach no terminal as they are")
  func hostileName() async throws {
    let name = "&#x202e;g&#x9b;2J&#x200b;u"
    let answer = try await Self.node(Self.domain("<name>\(name)</name>", state: 1)) { uri in
      let overview = try await Answer("diagnose", "--quick", "--connect", uri)
      #expect(Answer.isSafe(overview.output + overview.complaint))
      return try await Answer("diagnose", "--quick", "--connect", uri, "1")
    }
    #expect(Answer.isSafe(answer.output + answer.complaint))
    #expect(answer.output.contains("\\u{202E}g\\u{9B}2J\\u{200B}u"), "\(answer.output)\(answer.complaint)")
  }

  /// What libvirt itself makes of bad XML; what it lets through is read by DomainXML, whose own tests have the rest.
  @Test(
    "Whose XML is malformed, a bomb, or 50 MB ends with one line and bounded memory",
    arguments: ["malformed", "bomb", "50 MB", "not a node"])
  func badXML(kind: String) async throws {
    let answer = try await ScratchDirectory.with { scratch in
      let text: String
      switch kind {
      case "malformed": text = "<node><domain type='test'><name>guest</name>"
      case "bomb":
        let entities = (1..<12).map { level in
          "<!ENTITY e\(level) '\(String(repeating: "&e\(level - 1);", count: 10))'>"
        }.joined()
        text =
          "<!DOCTYPE node [<!ENTITY e0 'boom'>\(entities)]><node><domain type='test'><name>&e11;</name></domain></node>"
      case "50 MB":
        text =
          "<node>" + Self.domain("<name>guest</name><description>", state: nil).dropLast(9)
          + String(repeating: "x", count: 50 << 20) + "</description></domain></node>"
      default: text = "<guests/>"
      }
      try Data(text.utf8).write(to: URL(filePath: scratch("node.xml")))
      return try await Answer(
        measuring: ["diagnose", "--quick", "--connect", "test://\(scratch("node.xml"))", "guest"])
    }
    answer.withoutParserMessages().expectUnavailable("node.xml: ")
    #expect(try #require(answer.peak) < 250 << 10)
  }

  @Test("A large configuration that libvirt takes is read, and its memory is bounded")
  func largeXML() async throws {
    // 4 MB of description: libvirt keeps it and hands it out again.
    let text = "<description>\(String(repeating: "y", count: 4 << 20))</description><name>guest</name>"
    let answer = try await Self.node(Self.domain(text, state: 1)) { uri in
      try await Answer(measuring: ["diagnose", "--quick", "--format", "json", "--connect", uri, "guest"])
    }
    #expect(try answer.document().evidence.configuration.model.value == "virtio", "\(answer.complaint)")
    #expect(try #require(answer.peak) < 150 << 10)
  }

  // MARK: Nodes of libvirt's test driver, synthesised

  private static func domain(_ text: String, state: Int?, devices: String = "") -> String {
    """
    <domain type='test' xmlns:test='http://libvirt.org/schemas/domain/test/1.0'>
    <memory unit='KiB'>1048576</memory><vcpu>1</vcpu><os><type arch='x86_64'>hvm</type></os>
    <devices><memballoon model='virtio'><stats period='5'/></memballoon>\(devices)</devices>
    \(state.map { "<test:runstate>\($0)</test:runstate>" } ?? "")\(text)</domain>
    """
  }

  private static func node<Result>(_ domain: String, _ body: (String) async throws -> Result) async throws -> Result {
    try await ScratchDirectory.with { scratch in
      try Data("<node>\(domain)</node>".utf8).write(to: URL(filePath: scratch("node.xml")))
      return try await body("test://\(scratch("node.xml"))")
    }
  }
}
