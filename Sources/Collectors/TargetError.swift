// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// A target that cannot be looked at at all. What can be had in part is evidence, not an error.
package struct TargetError: Error, Hashable, Sendable {
  /// One line for a person: what, where, what to do.
  package let message: String
  package let failure: Failure
  package init(_ message: String, _ failure: Failure) {
    self.message = message
    self.failure = failure
  }
}

extension TargetError: CustomStringConvertible {
  package var description: String { message }
}
