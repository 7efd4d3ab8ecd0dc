// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Artefacts
import BalloonEvidence
import Reports
import Rules
import SupportBundle

/// `virt-balloon analyze [FILE…]`
struct AnalyzeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "analyze",
    abstract: "Judge what was pasted or saved: domain XML, dommemstat, monitor replies, a probe's answer.",
    discussion: """
      All files together are taken for one guest. Without a FILE, or with -, standard input is read. Recognised are \
      domain XML (also cut off or shortened), virsh dommemstat, dominfo, domstats, domstate and list, QEMU monitor \
      replies in JSON and the human monitor's info balloon, pci, qtree, virtio, virtio-status and memory_size_summary, \
      QEMU's command line (libvirt's log, ps, qm showcmd), Proxmox's qm config, qm status --verbose and pvesh \
      status/current, qemu-ga's replies, lspci in all its forms, lsmod, /proc/meminfo, free, a Linux kernel's log, \
      reg query, sc query and sc qc, pnputil, Get-PnpDevice and its kin, wmic, driverquery, msinfo32, dxdiag, \
      setupapi.dev.log, Windows' event logs, the device manager's hardware ids, the answers to `virt-balloon probe`, \
      the agent's --report --format json, what diagnose --format json wrote, and registry hives of a Windows that is \
      shut off (SYSTEM, with SOFTWARE, DRIVERS and Amcache.hve where given). \
      Text around them does no harm; --verbose lists the lines that were not understood.

      A support bundle (`virt-balloon collect`) is judged anew by today's rules, each of its guests for itself, and \
      what has changed since it was written is told. --verify only checks that it is as it was written.

      Exit status: as diagnose has it.
      """)

  @Argument(help: "Files; - is standard input.")
  var files: [String] = []

  @Flag(
    help: "Check the digests and the manifest of support bundles, and judge nothing. Exit status 1 when they differ.")
  var verify = false

  @OptionGroup var output: DiagnosisOutputOptions

  func run() throws {
    let bundles = files.filter(BundleAnalysis.isBundle)
    if verify || !bundles.isEmpty { throw try analyze(bundles: bundles) }
    let pasted = PastedEvidence(files, verbose: output.verbose)
    var worst = ExitCode.success
    for complaint in pasted.complaints { worst = worst.worse(Console.fail(complaint.message, complaint.status)) }
    guard let evidence = pasted.evidence else { throw worst }
    try conclude(evidence, atLeast: worst)
  }

  /// Support bundles, which are complete in themselves.
  private func analyze(bundles: [String]) throws -> ExitCode {
    if let other = files.first(where: { !bundles.contains($0) }) ?? (bundles.isEmpty ? "standard input" : nil) {
      let use = verify ? "--verify checks support bundles alone" : "give it apart from the bundles"
      return Console.fail("\(other): is no support bundle; \(use)", ExitCode(64))
    }
    var worst = ExitCode.success
    for path in bundles {
      do throws(BundleError) {
        let analysis = try BundleAnalysis(path)
        if verify {
          worst = worst.worse(try analysis.verify())
          continue
        }
        let reports = try analysis.reports()
        do { try output.requireOneGuest(reports.count) } catch {
          return Console.fail("\(path): tells of \(reports.count) guests: use --format text or json", ExitCode(64))
        }
        for report in reports {
          do { try output.print(report) } catch { return (error as? ExitCode) ?? .internalError }
          worst = worst.worse(ExitCode(report.diagnosis.verdict))
        }
      } catch {
        worst = worst.worse(Console.fail(error.message, .unavailable))
      }
    }
    return worst
  }

  private func conclude(_ evidence: Evidence, atLeast worst: ExitCode = .success) throws {
    let diagnosis = Engine().diagnose(evidence)
    try output.print(DiagnosisReport(diagnosis, evidence))
    throw worst.worse(ExitCode(diagnosis.verdict))
  }
}

extension Analysis {
  /// The most lines of a kind that a report tells of.
  private static let noticeLimit = 32
  private static let verboseLimit = 2_000

  /// What was recognised and what was not, in sentences.
  func notices(verbose: Bool) -> [String] {
    var notices: [String] = []
    let limit = verbose ? Self.verboseLimit : Self.noticeLimit
    for artefact in artefacts.prefix(limit) {
      let why = artefact.failure.map { ", which cannot be read: \($0.detail)" } ?? ""
      notices.append("Recognised: \(artefact.place): \(artefact.kind)\(why).")
    }
    if artefacts.count > limit { notices.append("And \(artefacts.count - limit) more.") }
    guard !unread.isEmpty else { return notices }
    guard verbose else {
      let lines = unread.count == 1 ? "1 line was" : "\(unread.count) lines were"
      notices.append("\(lines) not understood; --verbose lists \(unread.count == 1 ? "it" : "them").")
      return notices
    }
    for line in unread.prefix(limit) { notices.append("Not understood: \(line.place): \(line.text)") }
    if unread.count > limit { notices.append("And \(unread.count - limit) more lines.") }
    return notices
  }
}
