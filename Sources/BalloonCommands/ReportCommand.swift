// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Reports
import Rules
import SupportBundle

/// `virt-balloon report BUNDLE`
struct ReportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "report",
    abstract: "Print what a support bundle says, as it was judged when it was written.",
    discussion: """
      With --for it is the text of a new issue in that tracker's own form, filled in as far as the bundle knows. \
      `virt-balloon analyze` judges a bundle anew.

      Exit status: as diagnose has it.
      """)

  @Argument(help: "A bundle that `collect` wrote.")
  var bundle: String

  @Option(
    name: .customLong("for"),
    help: ArgumentHelp("A new issue for virtio-win or proxmox, in Markdown.", valueName: "tracker"))
  var tracker: Tracker?

  @OptionGroup var output: DiagnosisOutputOptions

  func run() throws {
    let reports: [DiagnosisReport]
    do throws(BundleError) { reports = try BundleAnalysis(bundle).reportsAsWritten() } catch {
      throw Console.fail(error.message, .unavailable)
    }
    if tracker == nil { try output.requireOneGuest(reports.count) }
    var worst = ExitCode.success
    for report in reports {
      if let tracker { try Console.write(report.issue(for: tracker)) } else { try output.print(report) }
      worst = worst.worse(ExitCode(report.diagnosis.verdict))
    }
    throw worst
  }
}

extension Tracker: ExpressibleByArgument {}
