// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import Reports
import SupportBundle

/// `virt-balloon redact BUNDLE`
struct RedactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "redact",
    abstract: "Make a copy of a support bundle that is fit to be shared.",
    discussion: """
      Names, UUIDs, addresses, paths, passwords and whatever else is not known to be harmless become tokens, the same \
      token for the same value; redactions.json in the copy says how many of which kind stood where. What `collect` \
      writes without --full is such a copy already.

      Exit status: 0 when the copy was written, 69 when the bundle cannot be read, was changed or is redacted already, \
      64 usage, 70 when the copy could not be written.
      """)

  @Argument(help: "A bundle that `collect --full` wrote.")
  var bundle: String

  @Option(name: .shortAndLong, help: ArgumentHelp("Where the copy goes; - is standard output.", valueName: "file"))
  var output: String?

  /// `a.tar.gz` becomes `a.redacted.tar.gz`.
  private var copy: String {
    if let output { return output }
    for end in [".tar.gz", ".tgz"] where bundle.hasSuffix(end) { return bundle.dropLast(end.count) + ".redacted" + end }
    return bundle + ".redacted.tar.gz"
  }

  func validate() throws {
    guard !bundle.isEmpty, output?.isEmpty != true else { throw ValidationError("name a file") }
    guard copy != bundle else { throw ValidationError("-o names the bundle itself: give the copy another name") }
  }

  func run() throws {
    let place = BundleOutput(copy)
    guard !place.isSameFile(as: bundle) else {
      throw Console.fail("\(copy): is the bundle itself: give the copy another name", ExitCode(64))
    }
    do throws(BundleError) { try place.check() } catch { throw Console.fail(error.message, .internalError) }
    let archive: [UInt8]
    do throws(BundleError) {
      let original = try Bundle(reading: bundle)
      if let fault = try original.faults().first {
        throw BundleError(
          .damaged, "\(bundle): \(fault.path): \(fault.message); it is not what was collected, so no copy is made of it"
        )
      }
      guard original.manifest.form == .full else {
        throw BundleError(.refused, "\(bundle): is redacted already, and may be shared as it is")
      }
      let content = try original.content(form: .shareable, tool: VirtBalloon.version)
      archive = try content.archive()
    } catch {
      throw Console.fail(error.message, .unavailable)
    }
    try place.write(archive)
    guard copy != "-" else { return }
    try Console.write(Array((TerminalText.escaped("\(copy): redacted", unicode: true) + "\n").utf8))
  }
}
