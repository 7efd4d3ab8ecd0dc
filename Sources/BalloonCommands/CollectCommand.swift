// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Artefacts
import BalloonEvidence
import Collectors
import Glibc
import Reports
import Rules
import SupportBundle

/// `virt-balloon collect TARGET… -o FILE`
struct CollectCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collect",
    abstract: "Write a support bundle: all evidence, its proof and the diagnosis, for somebody without this host.",
    discussion: """
      The bundle is redacted, fit to be attached to a public issue: names, addresses, paths and whatever else is not \
      known to be harmless are replaced, and what cannot be redacted for sure is left out; --full keeps everything. \
      `virt-balloon analyze FILE` judges it anywhere.

      Interrupted (SIGINT, SIGTERM, SIGHUP) it ends early and writes what it has, marked partial; a second one ends it \
      at once, without a file.

      Exit status: 0 when every target was looked at to the end, 69 when one could not be (what was had is written, \
      marked partial; no file when nothing was had, or no guest runs), 64 usage, 70 when the bundle could not be \
      written; of a signal's when it was interrupted.
      """)

  @Argument(help: "Libvirt domains, proxmox:VMID, qmp:PATH or agent:PATH.")
  var targets: [String] = []

  @Flag(
    help: "Every running guest: of each --connect, or of the default libvirt, and of Proxmox VE where this is its host."
  )
  var all = false

  @Option(
    name: .shortAndLong, help: ArgumentHelp("Where the bundle goes (.tar.gz); - is standard output.", valueName: "file")
  )
  var output: String

  @Flag(help: "Redact nothing, and keep all that was said.")
  var full = false

  @Option(
    help: ArgumentHelp(
      "Watch sizes and statistics for this long, such as 60s; without it, until the statistics advance.",
      valueName: "time"))
  var duration: DurationArgument?

  @Option(help: ArgumentHelp("How often they are read meanwhile.", valueName: "time"))
  var interval = DurationArgument(.seconds(2), "2s")

  @Option(
    help: ArgumentHelp(
      "What was brought from inside the guest: the agent's --report, a probe's answer, any text that analyze reads.",
      valueName: "file"))
  var guestReport: [String] = []

  @OptionGroup var target: TargetOptions
  @OptionGroup var sources: SourceOptions

  func validate() throws {
    guard !output.isEmpty else { throw ValidationError("-o takes a file's name") }
    guard all || !targets.isEmpty else { throw ValidationError("name the guests, or give --all") }
    guard !all || targets.isEmpty else { throw ValidationError("--all is every guest: name none, or leave it out") }
    try target.validate(for: targets, severalConnections: all)
    if all, target.agentSocket != nil { throw ValidationError("--agent-socket belongs to one target: name that alone") }
    guard !(all && sources.guestExec) else { throw ValidationError("--guest-exec runs programs in a guest: name it") }
    try sources.validate(for: targets)
    guard guestReport.isEmpty || targets.count == 1 else {
      throw ValidationError("--guest-report belongs to one guest: name that alone")
    }
    guard !guestReport.contains("") else { throw ValidationError("--guest-report takes a file's name") }
    if let duration, duration.duration > .seconds(3_600) || duration.duration < .milliseconds(250) {
      throw ValidationError("--duration takes a time from 250ms to 1h")
    }
    guard interval.duration >= .milliseconds(250), interval.duration <= .seconds(3_600) else {
      throw ValidationError("--interval takes a time from 250ms to 1h")
    }
  }

  func run() async throws {
    let brought = try GuestReport(guestReport)
    let place = BundleOutput(output)
    do throws(BundleError) { try place.check() } catch { throw Console.fail(error.message, .internalError) }
    let options = CollectionOptions(
      quick: false, monitor: sources.monitor, qemuGA: sources.asksQEMUGA, qemuGASocket: sources.qemuGASocket,
      deadline: target.deadline, duration: duration?.duration, interval: interval.duration, host: true,
      process: true, journals: all ? [] : sources.journals, tool: VirtBalloon.version)
    let found = all ? await GuestSearch(options: target).find() : target.found(targets)
    for lost in found.unreachable { Console.complain(lost.line) }
    if found.guests.isEmpty, found.unreachable.isEmpty {
      throw Console.fail(
        "no guest is running, so there is no bundle; name one to look at it all the same", .unavailable)
    }

    let interruption = Interruption()
    let run = GuestsRun(options: options, target: target, probe: sources.probe())
    var content = await CollectionRun(guests: run).collect(found.guests)
    // From here on it is a matter of milliseconds, and whoever wants it to end at once shall have that.
    let signal = interruption.release()
    content.lost += found.unreachable
    content.form = full ? .full : .shareable
    if content.guests.count == 1 { brought?.join(&content.guests[0]) }
    guard !content.guests.isEmpty else {
      if let signal { Interruption.send(signal) }
      throw ExitCode.unavailable
    }
    let archive: [UInt8]
    do throws(BundleError) { archive = try content.archive() } catch {
      throw Console.fail(error.message, .internalError)
    }
    try place.write(archive)
    if output != "-" { try summarise(content) }
    if let signal { Interruption.send(signal) }
    guard content.isComplete else { throw ExitCode.unavailable }
  }

  /// What was written, and the answer of each guest, in a line.
  private func summarise(_ content: BundleContent) throws {
    var page = "\(output): \(content.guests.count == 1 ? "1 guest" : "\(content.guests.count) guests"), "
    page += full ? "not redacted: do not attach it to a public issue\n" : "redacted\n"
    for record in content.guests {
      page += "  " + VerdictSentence.text(Engine().diagnose(record.evidence), record.evidence) + "\n"
    }
    for target in content.lost { page += "  \(target.line)\n" }
    let lines = page.split(separator: "\n", omittingEmptySubsequences: true)
    try Console.write(
      Array(lines.map { TerminalText.escaped(String($0), unicode: true) + "\n" }.joined().utf8))
  }
}
