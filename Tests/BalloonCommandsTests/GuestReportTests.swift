// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import GuestRig
import SupportBundle
import Testing

/// `collect --guest-report`, beside a guest of libvirt's test driver.
@Suite("What was brought from inside the guest")
struct GuestReportTests {
  /// A Windows probe's answer whose balloon is disabled: synthesised, see samples/cases/code-22-disabled.
  private static let probe = "\(GuestImage.checkout)/samples/cases/code-22-disabled/probe.txt"

  private func collect(
    _ reports: [String], _ options: [String] = [], in scratch: ScratchDirectory
  ) async throws -> (Answer, Bundle) {
    let path = scratch("bundle.tar.gz")
    let answer = try await Answer(
      ["collect", "--connect", "test:///default", "test", "-o", path] + options
        + reports.flatMap { ["--guest-report", $0] })
    #expect(answer.status == 0, "\(answer.complaint)")
    let bundle = try Bundle(reading: path)
    #expect(try bundle.faults().isEmpty)
    return (answer, bundle)
  }

  @Test("Is judged with what the host says, and filed byte for byte in the full form")
  func probe() async throws {
    try await ScratchDirectory.with { scratch in
      for options in [["--full"], []] {
        let (answer, bundle) = try await collect([Self.probe], options, in: scratch)
        #expect(answer.output.contains("somebody has disabled the balloon"), "\(answer.output)")
        let guest = try #require(try bundle.guests().first)
        #expect(guest.evidence.guest.functions.value?.isEmpty == false)
        #expect(
          guest.evidence.collection.notices.contains(
            "What was brought from inside the guest (--guest-report) completes what it did not tell itself."),
          "\(guest.evidence.collection.notices)")
        let raw = guest.raw.first { $0.question == "guest report" }
        if !options.isEmpty { #expect(try raw?.bytes == Array(Data(contentsOf: URL(filePath: Self.probe)))) }
        let leftOut = try #require(try bundle.collection().targets.first).leftOut
        #expect((raw == nil) == leftOut.contains { $0.question == "guest report" })
      }
    }
  }

  @Test("May be the agent's own report; of two that differ the evidence says so")
  func agent() async throws {
    try await ScratchDirectory.with { scratch in
      let report = try await Program.check([try Program.built("virt-balloon-agent"), "--report", "--format", "json"])
      try Data(report.utf8).write(to: URL(filePath: scratch("agent.json")))
      let (_, alone) = try await collect([scratch("agent.json")], in: scratch)
      #expect(try alone.guests().first?.evidence.guest.osFamily.value == "linux")
      let (_, both) = try await collect([scratch("agent.json"), Self.probe], in: scratch)
      let notices = try both.guests().first?.evidence.collection.notices ?? []
      #expect(notices.contains { $0.contains("windows") && $0.contains("linux") }, "\(notices)")
    }
  }

  /// A diagnosis in JSON with a secret in every text where prose or a source's name stands.
  ///
  /// JSON as this program writes it: a member a line.
  private func planted(_ json: String, _ secrets: inout [String]) -> String {
    var lines: [String] = []
    for line in json.split(separator: "\n", omittingEmptySubsequences: false) {
      let isProse = ["\"detail\" : \"", "\"ask\" : \"", "\"source\" : \""].contains { line.contains($0) }
      guard isProse, let end = line.lastIndex(of: "\"") else {
        lines.append(String(line))
        continue
      }
      let secret = "zqkwx\(secrets.count)vjqpz"
      secrets.append(secret)
      lines.append(line[..<end] + " \(secret)" + line[end...])
    }
    return lines.joined(separator: "\n")
  }

  @Test("Brings no secret of a saved diagnosis or of its own name into the shareable form")
  func planted() async throws {
    try await ScratchDirectory.with { scratch in
      let saved = try await Answer("analyze", "--format", "json", Self.probe)
      #expect(saved.status == 1, "\(saved.complaint)")
      var secrets = ["wombatsecret"]
      let path = scratch("wombatsecret.json")
      try Data(planted(saved.output, &secrets).utf8).write(to: URL(filePath: path))
      #expect(secrets.count > 20)
      let (_, full) = try await collect([path], ["--full"], in: scratch)
      #expect(try await Answer("redact", scratch("bundle.tar.gz")).status == 0)
      let (_, shareable) = try await collect([path], in: scratch)
      func found(_ bundle: Bundle) -> Set<String> {
        var found: Set<String> = []
        for (name, bytes) in bundle.files {
          let text = (name + "\n" + String(decoding: bytes, as: UTF8.self)).lowercased()
          for secret in secrets where text.contains(secret) { found.insert(secret) }
        }
        return found
      }
      #expect(found(full).isSuperset(of: secrets.dropFirst()))
      #expect(found(shareable).isEmpty)
      #expect(found(try Bundle(reading: scratch("bundle.redacted.tar.gz"))).isEmpty)
    }
  }

  @Test("That is missing, empty, no text or nothing that is understood is refused in one line, and nothing is written")
  func refused() async throws {
    try await ScratchDirectory.with { scratch in
      try Data("Dear all, it is slow again.\n".utf8).write(to: URL(filePath: scratch("letter")))
      try Data().write(to: URL(filePath: scratch("empty")))
      for (name, reason) in [
        ("letter", "nothing that is understood here"), ("empty", "nothing that is understood here"),
        ("missing", "No such file or directory"), ("", "Is a directory"),
      ] {
        let answer = try await Answer(
          "collect", "--connect", "test:///default", "test", "-o", scratch("x"), "--guest-report", scratch(name))
        answer.expectUnavailable(reason)
      }
      #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted() == ["empty", "letter"])
    }
  }
}
