// SPDX-License-Identifier: GPL-3.0-or-later

/// A sentence about how the figures of an account fit each other.
package struct MemoryRemark: Hashable, Sendable {
  /// Stable, for programs: `balloon.disagreement`.
  package var id: String
  package var text: String

  init(_ id: String, _ text: String) {
    self.id = id
    self.text = text
  }
}
