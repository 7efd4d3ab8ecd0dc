// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser

/// The program's root command.
struct VirtBalloon: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "virt-balloon",
    abstract: "Does memory ballooning really work in this guest, and if not, why, and what to do?",
    discussion: """
      A TARGET is a libvirt domain (name, UUID or id; --connect chooses the libvirt), or qmp:PATH, the socket of a QEMU \
      monitor.

      Exit status: 0 healthy (notes may be there), 1 a finding of severity warning or problem, 2 inconclusive, 64 usage, \
      69 the target is not available, 70 an error of virt-balloon itself.
      """,
    version: version,
    subcommands: [
      DiagnoseCommand.self, StatsCommand.self, RulesCommand.self, AgentCommand.self, PCICommand.self,
    ])

  /// The version of this program.
  static let version = "0.1.0"
}

/// Runs the program with the process's arguments.
package func runVirtBalloon() async {
  await VirtBalloon.main()
}
