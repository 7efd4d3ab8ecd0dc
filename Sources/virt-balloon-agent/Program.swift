// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentLinux
import AgentProtocol

/// The agent for Linux guests: reads its command line, and serves or reports.
enum Program {
  static let name = "virt-balloon-agent"
  static let version = "0.1.0"

  /// Exit statuses, as sysexits.h numbers them.
  private enum Status {
    static let success: Int32 = 0
    static let usage: Int32 = 64
    static let failure: Int32 = 70
  }

  /// Runs the program.
  /// - Parameter arguments: the command line without the program's name.
  /// - Returns: the exit status.
  static func run(arguments: [String]) -> Int32 {
    StandardStreams.ignoreBrokenPipes()
    let options: Options
    do throws(Options.UsageError) { options = try Options(arguments: arguments) } catch {
      log(error.message + " (--help tells more)")
      return Status.usage
    }
    let platform = LinuxPlatform()
    let identity = AgentIdentity(name: name, version: version, random: StandardStreams.randomBytes())
    switch options.action {
    case .serve(let target):
      var server = PortServer(target, agent: Agent(platform: platform, identity: identity)) { log($0) }
      server.run()
    case .serveStandardStreams:
      return finish(StandardStreams.serve(Agent(platform: platform, identity: identity)))
    case .report(let json):
      let report = GuestReport(of: platform, identity: identity)
      return finish(StandardStreams.print(json ? report.json.bytes + [0x0a] : Array(report.text.utf8)))
    case .version:
      return finish(StandardStreams.print(Array((name + " " + version + "\n").utf8)))
    case .help:
      return finish(StandardStreams.print(Array(Options.help.utf8)))
    }
  }

  private static func finish(_ problem: String?) -> Int32 {
    guard let problem else { return Status.success }
    log(problem)
    return Status.failure
  }

  private static func log(_ line: String) { StandardStreams.log(name + ": " + line) }
}
