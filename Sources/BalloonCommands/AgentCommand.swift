// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import ArgumentParser
import BalloonEvidence
import Collectors
import GuestLink
import Reports
import Transports

/// `virt-balloon agent ping|info|call|conformance`
struct AgentCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "agent", abstract: "Talk to the agent inside a guest.",
    subcommands: [AgentPing.self, AgentInfo.self, AgentCall.self, AgentConformance.self])
}

/// Which agent is meant: a libvirt domain's, or the one behind a socket.
struct AgentOptions: ParsableArguments {
  @Argument(help: "A libvirt domain, or agent:PATH. Not needed with --agent-socket.")
  var name: String?

  @OptionGroup var target: TargetOptions

  func validate() throws {
    switch (name.map(TargetName.init), target.agentSocket) {
    case (.agent(""), _): throw ValidationError("agent: takes the path of a socket or a terminal")
    case (.agent?, _?): throw ValidationError("agent: names the channel: leave --agent-socket out")
    case (nil, nil), (.monitor?, nil):
      throw ValidationError("name a libvirt domain, or give --agent-socket PATH")
    case (.domain?, _?): throw ValidationError("a domain has its own channel: leave --agent-socket out")
    default: break
    }
  }

  /// The path of the channel, when it was given.
  private var path: String? {
    if case .agent(let path)? = name.map(TargetName.init) { return path }
    return target.agentSocket
  }

  /// Opens the channel. The caller owns it: it is closed with its last reference.
  func reach() async throws(TransportError) -> any Transport {
    if let path {
      return try await UnixSocket.connect(to: path, until: .now + target.deadline)
    }
    do throws(TargetError) {
      return try await LibvirtSession.openAgentChannel(name ?? "", uri: target.connect, deadline: target.deadline)
    } catch {
      throw TransportError(.system, error.message)
    }
  }

  /// As ``reach()``; whatever prevents it ends the program with one line.
  func open() async throws -> any Transport {
    do throws(TransportError) { return try await reach() } catch { throw Console.fail(error.message, .unavailable) }
  }

  /// Runs one conversation; what an agent does wrong ends it with one line.
  func talk<Value>(_ body: (AgentClient) async throws -> Value) async throws -> Value {
    let limits = LinkLimits(hello: min(target.deadline, .seconds(3)), call: target.deadline)
    let channel = try await open()
    let result: Result<Value, any Error>
    do { result = .success(try await body(AgentClient(channel, limits: limits))) } catch { result = .failure(error) }
    await channel.close(until: .now + target.deadline)
    do { return try result.get() } catch let error as LinkError {
      throw Console.fail("\(target.agentSocket ?? name ?? "agent"): \(error)", .unavailable)
    }
  }
}

struct AgentPing: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "ping", abstract: "Measure how long the agent takes to answer.")
  @OptionGroup var agent: AgentOptions
  @Option(name: [.customShort("n"), .long], help: "How many times.") var count = 1

  func validate() throws {
    guard 1...1_000_000 ~= count else { throw ValidationError("--count takes a number from 1 to 1000000") }
  }

  func run() async throws {
    try await agent.talk { client in
      _ = try await client.hello()
      var times: [Duration] = []
      for _ in 0..<count { times.append(try await client.ping()) }
      times.sort()
      let median = times[times.count / 2].components.attoseconds / 1_000_000_000_000
      let line = "\(count) answered, median \(times[times.count / 2].components.seconds * 1_000_000 + median) µs\n"
      try Console.write(Array(line.utf8))
    }
  }
}

struct AgentInfo: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info", abstract: "Show who answers and what it tells of the guest.")
  @OptionGroup var agent: AgentOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    let report = try await agent.talk { client in
      let start = ContinuousClock.now
      let hello = try await client.hello()
      let took = ContinuousClock.now - start
      let guest = await AgentCollector(clock: .system, deadline: agent.target.deadline).facts(hello, client)
      return AgentReport(hello, guest, roundTrip: took)
    }
    try output.print(report)
  }
}

struct AgentCall: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call", abstract: "Call one method and print its result as JSON.")
  @OptionGroup var agent: AgentOptions
  @Option(help: ArgumentHelp("The method, such as guest.memory.", valueName: "name")) var method: String
  @Option(help: ArgumentHelp("Its parameters, a JSON object.", valueName: "json")) var params: String?

  func run() async throws {
    var parameters: JSONObject?
    if let params {
      guard let object = try? JSON(parsing: Array(params.utf8), limits: .request).object else {
        throw ValidationError("--params takes a JSON object")
      }
      parameters = object
    }
    let result = try await agent.talk { try await $0.call(Method(method), parameters) }
    try Console.write(result.bytes + [UInt8(ascii: "\n")])
  }
}

struct AgentConformance: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "conformance", abstract: "Check an agent against the protocol's specification.",
    discussion: "Exit status: 0 when every check passed, 1 when one failed.")
  @OptionGroup var agent: AgentOptions
  @OptionGroup var output: OutputOptions

  func run() async throws {
    // An agent that cannot be reached is told from one that misbehaves.
    await (try await agent.open()).close(until: .now + agent.target.deadline)
    let results = await Conformance { () async throws(TransportError) in try await agent.reach() }.run()
    let report = ConformanceReport(
      subject: agent.target.agentSocket ?? agent.name ?? "agent",
      checks: results.map {
        ConformanceReport.Check(
          name: $0.id, section: $0.section, passed: $0.verdict == .passed,
          detail: $0.verdict == .passed ? $0.seen : "\($0.demand): \($0.seen)")
      })
    try output.print(report)
    guard report.passed else { throw ExitCode(1) }
  }
}
