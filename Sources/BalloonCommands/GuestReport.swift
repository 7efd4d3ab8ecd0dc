// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import Collectors
import SupportBundle

/// What a person brought from inside the guest, for `collect --guest-report`.
struct GuestReport {
  private let evidence: Evidence
  private let raw: [RawAnswer]

  /// Reads the files and understands them; `nil` without any.
  init?(_ paths: [String]) throws {
    guard !paths.isEmpty else { return nil }
    var texts = ArtefactTexts()
    var raw: [RawAnswer] = []
    let now = WallClock.system.now()
    do throws(ArtefactError) {
      for path in paths {
        let (name, bytes) = try ArtefactFile(path).read()
        texts.add(try ArtefactText(name: name, bytes))
        raw.append(RawAnswer(.pasted, "guest report", bytes: bytes, time: now))
      }
      if let notice = texts.notice { throw ArtefactError(.tooLarge, notice) }
      let analysis = try Analysis(texts.texts, tool: VirtBalloon.version, now: now)
      guard !analysis.artefacts.isEmpty else {
        throw ArtefactError(
          .unreadable,
          "\(paths.joined(separator: ", ")): nothing that is understood here; `virt-balloon analyze --help` "
            + "lists what is"
        )
      }
      evidence = analysis.evidence
    } catch {
      throw Console.fail(error.message, .unavailable)
    }
    self.raw = raw
  }

  /// Adds it to what was collected of its guest: what the guest itself has answered stands.
  func join(_ record: inout GuestRecord) {
    record.evidence.guest.complete(with: evidence.guest)
    record.evidence.collection.notices.append(
      "What was brought from inside the guest (--guest-report) completes what it did not tell itself.")
    record.evidence.collection.notices += evidence.collection.notices
    record.raw += raw
  }
}
