// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Glibc
import Libvirt
import Reports

/// The program's root command.
struct VirtBalloon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "virt-balloon",
    abstract: "Does memory ballooning really work in this guest, and if not, why, and what to do?",
    discussion: """
      A TARGET is a libvirt domain (name, UUID or id; --connect chooses the libvirt), proxmox:VMID, a virtual machine \
      of Proxmox VE, qmp:PATH, the socket of a QEMU monitor, or agent:PATH, a socket or terminal with the agent behind \
      it and nothing else.

      Exit status: 0 healthy (notes may be there), 1 a finding of severity warning or problem, 2 inconclusive, \
      64 usage, 69 the target is not available, 70 an error of virt-balloon itself.
      """,
    version: version,
    subcommands: [
      DiagnoseCommand.self, ProbeCommand.self, AnalyzeCommand.self, CollectCommand.self, RedactCommand.self,
      ReportCommand.self, StatsCommand.self, AccountCommand.self, ExerciseCommand.self, ExportCommand.self,
      RulesCommand.self, AgentCommand.self, PCICommand.self,
    ])

  /// The version of this program.
  static let version = "0.1.0"
}

/// Runs the program with the process's arguments, and ends the process.
package func runVirtBalloon() async -> Never {
  if asksLibvirt(CommandLine.arguments.dropFirst()) { Connection.prepare() }
  do {
    var command = try await VirtBalloon.asyncParseAsRoot()
    if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
    end(.success)
  } catch let status as ExitCode {
    end(status)
  } catch {
    // As ArgumentParser itself does it, which would call the final functions.
    let status = VirtBalloon.exitCode(for: error)
    let text = VirtBalloon.fullMessage(for: error)
    if status == .success {
      print(text)
    } else if CommandLine.arguments.contains("--check") {
      // A monitoring system reads no more than the first line, and knows no other status.
      let line = CheckLine(unknown: VirtBalloon.message(for: error))
      print(line.line, terminator: "")
      end(ExitCode(line.status.rawValue))
    } else if !text.isEmpty {
      (text + "\n").withCString { _ = write(STDERR_FILENO, $0, strlen($0)) }
    }
    end(status)
  }
}

/// Ends the process without calling the final functions of libvirt's fifty libraries: they would be read into memory
/// for that, all that they clean up goes with the process, and the libraries may still be loading on another thread,
/// which would then work on what is gone. Output is never left in a buffer but by `print`.
private func end(_ status: ExitCode) -> Never {
  fflush(nil)
  _exit(status.rawValue)
}

/// Whether a command line looks as if libvirt will be needed, which then loads while the arguments are read. A wrong
/// guess costs a few milliseconds.
private func asksLibvirt(_ arguments: ArraySlice<String>) -> Bool {
  let asking = ["account", "collect", "diagnose", "exercise", "stats"]
  guard let command = arguments.first, asking.contains(command) else { return false }
  let others = ["-h", "--help", "--disk", "--from", "--plan", "qmp:", "proxmox:", "agent:"]
  return !arguments.contains { argument in others.contains { argument.hasPrefix($0) } }
}
