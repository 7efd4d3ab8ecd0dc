// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import FoundationEssentials
import ProtocolVectors
import Subprocess
import Testing

@Suite("The agent's program")
struct ProgramTests {
  private func request(_ id: UInt64, _ method: Method, _ parameters: JSONObject? = nil) -> [UInt8] {
    Record.encode(Request(id: id, method: method.name, parameters: parameters).json)
  }

  @Test("On standard input and output it answers every method, and ends with its input", arguments: AgentBuild.allCases)
  func stdio(build: AgentBuild) async throws {
    var input = request(1, .hello, ["nonce": "abc"])
    for (index, method) in Method.all.enumerated() where method != .hello {
      input += request(UInt64(index + 1), method)
    }
    let outcome = try await runAgent(build, ["--stdio"], input: input)
    #expect(outcome.status == .exited(0))
    #expect(outcome.errorOutput == "")
    let replies = try replies(outcome.output)
    #expect(replies.map { $0.id } == Method.all.indices.map { UInt64($0 + 1) })
    guard case .result(let hello)? = replies.first?.outcome else {
      Issue.record("hello was refused")
      return
    }
    #expect(try Hello(json: hello).nonce == "abc")
    #expect(try Hello(json: hello).agentName == "virt-balloon-agent")
    for reply in replies.dropFirst() {
      // Where this runs may deny the kernel's log, or have no PCI bus.
      if case .error(let error) = reply.outcome { #expect(error.code == .denied || error.code == .unsupported) }
    }
  }

  @Test("The protocol's vectors of requests are answered as each says", arguments: AgentBuild.allCases)
  func vectors(build: AgentBuild) async throws {
    for vector in try ProtocolVectors.load("requests") {
      let input = try #require(vector.bytes("input")) + request(4242, .ping)
      let expected = try #require(vector.json["replies"]?.array)
      let replies = try replies(await runAgent(build, ["--stdio"], input: input).output)
      #expect(replies.map { $0.id } == expected.map { $0["id"]?.uint } + [4242], "\(vector)")
      for (reply, expected) in zip(replies, expected) {
        switch reply.outcome {
        case .result(let result): #expect(ProtocolVectors.holds(result, expected["result"] ?? .null), "\(vector)")
        case .error(let error): #expect(error.code.number == expected["error"]?.int, "\(vector)")
        }
      }
    }
  }

  @Test("Two processes have two instances", arguments: AgentBuild.allCases)
  func instances(build: AgentBuild) async throws {
    var instances: Set<String> = []
    for _ in 0..<2 {
      let output = try await runAgent(build, ["--stdio"], input: request(1, .hello, ["nonce": ""])).output
      guard case .result(let hello)? = try replies(output).first?.outcome else { continue }
      instances.insert(try Hello(json: hello).instance)
    }
    #expect(instances.count == 2 && instances.allSatisfy { $0.utf8.count == 32 })
  }

  @Test("A flood of garbage, oversize and bad records does not disturb it", arguments: AgentBuild.allCases)
  func flood(build: AgentBuild) async throws {
    let input =
      [UInt8](repeating: 0x41, count: 1 << 20) + [0x1e] + [UInt8](repeating: 0x42, count: 1 << 20)
      + Array(repeating: Array("\u{1e}{\"\n".utf8), count: 500).flatMap { $0 } + request(9, .ping)
    let outcome = try await runAgent(build, ["--stdio"], input: input)
    #expect(outcome.status == .exited(0))
    let replies = try replies(outcome.output)
    #expect(replies.count == 502)
    #expect(replies.last == Reply(id: 9, .result(.object(JSONObject()))))
  }

  @Test(
    "Every prefix of every vector, and every vector with every byte changed, leaves it in step at the next record",
    arguments: AgentBuild.allCases)
  func disturbed(build: AgentBuild) async throws {
    let disturbances = try Disturbances()
    #expect(disturbances.count > 10_000)
    let folder = FileManager.default.temporaryDirectory.appending(path: "agent-vectors-" + UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (input, output) = (folder.appending(path: "in"), folder.appending(path: "out"))
    try Data(disturbances.input).write(to: input)
    // The answers are too many for a pipe that is kept in memory.
    let result = try await run(
      .name("sh"),
      arguments: [
        "-c", "exec timeout 300 \"$1\" --stdio <\"$2\" >\"$3\"", "sh", try build.requirePath(), input.path, output.path,
      ], output: .discarded, error: .discarded)
    #expect(result.terminationStatus == .exited(0))
    #expect(Disturbances.answered(in: Array(try Data(contentsOf: output))) == disturbances.count)
  }

  @Test("It prints its report as text and as JSON", arguments: AgentBuild.allCases)
  func report(build: AgentBuild) async throws {
    let text = try await runAgent(build, ["--report"])
    #expect(text.status == .exited(0) && text.errorOutput == "")
    #expect(String(decoding: text.output, as: UTF8.self).contains("[/proc/meminfo MemTotal]"))
    let written = try await runAgent(build, ["--report", "--format=json"])
    let json = try JSON(parsing: written.output, limits: .monitor)
    #expect(json["guest.memory"]?["result"]?["total"]?["status"]?.string == "observed")
  }

  @Test("It prints its version and its help", arguments: AgentBuild.allCases)
  func informs(build: AgentBuild) async throws {
    #expect(
      String(decoding: try await runAgent(build, ["--version"]).output, as: UTF8.self).hasPrefix("virt-balloon-agent "))
    let help = try await runAgent(build, ["--help"])
    #expect(help.status == .exited(0))
    #expect(String(decoding: help.output, as: UTF8.self).contains(AgentChannel.portName))
  }

  @Test(
    "A command line that cannot be understood is one line on standard error, and status 64",
    arguments: [
      ["--nothing"], ["report"], ["--format", "json"], ["--report", "--format", "xml"], ["--report", "--format"],
      ["--port"], ["--port="], ["--stdio", "--report"], ["--report", "--report"], ["--stdio=1"], ["-x"], [""],
      ["--\u{1b}[31m\n"],
    ])
  func usage(arguments: [String]) async throws {
    for build in AgentBuild.allCases where build == .ordinary || build.path != nil {
      let outcome = try await runAgent(build, arguments)
      #expect(outcome.status == .exited(64))
      #expect(outcome.output.isEmpty)
      #expect(outcome.errorOutput.hasPrefix("virt-balloon-agent: "))
      #expect(outcome.errorOutput.filter { $0 == "\n" }.count == 1 && !outcome.errorOutput.contains("\u{1b}"))
    }
  }

  @Test("A closed standard output is status 70 and one line", arguments: AgentBuild.allCases)
  func closedOutput(build: AgentBuild) async throws {
    let result = try await run(
      .name("sh"), arguments: ["-c", "\"$0\" --version >/dev/full", try build.requirePath()],
      output: .discarded, error: .string(limit: 4096))
    #expect(result.terminationStatus == .exited(70))
    #expect(result.standardError == "virt-balloon-agent: standard output: No space left on device\n")
  }

  @Test("The static build needs no other file, names none of the building machine's, and is at most 300 KB")
  func staticBuild() throws {
    let program = try Data(contentsOf: URL(filePath: AgentBuild.static.requirePath()))
    #expect(program.count <= 300_000)
    let text = String(decoding: program, as: UTF8.self)
    let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().path
    #expect(!text.contains(package) && !text.contains("/tmp/") && !text.contains("/home/"))
    #expect(!text.contains("ld-linux") && !text.contains("ld-musl"))
  }
}
