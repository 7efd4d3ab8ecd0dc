// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import CAgentWindows
import WindowsPnP

/// This program as a Windows service.
///
/// It runs as LocalSystem, because virtio-win's driver lets SYSTEM and Administrators alone open a port (vioserial/sys/
/// vioser.inx), without the privileges that it has no use for.
package enum AgentService {
  /// The service's name, and its events' source.
  package static var name: String { "VirtBalloonAgent" }
  private static var title: String { "virt-balloon guest agent" }
  private static var description: String {
    "Answers the host's questions about this guest's memory balloon. It only reads, and runs no commands."
  }
  /// How long to wait for the service to start or stop, in milliseconds.
  private static var patience: Int32 { 30_000 }

  /// Puts the service into the list of services, to start with the system, or changes it there.
  /// - Parameter arguments: what the service manager is to give to this program.
  /// - Returns: settings that this Windows refused, for a person.
  package static func install(arguments: [String]) throws(WindowsError) -> [String] {
    var command = quoted(try wideText(limit: 4096) { vb_win_own_path($0, $1) })
    for argument in arguments { command += " " + quoted(argument) }
    let result = name.withWide { name in
      title.withWide { title in
        description.withWide { description in
          command.withWide { vb_win_install(name, title, description, $0) }
        }
      }
    }
    try check(result)
    let settings: [(vb_win_refused, String)] = [
      (VB_WIN_DESCRIPTION, "the description"), (VB_WIN_DELAYED_START, "the delayed start"),
      (VB_WIN_RESTART, "the restart on failure"), (VB_WIN_SERVICE_SID, "the service's own SID"),
      (VB_WIN_PRIVILEGES, "dropping privileges"), (VB_WIN_EVENT_SOURCE, "the source of its events"),
    ]
    return settings.filter { UInt32(truncatingIfNeeded: result) & $0.0.rawValue != 0 }.map { $0.1 }
  }

  /// Stops the service and takes it out of the list.
  package static func uninstall() throws(WindowsError) {
    do throws(WindowsError) { try stop() } catch {
      guard error.kind != .notFound, error.kind != .denied else { throw error }
      // Even one that hangs is taken out: it goes with the process.
    }
    try check(name.withWide { vb_win_uninstall($0) })
  }

  package static func start() throws(WindowsError) { try check(name.withWide { vb_win_start($0, patience) }) }
  package static func stop() throws(WindowsError) { try check(name.withWide { vb_win_stop($0, patience) }) }

  /// The service's state in a word, and whether it runs.
  package static func state() throws(WindowsError) -> (word: String, isRunning: Bool) {
    let service = try Service(name)
    guard case .value(let status) = service.status else { return ("in a state that could not be read", false) }
    let state = ServiceState(rawValue: status.state)
    return (state?.word ?? "in state " + String(status.state), state == .running)
  }

  /// Runs `body` as the service, on a thread of Windows', and returns when the service has ended.
  package static func run(_ body: @convention(c) () -> Int32) throws(WindowsError) {
    // The name is read until the service has ended.
    try check(name.withWide { vb_win_run_service($0, body) })
  }

  /// Writes one line to the Application log.
  package static func report(_ line: String, isProblem: Bool = false) {
    let severity = isProblem ? VB_WIN_WARNING : VB_WIN_INFORMATION
    name.withWide { name in
      line.withWide { vb_win_report_event(name, Int32(truncatingIfNeeded: severity.rawValue), $0) }
    }
  }

  private static func check(_ result: Int64) throws(WindowsError) {
    guard result >= 0 else { throw WindowsError(result) }
  }

  /// An argument as Windows' programs take it apart: in quotation marks; a backslash counts as two before one of them.
  package static func quoted(_ argument: String) -> String {
    var text = "\""
    var backslashes = 0
    for scalar in argument.unicodeScalars {
      if scalar == "\\" {
        backslashes &+= 1
      } else {
        if scalar == "\"" { text += String(repeating: "\\", count: backslashes &+ 1) }
        backslashes = 0
      }
      text.unicodeScalars.append(scalar)
    }
    return text + String(repeating: "\\", count: backslashes) + "\""
  }
}
