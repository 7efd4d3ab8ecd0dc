// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Subprocess
import Testing

/// `stats` over real QEMUs without a guest, and libvirt's own test driver.
@Suite("Statistics", .timeLimit(.minutes(10)))
struct StatsTests {
  /// The first lines of a watch, which ends when its reader goes.
  private static func lines(_ count: Int, _ arguments: [String]) async throws -> [String] {
    let script = #"count=$1; shift; "$@" | head -n "$count""#
    let command = [try Program.built("virt-balloon"), "stats", "--watch"] + arguments
    let outcome = try await Program.run(
      ["sh", "-c", script, "sh", "\(count)"] + command, within: .seconds(60))
    #expect(outcome.errorOutput.isEmpty, "\(outcome.errorOutput)")
    return outcome.output.split(separator: "\n").map(String.init)
  }

  private static func objects(_ lines: [String]) throws -> [RigJSON] {
    try lines.map { try JSONDecoder().decode(RigJSON.self, from: Data($0.utf8)) }
  }

  @Test("Of a domain are a line for each reading, where nobody looks at a screen")
  func text() async throws {
    let lines = try await Self.lines(4, ["--interval", "250ms", "--connect", "test:///default", "test"])
    #expect(lines.count == 4 && lines[0].hasPrefix("# test at test:///default: a reading every 250 ms"), "\(lines)")
    let readings = lines.filter { !$0.hasPrefix("#") }
    #expect(readings.allSatisfy { $0.contains("UTC  running  actual 2 GiB") }, "\(lines)")
  }

  @Test("As JSON are one object a line")
  func json() async throws {
    let lines = try await Self.lines(
      3, ["--format", "json", "--interval", "250ms", "--connect", "test:///default", "test"])
    let objects = try Self.objects(lines)
    #expect(objects.count == 3)
    for object in objects {
      #expect(object["schema"]?.string == "virt-balloon/statistics/1")
      #expect(object["state"]?["value"]?.string == "running")
      #expect(object["reading"]?["actual"]?["value"]?.integer == 2 << 30, "\(object)")
    }
  }

  @Test("As metrics are whole expositions, one after the other")
  func metrics() async throws {
    let one = try await Answer("stats", "--format", "openmetrics", "--connect", "test:///default", "test")
    #expect(one.status == 0 && one.output.hasSuffix("# EOF\n"), "\(one.output)\(one.complaint)")
    #expect(one.output.contains("# TYPE virt_balloon_actual_bytes gauge\n# UNIT virt_balloon_actual_bytes bytes\n"))
    #expect(one.output.contains("kind=\"libvirt\",location=\"test:///default\"} 2147483648\n"), "\(one.output)")
    let older = try await Answer("stats", "--format", "prometheus", "--connect", "test:///default", "test")
    #expect(!older.output.contains("EOF") && older.output.contains("# TYPE virt_balloon_up gauge\n"))
    let count = one.output.split(separator: "\n").count
    let lines = try await Self.lines(
      2 * count, ["--format", "openmetrics", "--interval", "250ms", "--connect", "test:///default", "test"])
    #expect(lines.count { $0 == "# EOF" } == 2, "\(lines)")
  }

  @Test("Of a guest that is not there end at once")
  func missing() async throws {
    try await Answer("stats", "--watch", "--connect", "test:///default", "no-such-guest")
      .expectUnavailable("test:///default: Domain not found")
    try await Answer("stats", "--watch", "qmp:/nonexistent/monitor").expectUnavailable("qmp:/nonexistent/monitor")
  }

  @Test(
    "Of a machine tell what happens to it as it happens, and that it is gone",
    .enabled(if: Machine.isInstalled, "needs qemu-system-x86_64"))
  func events() async throws {
    try await ScratchDirectory.with { other in
      let second = ["-qmp", "unix:\(other("second")),server=on,wait=off"]
      try await Machine.with(Machine.balloon + second) { machine in
        let rig = try await RigMonitor(path: other("second"))
        let command = [
          try Program.built("virt-balloon"), "stats", "--watch", "--format", "json", "--interval", "250ms",
          machine.target,
        ]
        try await Program.background(command, log: other("log")) {
          func objects() throws -> [RigJSON] {
            let text = try String(contentsOfFile: other("log"), encoding: .utf8)
            // The last line may be half written.
            return try Self.objects(
              text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map(String.init))
          }
          try await waitUntil("a reading came") { try !objects().isEmpty }
          #expect(try objects().first?["state"]?["value"]?.string == "prelaunch")
          try await rig.execute("cont")
          try await waitUntil("it ran") { try objects().last?["state"]?["value"]?.string == "running" }
          try await rig.execute("system_reset")
          try await rig.execute("stop")
          try await waitUntil("it was paused") { try objects().last?["state"]?["value"]?.string == "paused" }
          let names = try objects().flatMap { $0["events"]?.elements ?? [] }.compactMap { $0["name"]?.string }
          #expect(names.first == "RESUME" && names.contains("RESET") && names.contains("STOP"), "\(names)")
          _ = try? await rig.execute("quit", within: .seconds(1))
          try await waitUntil("it was lost") { try objects().last?["lost"] != nil }
          let lost = try #require(try objects().last)
          #expect(lost["reading"] == nil && lost["lost"]?["detail"]?.string != nil)
        }
      }
    }
  }

  @Test(
    "Keep the published schema",
    .enabled("needs python3-jsonschema 4.18 or later (with referencing)") {
      try await Program.run(["python3", "-c", "import jsonschema, referencing"]).status == 0
    })
  func schema() async throws {
    let validator = """
      import json, sys
      from jsonschema import Draft202012Validator
      from referencing import Registry, Resource
      schemas = {n: json.load(open(f"{sys.argv[1]}/{n}.json")) for n in ("evidence", "statistics")}
      registry = Registry().with_resources((s["$id"], Resource.from_contents(s)) for s in schemas.values())
      validator = Draft202012Validator(schemas["statistics"], registry=registry)
      for line in sys.stdin:
          for error in validator.iter_errors(json.loads(line)):
              print(f"{list(error.absolute_path)}: {error.message}"[:300])
      """
    let folder =
      #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(3).joined(separator: "/")
      + "/protocol/schema"
    var lines = try await Self.lines(
      2, ["--format", "json", "--interval", "250ms", "--connect", "test:///default", "test"])
    let one = try await Answer("stats", "--format", "json", "--connect", "test:///default", "test")
    lines.append(one.output.split(separator: "\n").joined(separator: " "))
    if Machine.isInstalled {
      lines += try await Machine.with { machine in
        try await Self.lines(2, ["--format", "json", "--interval", "250ms", machine.target])
      }
    }
    let result = try await Subprocess.run(
      .name("timeout"), arguments: ["60", "python3", "-c", validator, folder],
      input: .string(lines.map { $0 + "\n" }.joined()), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
    #expect(
      result.terminationStatus.isSuccess && result.standardOutput.isEmpty,
      "\(result.standardOutput)\(result.standardError)")
  }
}

/// The same over a libvirtd of one's own.
@Suite(
  "Statistics of a libvirt domain", .timeLimit(.minutes(10)),
  .enabled(if: SessionLibvirt.missing == nil, "needs \(SessionLibvirt.missing ?? "")"))
struct LibvirtStatsTests {
  @Test("Follow it through pause and end, and find it again when it is started anew")
  func life() async throws {
    try await SessionLibvirt.with { host in
      try await host.startBareDomain("watched")
      try await ScratchDirectory.with { scratch in
        let command = [
          try Program.built("virt-balloon"), "stats", "--watch", "--format", "json", "--interval", "250ms",
          "--connect", host.uri, "watched",
        ]
        try await Program.background(command, log: scratch("log")) {
          func last() throws -> RigJSON? {
            let text = try String(contentsOfFile: scratch("log"), encoding: .utf8)
            return try text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().last.map {
              try JSONDecoder().decode(RigJSON.self, from: Data($0.utf8))
            }
          }
          try await waitUntil("a reading came") { try last()?["reading"]?["rss"]?["value"] != nil }
          #expect(try last()?["state"]?["value"]?.string == "paused")
          #expect(try last()?["reading"]?["actual"]?["value"]?.integer == 64 << 20)
          try await host.virsh("resume", "watched")
          try await waitUntil("it ran") { try last()?["state"]?["value"]?.string == "running" }
          try await host.virsh("suspend", "watched")
          try await waitUntil("it was paused") { try last()?["state"]?["value"]?.string == "paused" }
          try await host.virsh("destroy", "watched")
          try await waitUntil("it was gone") { try last()?["lost"]?["reason"]?.string == "not-found" }
          try await host.startBareDomain("watched")
          try await waitUntil("it was found again") { try last()?["reading"]?["rss"]?["value"] != nil }
        }
      }
    }
  }
}
