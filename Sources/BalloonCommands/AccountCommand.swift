// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import BalloonEvidence
import Collectors
import Reports
import SupportBundle

/// `virt-balloon account TARGET`
struct AccountCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "account",
    abstract: "Say where a guest's memory is: maximum, balloon, what the guest sees and uses, what the host spends.",
    discussion: """
      Every piece has a source of its own, the host's word or the guest's; what no source names is told as \
      unexplained. libvirt alone gives few pieces, the balloon's statistics more, the agent the rest.

      With --from the account is of what was pasted or saved instead of a guest that runs: what `analyze` reads, \
      support bundles included; - is standard input.

      With --plan it tells what a Linux guest would see before anything is changed, and when it would run out of memory.

      Sizes are powers of 1024, as libvirt's and QEMU's K, M and G are.
      """)

  @Argument(help: "A libvirt domain, proxmox:VMID, qmp:PATH or agent:PATH.")
  var name: String?

  @Option(
    parsing: .upToNextOption, help: ArgumentHelp("Files instead of a TARGET; - is standard input.", valueName: "file"))
  var from: [String] = []

  @OptionGroup var planning: PlanOptions
  @OptionGroup var target: TargetOptions
  @OptionGroup var output: DiagnosisOutputOptions
  @OptionGroup var sources: SourceOptions

  func validate() throws {
    if planning.isGiven {
      guard name == nil, from.isEmpty, !sources.areAsked else {
        throw ValidationError("--plan asks nobody: leave out TARGET, --from and what asks a guest that runs")
      }
      return
    }
    guard (name == nil) != from.isEmpty else {
      throw ValidationError("name a TARGET, or give files with --from: one of the two")
    }
    guard from.isEmpty || !sources.areAsked else {
      throw ValidationError("--from reads files alone: leave out what asks a guest that runs")
    }
    let names = [name].compactMap { $0 }
    try target.validate(for: names)
    try sources.validate(for: names)
  }

  func run() async throws {
    if let plan = planning.report { return try output.print(plan) }
    guard let name else { throw try accountOfFiles() }
    let collector = GuestCollector(
      CollectionOptions(
        quick: true, monitor: sources.monitor, qemuGA: sources.asksQEMUGA, qemuGASocket: sources.qemuGASocket,
        deadline: target.deadline, host: true, process: true, journals: sources.journals, tool: VirtBalloon.version),
      probe: sources.probe())
    let evidence: Evidence
    do throws(TargetError) { evidence = try await collector.collect(TargetName(name), target) } catch {
      throw Console.fail(error.message, .unavailable)
    }
    try output.print(AccountReport(evidence))
  }

  /// What was pasted or saved; each guest of a bundle for itself.
  private func accountOfFiles() throws -> ExitCode {
    let bundles = from.filter(BundleAnalysis.isBundle)
    guard bundles.isEmpty else { return try account(ofBundles: bundles) }
    let pasted = PastedEvidence(from, verbose: output.verbose)
    var worst = ExitCode.success
    for complaint in pasted.complaints { worst = worst.worse(Console.fail(complaint.message, complaint.status)) }
    if let evidence = pasted.evidence { try output.print(AccountReport(evidence)) }
    return worst
  }

  /// Support bundles, which are complete in themselves.
  private func account(ofBundles bundles: [String]) throws -> ExitCode {
    if let other = from.first(where: { !bundles.contains($0) }) {
      return Console.fail("\(other): is no support bundle; give it apart from the bundles", ExitCode(64))
    }
    var worst = ExitCode.success
    for path in bundles {
      let guests: [Evidence]
      do throws(BundleError) { guests = try BundleAnalysis(path).evidence() } catch {
        worst = worst.worse(Console.fail(error.message, .unavailable))
        continue
      }
      do { try output.requireOneGuest(guests.count * bundles.count) } catch {
        return Console.fail("more than one guest is told of: use --format text or json", ExitCode(64))
      }
      for evidence in guests { try output.print(AccountReport(evidence)) }
    }
    return worst
  }
}
