// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import Glibc
import GuestRig
import SupportBundle
import Testing

/// What the commands that read bundles make of one that `collect` wrote: of libvirt's test driver.
@Suite("Commands on a bundle")
struct BundleCommandTests {
  /// Runs `body` with the path of a bundle.
  private func withBundle(
    _ options: String..., isolation: isolated (any Actor)? = #isolation,
    _ body: (ScratchDirectory, String) async throws -> Void
  ) async throws {
    try await ScratchDirectory.with { scratch in
      let path = scratch("bundle.tar.gz")
      let answer = try await Answer(["collect", "--connect", "test:///default", "test", "-o", path] + options)
      #expect(answer.status == 0, "\(answer.complaint)")
      try await body(scratch, path)
    }
  }

  private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

  @Test("Is judged, reported in every form, and checked")
  func reading() async throws {
    try await withBundle { _, path in
      let analysis = try await Answer("analyze", path)
      #expect(analysis.status == 1 && analysis.complaint.isEmpty, "\(analysis.complaint)")
      #expect(!analysis.output.contains("Since virt-balloon"), "the rules are the same")
      let diagnosis = try await Answer("analyze", "--format", "json", path).document()
      #expect(diagnosis.has("balloon.config.stats-period-unset"))
      for format in ["text", "json", "markdown", "html"] {
        let report = try await Answer("report", "--format", format, path)
        #expect(report.status == 1 && report.complaint.isEmpty && !report.output.isEmpty, "\(report.complaint)")
      }
      for tracker in ["virtio-win", "proxmox"] {
        let issue = try await Answer("report", "--for", tracker, path)
        #expect(issue.status == 1 && issue.complaint.isEmpty && issue.output.count > 200, "\(issue.complaint)")
      }
      let nobody = try await Answer("report", "--for", "nobody", path)
      #expect(nobody.status == 64 && nobody.complaint.contains("'virtio-win' and 'proxmox'"))
      let check = try await Answer("analyze", "--verify", path)
      #expect(check.status == 0 && check.complaint.isEmpty)
      #expect(check.output.contains("redacted, complete"), "\(check.output)")
    }
  }

  @Test("A full one becomes a copy for others; the copy is none of a copy, and nothing is written over the bundle")
  func redacting() async throws {
    try await withBundle("--full") { scratch, path in
      let before = try bytes(path)
      let copy = try await Answer("redact", path)
      #expect(copy.status == 0 && copy.complaint.isEmpty, "\(copy.complaint)")
      #expect(copy.output == "\(scratch("bundle.redacted.tar.gz")): redacted\n")
      let bundle = try Bundle(reading: scratch("bundle.redacted.tar.gz"))
      #expect(try bundle.manifest.form == .shareable && bundle.faults().isEmpty)

      let again = try await Answer("redact", scratch("bundle.redacted.tar.gz"))
      again.expectUnavailable("is redacted already, and may be shared as it is")
      symlink(path, scratch("link"))
      link(path, scratch("same"))
      for (name, output) in [
        (path, path), (path, scratch(".") + "/bundle.tar.gz"), (path, scratch("same")), (scratch("link"), path),
      ] {
        let over = try await Answer("redact", name, "-o", output)
        #expect(over.status == 64 && over.output.isEmpty, "\(output): \(over.complaint)")
        #expect(over.complaint.contains("the bundle itself: give the copy another name"), "\(over.complaint)")
      }
      for output in [scratch("missing/x"), "/dev/full", scratch("link")] {
        let refused = try await Answer("redact", scratch("bundle.tar.gz"), "-o", output)
        #expect(refused.status == (output == scratch("link") ? 64 : 70) && refused.output.isEmpty, "\(output)")
      }
      try await Answer("redact", scratch("nothing")).expectUnavailable("No such file or directory")
      #expect(try bytes(path) == before)
    }
  }

  @Test("A changed byte is refused, or told by every command", arguments: ["in the archive", "in a file", "cut off"])
  func changed(_ where: String) async throws {
    try await withBundle("--full") { scratch, path in
      let changed = scratch("changed.tar.gz")
      var bytes = try bytes(path)
      switch `where` {
      case "in the archive":
        bytes[bytes.count / 2] ^= 1
        try Data(bytes).write(to: URL(filePath: changed))
      case "cut off":
        try Data(bytes.prefix(bytes.count / 2)).write(to: URL(filePath: changed))
      default:
        let script = #"gzip -dc "$1" | sed 's/does memory ballooning work?/does memory ballooning work!/' | gzip >"$2""#
        try await Program.check(["sh", "-c", script, "sh", path, changed])
      }
      let check = try await Answer("analyze", "--verify", changed)
      let redacted = try await Answer("redact", changed, "-o", scratch("copy"))
      #expect(redacted.status == 69 && redacted.line != nil, "\(redacted.complaint)")
      #expect(access(scratch("copy"), F_OK) != 0)
      #expect(check.output.isEmpty && check.line != nil, "\(check.complaint)")
      guard `where` == "in a file" else {
        #expect(check.status == 69 || check.status == 1)
        return
      }
      #expect(check.status == 1)
      #expect(check.line?.contains("README.txt: was changed") == true, "\(check.complaint)")
      for command in ["analyze", "report"] {
        let report = try await Answer(command, changed)
        #expect(report.status == 1 && report.complaint.isEmpty)
        let words = report.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("the bundle is not as it was written"), "\(report.output)")
      }
    }
  }
}
