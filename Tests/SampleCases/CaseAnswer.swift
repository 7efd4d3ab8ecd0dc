// SPDX-License-Identifier: GPL-3.0-or-later
package import Artefacts
import FoundationEssentials
import GuestRig
import Reports
package import Rules

/// What the program says to a case.
package enum CaseAnswer: Sendable {
  case diagnosis(Diagnosis)
  /// The code of what it refuses the files with.
  case refused(String)

  /// Analyses a case as `virt-balloon analyze FILE…` does: the files' texts together, then the engine.
  /// - Parameter program: the path of the built program, which is run where a case has registry hives.
  package init(_ sample: SampleCase, program: String?) async throws {
    if sample.files.contains(where: \.isHive) {
      guard let program else { throw CaseError(sample.name, "has hives, which need the built program") }
      self = .diagnosis(try await Self.run(program, sample))
      return
    }
    do throws(ArtefactError) {
      self = .diagnosis(Engine().diagnose(try Self.analyze(sample.files.map { ($0.name, $0.bytes) }).evidence))
    } catch {
      self = .refused(error.code.rawValue)
    }
  }

  /// When the cases are looked at: long after everything in them.
  package static let now = 2_000_000_000.0

  /// What all files say together.
  package static func analyze(_ files: [(name: String, bytes: [UInt8])]) throws(ArtefactError) -> Analysis {
    var texts: [ArtefactText] = []
    for file in files { texts.append(try ArtefactText(name: file.name, file.bytes)) }
    return try Analysis(texts, tool: "test", now: now)
  }

  private static func run(_ program: String, _ sample: SampleCase) async throws -> Diagnosis {
    let outcome = try await Program.run(
      [program, "analyze", "--format", "json"] + sample.files.map(\.path), within: .seconds(60))
    guard [0, 1, 2].contains(outcome.status) else {
      throw CaseError(sample.name, "analyze ended with status \(outcome.status)")
    }
    return try JSONDecoder().decode(DiagnosisDocument.self, from: Data(outcome.output.utf8)).diagnosis
  }
}
