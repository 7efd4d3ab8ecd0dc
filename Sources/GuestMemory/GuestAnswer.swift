// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// A question that people ask about the balloon, answered for one guest.
package struct GuestAnswer: Hashable, Sendable {
  /// How well the general part of the answer is known.
  package enum Certainty: String, Hashable, Sendable {
    /// Documented, or seen.
    case established
    /// Read from the driver's code, not seen in a running guest.
    case inferred
  }

  /// Stable, for programs: `when-equal`.
  package var id: String
  package var question: String
  /// One sentence.
  package var answer: String
  package var certainty: Certainty
  /// The leaves of this guest that it rests on.
  package var sources: [Provenance]
  /// Where the general part is from: a file of a project's sources, a manual.
  package var reference: String

  init(
    _ id: String, _ question: String, _ answer: String, _ certainty: Certainty = .established,
    from sources: [Provenance],
    reference: String
  ) {
    self.id = id
    self.question = question
    self.answer = answer
    self.certainty = certainty
    self.sources = sources.filter { !$0.source.isEmpty }
    self.reference = reference
  }
}
