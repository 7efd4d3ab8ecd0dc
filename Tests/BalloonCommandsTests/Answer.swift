// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import FoundationEssentials
import GuestRig
import Testing

/// What the built program answered to a command line.
struct Answer {
  let status: Int32
  let output: String
  let complaint: String
  /// The most memory that it held, in KiB; `nil` where that was not measured.
  var peak: Int?

  private init(status: Int32, output: String, complaint: String, peak: Int?) {
    (self.status, self.output, self.complaint, self.peak) = (status, output, complaint, peak)
  }

  /// Runs the program of this build.
  /// - Parameters:
  ///   - wrapper: what runs it: `setpriv …`, a shell.
  ///   - limit: the time after which it counts as hung, which is an error.
  init(
    _ arguments: String..., wrapper: [String] = [], environment: [String: String] = [:],
    within limit: Duration = .seconds(60)
  ) async throws {
    try await self.init(arguments, wrapper: wrapper, environment: environment, within: limit)
  }

  /// Runs the program of this build, with as many arguments as there are.
  init(
    _ arguments: [String], wrapper: [String] = [], environment: [String: String] = [:],
    within limit: Duration = .seconds(60)
  ) async throws {
    let assignments = environment.map { "\($0.key)=\($0.value)" }
    let outcome = try await Program.run(
      ["env"] + assignments + wrapper + [try Program.built("virt-balloon")] + arguments, within: limit)
    (status, output, complaint) = (outcome.status, outcome.output, outcome.errorOutput)
  }

  /// Runs the program and measures the most memory that it held.
  init(measuring arguments: [String], within limit: Duration = .seconds(60)) async throws {
    let program = try Program.built("virt-balloon")
    let (outcome, peak) = try await ScratchDirectory.with { scratch in
      let outcome = try await Program.run(
        ["python3", "-c", Self.measure, scratch("peak"), program] + arguments, within: limit)
      return (outcome, Int(scratch.tail("peak")))
    }
    (status, output, complaint) = (outcome.status, outcome.output, outcome.errorOutput)
    self.peak = peak
  }

  /// getrusage(2) of one child: the kernel's own high-water mark, which polling /proc could miss.
  private static let measure = """
    import os, sys
    child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
    _, status, usage = os.wait4(child, 0)
    open(sys.argv[1], "w").write(str(usage.ru_maxrss))
    sys.exit(os.waitstatus_to_exitcode(status) % 256)
    """

  /// The lines on standard error.
  var lines: [Substring] { complaint.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }

  /// The one line on standard error, when it is one, whole and ours.
  var line: String? {
    guard let line = lines.first, lines.count == 1, complaint.hasSuffix("\n"), line.hasPrefix("virt-balloon: ") else {
      return nil
    }
    return String(line)
  }

  /// Expects the target to be unavailable: one line which says one of `reasons`, status 69, no report.
  func expectUnavailable(_ reasons: String..., location: SourceLocation = #_sourceLocation) {
    #expect(status == 69, "\(complaint)", sourceLocation: location)
    #expect(output.isEmpty, sourceLocation: location)
    #expect(reasons.contains { line?.contains($0) == true }, "\(complaint)", sourceLocation: location)
    #expect(Self.isSafe(complaint), sourceLocation: location)
  }

  /// The answer without what libxml2 wrote on its own account: libvirt's test driver parses its nodes in the program's
  /// own process, without taking libxml2's messages. No other driver that is used here does.
  func withoutParserMessages() -> Answer {
    let ours = lines.filter { $0.hasPrefix("virt-balloon: ") }.map { $0 + "\n" }.joined()
    return Answer(status: status, output: output, complaint: ours, peak: peak)
  }

  /// Whether a terminal shows `text` as it is: no control but line feeds, nothing that reorders.
  ///
  /// Written apart from the program's own idea of it.
  static func isSafe(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.value {
      case 0x0a: true
      case 0..<0x20, 0x7f...0x9f, 0x200b...0x200f, 0x2028...0x202e, 0x2060...0x206f, 0xfeff: false
      default: true
      }
    }
  }

  /// The report, when it is a diagnosis in JSON.
  func document() throws -> DiagnosisDocument {
    try JSONDecoder().decode(DiagnosisDocument.self, from: Data(output.utf8))
  }
}

/// A diagnosis in JSON, as far as these tests read it.
struct DiagnosisDocument: Decodable {
  struct Finding: Decodable {
    let id: String
    let severity: String
  }
  let verdict: String
  let findings: [Finding]
  let evidence: Evidence

  func has(_ id: String) -> Bool { findings.contains { $0.id == id } }
}
