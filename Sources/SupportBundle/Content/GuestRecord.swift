// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// All that was collected of one guest.
package struct GuestRecord: Sendable {
  package var evidence: Evidence
  /// What the sources said, in the order of asking.
  package var raw: [RawAnswer]
  /// How long it took, in seconds.
  package var seconds: Double
  /// Why it was not looked at to the end; `nil` when it was.
  package var shortfall: Failure?
  /// What they said that is not at hand any more.
  package var leftOut: [CollectionDocument.LeftOut]

  package init(
    _ evidence: Evidence, raw: [RawAnswer], seconds: Double, shortfall: Failure? = nil,
    leftOut: [CollectionDocument.LeftOut] = []
  ) {
    self.evidence = evidence
    self.raw = raw
    self.seconds = seconds
    self.shortfall = shortfall
    self.leftOut = leftOut
  }
}

/// A target that could not be looked at at all.
package struct LostTarget: Sendable {
  package var target: Target
  package var failure: Failure
  package var seconds: Double

  package init(_ target: Target, _ failure: Failure, seconds: Double) {
    self.target = target
    self.failure = failure
    self.seconds = seconds
  }
}
