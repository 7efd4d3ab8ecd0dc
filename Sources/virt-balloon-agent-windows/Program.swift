// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import AgentWindows

/// The agent for Windows guests: reads its command line, and serves, reports, or manages its service.
enum Program {
  static let name = "virt-balloon-agent"
  static let version = "0.1.0"

  /// Exit statuses, as sysexits.h numbers them, and those of an init script's `status`.
  enum Status {
    static let success: Int32 = 0
    static let failedCheck: Int32 = 1
    static let notRunning: Int32 = 3
    static let notInstalled: Int32 = 4
    static let usage: Int32 = 64
    static let failure: Int32 = 70
  }

  /// Runs the program.
  /// - Parameter arguments: the command line without the program's name.
  /// - Returns: the exit status.
  static func run(arguments: [String]) -> Int32 {
    StandardStreams.allowNoDialogs()
    let options: Options
    do throws(Options.UsageError) { options = try Options(arguments: arguments) } catch {
      log(error.message + " (--help tells more)")
      return Status.usage
    }
    switch options.action {
    case .serve(let target):
      var server = PortServer(target, agent: agent) { log($0) }
      server.run()
      return Status.success
    case .serveStandardStreams:
      return finish(StandardStreams.serve(agent))
    case .report(let json):
      let report = GuestReport(of: WindowsPlatform(), identity: identity)
      return print(json ? report.json.bytes + [0x0a] : Array(report.text.utf8))
    case .version:
      return print(name + " " + version + "\n")
    case .help:
      return print(Options.help)
    case .selfCheck:
      var check = SelfCheck { _ = print($0 + "\n") }
      check.run(port: .name(AgentChannel.portName))
      return check.hasPassed ? Status.success : Status.failedCheck
    case .install(let port): return ServiceCommands.install(port)
    case .uninstall: return ServiceCommands.uninstall()
    case .start: return ServiceCommands.start()
    case .stop: return ServiceCommands.stop()
    case .status: return ServiceCommands.status()
    case .runService(let port): return ServiceCommands.run(port)
    }
  }

  private static var identity: AgentIdentity {
    AgentIdentity(name: name, version: version, random: StandardStreams.randomBytes())
  }

  static var agent: Agent<WindowsPlatform> { Agent(platform: WindowsPlatform(), identity: identity) }

  static func print(_ text: String) -> Int32 { print(Array(text.utf8)) }
  private static func print(_ bytes: [UInt8]) -> Int32 { finish(StandardStreams.print(bytes)) }

  private static func finish(_ problem: String?) -> Int32 {
    guard let problem else { return Status.success }
    log(problem)
    return Status.failure
  }

  static func log(_ line: String) { StandardStreams.log(name + ": " + line) }
}
