// SPDX-License-Identifier: BSD-3-Clause
import AgentWindows

/// The actions that manage the agent's Windows service, and the service itself.
enum ServiceCommands {
  static func install(_ port: PortTarget?) -> Int32 {
    var arguments = ["--service"]
    if let port { arguments += ["--port", port.text] }
    return attempt { () throws(WindowsError) in
      for setting in try AgentService.install(arguments: arguments) {
        Program.log("this Windows refused " + setting)
      }
      return "is installed; --start starts it now, Windows does at its next start"
    }
  }

  static func uninstall() -> Int32 {
    attempt { () throws(WindowsError) in
      try AgentService.uninstall()
      return "is uninstalled"
    }
  }

  static func start() -> Int32 {
    attempt { () throws(WindowsError) in
      try AgentService.start()
      return "is running"
    }
  }

  static func stop() -> Int32 {
    attempt { () throws(WindowsError) in
      try AgentService.stop()
      return "is stopped"
    }
  }

  static func status() -> Int32 {
    do throws(WindowsError) {
      let state = try AgentService.state()
      let printed = Program.print(AgentService.name + " is " + state.word + "\n")
      return state.isRunning || printed != Program.Status.success ? printed : Program.Status.notRunning
    } catch {
      guard error.kind == .notFound else { return failure(error) }
      let printed = Program.print(AgentService.name + " is not installed\n")
      return printed == Program.Status.success ? Program.Status.notInstalled : printed
    }
  }

  private static func attempt(_ body: () throws(WindowsError) -> String) -> Int32 {
    do throws(WindowsError) { return Program.print(AgentService.name + " " + (try body()) + "\n") } catch {
      return failure(error)
    }
  }

  private static func failure(_ error: WindowsError) -> Int32 {
    let hint = error.kind == .denied ? "; run this as an administrator" : ""
    Program.log(AgentService.name + ": " + error.words + hint)
    return Program.Status.failure
  }

  // MARK: The service

  /// Where the service serves. Windows calls the service back on a thread of its own, with nothing to hand this over;
  /// it is written once, before.
  nonisolated(unsafe) private static var port = PortTarget.name("")

  static func run(_ port: PortTarget) -> Int32 {
    self.port = port
    do throws(WindowsError) {
      try AgentService.run {
        var server = PortServer(ServiceCommands.port, agent: Program.agent) { AgentService.report($0) }
        server.run()
        return Program.Status.success
      }
      return Program.Status.success
    } catch {
      // ERROR_FAILED_SERVICE_CONTROLLER_CONNECT.
      let hint = error.code == 1063 ? "; --service is for the service manager" : ""
      Program.log(error.words + hint)
      return Program.Status.failure
    }
  }
}
