// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// Where in which file something stands.
package struct ArtefactPlace: Hashable, Sendable {
  /// The file's name for people.
  package let document: String
  /// Its lines, from 1.
  package let lines: ClosedRange<Int>

  /// Where a fact comes from. A paste does not tell when it was taken.
  func provenance(_ what: String, _ trust: Trust) -> Provenance {
    Provenance("\(self): \(what)", trust: trust, time: nil)
  }
}

extension ArtefactPlace: CustomStringConvertible {
  /// `notes.txt, lines 3-9`.
  package var description: String {
    lines.count == 1
      ? "\(document), line \(lines.lowerBound)" : "\(document), lines \(lines.lowerBound)-\(lines.upperBound)"
  }
}

/// Something that was recognised, at its place.
package struct FoundArtefact: Sendable {
  package let place: ArtefactPlace
  /// The name of the ``ArtefactReader`` that understood it.
  package let reader: String
  /// The name of the type that holds what was understood: one reader may understand several things.
  package var form: String { "\(type(of: content))" }
  /// What it is, in the words of whoever made it: `virsh dommemstat`.
  package var kind: String { content.kind }
  /// Why it could not be read, when it could not.
  package var failure: Failure? { (content as? UnreadableArtefact)?.failure }
  let content: any ArtefactContent
}

/// What one kind of artefact says.
protocol ArtefactContent: Sendable {
  var kind: String { get }
  /// Whose word counts first, the lowest: of two artefacts with the same fact.
  var rank: Int { get }
  /// The guest's name and UUID, when it tells them.
  var guestName: String? { get }
  var guestUUID: String? { get }
  /// Whether only a host with Proxmox VE prints it: then its own commands are asked for.
  var isProxmox: Bool { get }
  /// Proxmox's number of the guest, when it tells it.
  var guestVMID: String? { get }
  /// Of artefacts with the same key in one file the last one counts; `nil` when each counts.
  var key: String? { get }
  /// Adds what it says to the evidence.
  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace)
}

extension ArtefactContent {
  var rank: Int { 50 }
  var guestName: String? { nil }
  var guestUUID: String? { nil }
  var isProxmox: Bool { guestVMID != nil }
  var guestVMID: String? { nil }
  var key: String? { nil }
}

/// Something whose kind is plain and whose content cannot be read.
struct UnreadableArtefact: ArtefactContent {
  let kind: String
  let failure: Failure
  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace) {}
}
