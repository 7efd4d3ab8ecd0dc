// SPDX-License-Identifier: GPL-3.0-or-later
import ArgumentParser
import BalloonEvidence
import Glibc
import Reports
import Rules
import SupportBundle

/// A support bundle among what `analyze` was given.
struct BundleAnalysis {
  let path: String
  let bundle: Bundle

  init(_ path: String) throws(BundleError) {
    self.path = path
    bundle = try Bundle(reading: path)
  }

  /// Whether a file begins as a bundle does. What cannot be opened is left to whoever reads it.
  static func isBundle(_ path: String) -> Bool { Bundle.isHead(FileHead.bytes(of: path, count: 3)) }

  /// Each guest, judged anew by today's rules.
  func reports() throws(BundleError) -> [DiagnosisReport] {
    let faults = try bundle.faults()
    return try bundle.guests().map { guest in
      let diagnosis = Engine().diagnose(guest.evidence)
      var evidence = guest.evidence
      evidence.collection.notices += notices(faults)
      evidence.collection.notices +=
        DiagnosisChange(from: guest.diagnosis, by: bundle.manifest.tool, to: diagnosis).sentences
      return DiagnosisReport(diagnosis, evidence)
    }
  }

  /// Each guest's evidence.
  func evidence() throws(BundleError) -> [Evidence] {
    let faults = try bundle.faults()
    return try bundle.guests().map { guest in
      var evidence = guest.evidence
      evidence.collection.notices += notices(faults)
      return evidence
    }
  }

  /// Each guest as it was judged when the bundle was written.
  func reportsAsWritten() throws(BundleError) -> [DiagnosisReport] {
    let faults = try bundle.faults()
    return try bundle.guests().map { guest in
      var evidence = guest.evidence
      evidence.collection.notices += notices(faults)
      return DiagnosisReport(guest.diagnosis.diagnosis, evidence)
    }
  }

  /// What a report must tell of the bundle itself.
  private func notices(_ faults: [BundleFault]) -> [String] {
    var notices: [String] = []
    if bundle.manifest.state == .partial {
      notices.append("The bundle is partial: its collection.json tells what could not be collected.")
    }
    if let first = faults.first {
      notices.append(
        "\(first.path): \(first.message)"
          + (faults.count > 1 ? ", and \(faults.count - 1) more: " : ": ")
          + "the bundle is not as it was written; `virt-balloon analyze --verify` tells all.")
    }
    return notices
  }

  /// Says whether all is as it was written: one line for each file that is not.
  func verify() throws(BundleError) -> ExitCode {
    let faults = try bundle.faults()
    for fault in faults { Console.complain("\(path): \(fault.path): \(fault.message)") }
    guard faults.isEmpty else { return ExitCode(1) }
    let manifest = bundle.manifest
    let form = manifest.form == .shareable ? "redacted" : "not redacted"
    let line =
      "\(path): \(manifest.files.count) files as virt-balloon \(manifest.tool) wrote them; \(form), "
      + manifest.state.rawValue
    do { try Console.write(Array((TerminalText.escaped(line, unicode: true) + "\n").utf8)) } catch {
      return (error as? ExitCode) ?? .internalError
    }
    return .success
  }
}
