// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import BalloonEvidence
import Collectors
import Reports

/// `virt-balloon stats TARGET`
struct StatsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Show the balloon's size and statistics from every source, with their age.")

  @Argument(help: "A libvirt domain, proxmox:VMID, qmp:PATH or agent:PATH.")
  var name: String

  @OptionGroup var target: TargetOptions
  @OptionGroup var output: OutputOptions

  @Option(help: ArgumentHelp("Show them again every so many seconds, until interrupted.", valueName: "seconds"))
  var watch: Double?

  func validate() throws {
    try target.validate(for: [name])
    if let watch, !(watch.isFinite && watch >= 0.1 && watch <= 86_400) {
      throw ValidationError("--watch takes a number of seconds from 0.1 to 86400")
    }
  }

  func run() async throws {
    let collector = GuestCollector(
      CollectionOptions(quick: true, monitor: false, deadline: target.deadline, tool: VirtBalloon.version))
    while true {
      let evidence: Evidence
      do throws(TargetError) { evidence = try await collector.collect(TargetName(name), target) } catch {
        throw Console.fail(error.message, .unavailable)
      }
      try output.print(StatisticsReport(evidence))
      guard let watch else { return }
      try await Task.sleep(for: .milliseconds(Int64(watch * 1_000)))
    }
  }
}
