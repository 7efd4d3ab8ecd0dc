// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import SampleCases
import SupportBundle

/// Guests for bundles: what the published and captured sets of `samples/cases` tell, each with its files as raw
/// answers.
enum CollectedGuest {
  /// When all of them were collected: seconds since 1970.
  static let time = 1_780_000_000.0

  static func record(_ name: String) throws -> GuestRecord {
    let sample = try SampleCase(name)
    let texts = try sample.files.filter { !$0.isHive }.map { try ArtefactText(name: $0.name, $0.bytes) }
    let evidence = try Analysis(texts, tool: "0.0.0", now: time).evidence
    let raw = sample.files.map { file in
      RawAnswer(file.isDomainXML ? .domainXML : .pasted, "what was pasted", bytes: file.bytes, time: time)
    }
    return GuestRecord(evidence, raw: raw, seconds: 0.25)
  }

  /// A healthy guest, one with a generic driver, and one of which little is known.
  static let names = [
    "captured-healthy-linux-session", "bus-numbers-differ", "code-22-disabled", "cockpit-domstats-server-2022",
  ]
}

extension SampleCase.File {
  fileprivate var isDomainXML: Bool { bytes.starts(with: Array("<domain".utf8)) }
}
