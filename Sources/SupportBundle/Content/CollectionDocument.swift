// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// What was asked, and what became of it: `collection.json`, published as `protocol/schema/collection.json`.
package struct CollectionDocument: Codable, Hashable, Sendable {
  /// The name and version of this form.
  package static let schema = "virt-balloon/collection/1"

  package var schema: String
  /// Every target, in the order in which they were given or found.
  package var targets: [TargetRecord]
  /// Why the collection is not whole; absent when it is.
  package var interruption: String?

  package init(targets: [TargetRecord], interruption: String? = nil) {
    schema = Self.schema
    self.targets = targets
    self.interruption = interruption
  }

  /// One target.
  package struct TargetRecord: Codable, Hashable, Sendable {
    package enum Outcome: String, Codable, Hashable, Sendable {
      /// It was looked at to the end; a source of it may have failed all the same.
      case collected
      /// Its time was up, or somebody interrupted it: what was had by then is there.
      case partial
      /// Nothing was had.
      case failed
    }

    package var target: Target
    /// Where its files are, as ``Manifest/Guest/folder``; absent when there are none.
    package var folder: String?
    package var outcome: Outcome
    package var seconds: Double
    /// Why it is not all, and what would have been needed; absent when it is.
    package var failure: Failure?
    /// Every source that was asked: how long it took, what it failed for, and what it would have needed.
    package var sources: [SourceOutcome]
    /// The files of what they said.
    package var raw: [RawRecord]
    /// What they said that is not in this bundle.
    package var leftOut: [LeftOut]
  }

  /// One file of what a source said.
  package struct RawRecord: Codable, Hashable, Sendable {
    /// Below the guest's folder, such as `raw/01-query-balloon.json`.
    package var path: String
    package var format: RawAnswer.Format
    package var question: String
    /// Seconds since 1970 by the clock of the machine that collected.
    package var time: Double
    /// Whether more was said than is kept.
    package var isCut: Bool
  }

  /// An answer that is not in the bundle.
  package struct LeftOut: Codable, Hashable, Sendable {
    package enum Reason: String, Codable, Hashable, Sendable {
      /// Nothing can take it apart, so nothing of it is sure to be harmless.
      case unredactable
      /// A bundle with all that was said would be too large.
      case tooLarge = "too-large"
    }

    package var format: RawAnswer.Format
    package var question: String
    package var reason: Reason
  }
}
