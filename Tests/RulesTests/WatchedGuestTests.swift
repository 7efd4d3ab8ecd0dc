// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Rules
import Testing

/// Evidence of a guest that was watched for minutes, with a reading every second.
@Suite("A guest that was watched for long")
struct WatchedGuestTests {
  /// - Parameter stop: after how many seconds the guest delivers no more.
  private func watched(seconds: Int, stop: Int = .max) -> Evidence {
    EvidenceFixture.healthy { evidence in
      let start = UInt64(EvidenceFixture.now)
      evidence.readings = (0..<seconds).map { second in
        EvidenceFixture.reading(
          at: Double(second) + 0.4, lastUpdate: start + UInt64(min(second, stop)),
          statistics: EvidenceFixture.allStatistics, time: EvidenceFixture.now + Double(second))
      }
    }
  }

  private func findings(_ evidence: Evidence) -> [String] { Engine().diagnose(evidence).findings.map(\.id) }

  @Test("and whose statistics stop in the middle has frozen ones")
  func freezes() {
    #expect(findings(watched(seconds: 60)) == [])
    #expect(findings(watched(seconds: 60, stop: 58)) == [])
    #expect(findings(watched(seconds: 60, stop: 20)).contains("stats.frozen"))
  }

  @Test("is judged by few of its readings, however many there are")
  func citations() {
    for evidence in [watched(seconds: 2_000), watched(seconds: 2_000, stop: 1_000)] {
      for rule in Catalogue.all {
        var reader = EvidenceReader(evidence)
        _ = rule.assess(&reader)
        let readings = reader.citations.filter { $0.path.hasPrefix("readings.") }
        #expect(readings.count <= 8, "\(rule.id) cites \(readings.count)")
      }
    }
  }
}
