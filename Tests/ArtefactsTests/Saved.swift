// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Reports
import Rules

/// What `diagnose --format json` writes of some evidence.
enum Saved {
  static func json(_ evidence: Evidence) throws -> [UInt8] {
    try ReportFormat.json.render(
      DiagnosisReport(Engine().diagnose(evidence), evidence),
      style: TextStyle(color: false, width: 80, unicode: true, verbose: false))
  }
}
