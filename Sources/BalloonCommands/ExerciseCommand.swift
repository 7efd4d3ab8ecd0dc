// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import BalloonEvidence
import Collectors
import Exercise
import Glibc
import Reports
import Rules

/// `virt-balloon exercise TARGET`
struct ExerciseCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "exercise",
    abstract: "Inflate and deflate a guest's balloon, measure what follows, and put everything back.",
    discussion: """
      This changes the guest: it is asked for memory in steps, down to a floor that leaves it at least 256 MiB (or a \
      tenth of its size) available by its own word, twice that where it is not known to be Linux, and then gets \
      everything back. It stops as soon as the guest feels it: less available than that, swapping, page faults that \
      wait for a disk, a program killed. A driver that stops by itself, as Windows' does when memory is low, is not \
      pushed. Where nobody in the guest serves the balloon, one step of 16 MiB proves that.

      The original size is asked for again whatever happens. Should the program be killed, a journal on disk has it: \
      the next exercise of this guest begins with putting it back, and --restore does only that.

      Exit status: as diagnose; 70 when the original size could not be put back.
      """)

  @Argument(help: "A libvirt domain, proxmox:VMID or qmp:PATH.")
  var name: String?

  @Flag(name: .shortAndLong, help: "Do not ask whether to begin.")
  var yes = false

  @Flag(help: "Only put back what an exercise that was killed has left: of this TARGET, or of every one.")
  var restore = false

  @Option(
    help: ArgumentHelp(
      "Go no further down than this, such as 768M; needed where the guest's statistics cannot be trusted.",
      valueName: "size"))
  var downTo: SizeArgument?

  @Flag(help: "Ask QEMU's monitor through libvirt: the device's own status. Taints the domain (custom-monitor).")
  var monitor = false

  @OptionGroup var target: TargetOptions
  @OptionGroup var output: DiagnosisOutputOptions

  @Option(help: ArgumentHelp("Where the journal is kept, for trials.", visibility: .hidden))
  var journalDirectory: String?

  func validate() throws {
    guard let name else {
      guard restore else { throw ValidationError("name the guest whose balloon is to be moved") }
      guard downTo == nil else { throw ValidationError("--restore goes up only: leave --down-to out") }
      return
    }
    try target.validate(for: [name])
    if case .agent = TargetName(name) {
      throw ValidationError(
        "agent: leads to the agent alone, and the host moves the balloon: name the guest on its host")
    }
    guard !target.readOnly else { throw ValidationError("a read-only connection moves no balloon: leave -r out") }
    guard !restore || downTo == nil else { throw ValidationError("--restore goes up only: leave --down-to out") }
    guard yes || restore || isatty(STDIN_FILENO) == 1 else {
      throw ValidationError("this changes the guest, and there is no terminal to ask whether it may: give --yes")
    }
  }

  func run() async throws {
    let directory: String
    do throws(JournalError) {
      directory = if let journalDirectory { journalDirectory } else { try JournalFile.directory() }
    } catch { throw Console.fail(error.message, .internalError) }
    guard let name else { throw await restoreAll(directory) }
    let session = ExerciseSession(
      name: name, target: target, directory: directory, monitor: monitor, downTo: downTo?.bytes)
    if restore { throw await session.restoreOnly() }
    let evidence: Evidence
    let signal: Int32?
    do throws(ExerciseSession.End) { (evidence, signal) = try await session.exercise(asks: !yes) } catch {
      if let message = error.message { Console.complain(message) }
      throw error.status
    }
    let diagnosis = Engine().diagnose(evidence)
    try output.print(DiagnosisReport(diagnosis, evidence))
    var status = ExitCode(diagnosis.verdict)
    if let exercise = evidence.exercise, !exercise.restored {
      let why = exercise.restoreFailure?.detail ?? "nobody knows why"
      if exercise.restoreFailure?.reason == .ended {
        status = Console.fail("\(name): \(why): there is nothing to put back", .unavailable)
      } else {
        status = Console.fail(
          "\(name): the original size of \(exercise.original >> 20) MiB is NOT back: \(why); "
            + "run virt-balloon exercise --restore", .internalError)
      }
    }
    if let signal { Interruption.send(signal) }
    throw status
  }

  /// Puts back what every journal says, one after the other.
  private func restoreAll(_ directory: String) async -> ExitCode {
    let entries: [JournalEntry]
    do throws(JournalError) { entries = try JournalFile.all(in: directory) } catch {
      return Console.fail(error.message, .internalError)
    }
    guard !entries.isEmpty else {
      Console.complain("no exercise was left unfinished")
      return .success
    }
    var worst = ExitCode.success
    for entry in entries {
      var options = target
      if options.connections.isEmpty, let connect = entry.connect { options.connections = [connect] }
      let session = ExerciseSession(
        name: entry.target, target: options, directory: directory, monitor: false, downTo: nil)
      worst = worst.worse(await session.restoreOnly(entry))
    }
    return worst
  }
}
