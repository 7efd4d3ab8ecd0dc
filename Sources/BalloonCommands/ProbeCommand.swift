// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Artefacts

/// `virt-balloon probe [windows|linux]`
struct ProbeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Print what to paste into a guest that has no agent; `analyze -` reads the answer.",
    discussion: """
      The paste only reads: the registry and the service manager in Windows, sysfs and procfs in Linux. Copy \
      everything that it prints, whatever stands around it, and give it to `virt-balloon analyze -`.
      """)

  enum System: String, CaseIterable, ExpressibleByArgument { case windows, linux }

  @Argument(help: "windows or linux.")
  var system: System = .windows

  func run() throws {
    let script =
      switch system {
      // A command prompt takes either line end; a file saved for it wants its own.
      case .windows: ProbeScript.windows
      case .linux: ProbeScript.linux
      }
    try Console.write(Array(script.utf8))
  }
}
