// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Testing

/// What `virt-balloon diagnose` is to say of a guest: its exit status, its verdict, and its findings to the last.
struct DiagnosisExpectation: Sendable {
  var exitStatus: Int32
  var verdict: String
  /// The ids of the findings that stand on their own.
  var findings: Set<String>

  static let healthy = healthy()
  /// Nothing to mend; `notes` may be there.
  static func healthy(_ notes: String...) -> Self { Self(exitStatus: 0, verdict: "healthy", findings: Set(notes)) }
  static func warning(_ findings: String...) -> Self {
    Self(exitStatus: 1, verdict: "warning", findings: Set(findings))
  }
  static func problem(_ findings: String...) -> Self {
    Self(exitStatus: 1, verdict: "problem", findings: Set(findings))
  }
  /// Not to be told from what there is.
  static func open(_ notes: String...) -> Self {
    Self(exitStatus: 2, verdict: "inconclusive", findings: Set(notes))
  }

  /// Diagnoses `guest` over its monitor's socket; the agent's socket is left for the program to find.
  func check(_ guest: Guest, _ comment: Comment) async throws {
    try await check(["qmp:\(guest.monitorPath)"], comment)
  }

  /// Runs `diagnose` with these arguments, and gives what it said.
  @discardableResult
  func check(_ arguments: [String], _ comment: Comment) async throws -> RigJSON {
    let outcome = try await Diagnosis.run(arguments)
    #expect(outcome.status == exitStatus, "\(comment): \(outcome.errorOutput)")
    let report = try Diagnosis.parse(outcome)
    #expect(report["verdict"]?.string == verdict, comment)
    #expect(Diagnosis.findings(report) == findings, comment)
    return report
  }
}

/// The program under test.
enum Diagnosis {
  static func run(_ arguments: [String]) async throws -> Program.Outcome {
    try await Program.run([Program.built("virt-balloon"), "diagnose", "--format", "json"] + arguments)
  }
  static func parse(_ outcome: Program.Outcome) throws -> RigJSON {
    try JSONDecoder().decode(RigJSON.self, from: Data(outcome.output.utf8))
  }
  static func findings(_ report: RigJSON) -> Set<String> {
    Set(report["findings"]?.elements.compactMap { $0["id"]?.string } ?? [])
  }
}
