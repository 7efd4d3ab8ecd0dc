// SPDX-License-Identifier: GPL-3.0-or-later

/// What was replaced, by kind, how often and where: `redactions.json`, published as `protocol/schema/redactions.json`.
///
/// It never says what a value was, how long it was, or anything from which one that is guessed could be proven right.
package struct RedactionLedger: Codable, Hashable, Sendable {
  /// The name and version of this form.
  package static let schema = "virt-balloon/redactions/1"
  /// The most places that are told of one token.
  package static let placeLimit = 50

  package var schema: String
  /// By kind, then by number.
  package var redactions: [Entry]

  package init(_ redactions: [Entry] = []) {
    schema = Self.schema
    self.redactions = redactions
  }

  /// One token.
  package struct Entry: Codable, Hashable, Sendable {
    /// `redacted-guest-1`
    package var token: String
    package var kind: RedactionKind
    /// How often it was put in the place of a value.
    package var count: Int
    /// Where: places in the evidence's JSON (`domain.machine`) and names of files of the bundle, sorted, each once.
    package var places: [String]
    /// Whether there are more places than are told.
    package var isCut: Bool
    package init(token: String, kind: RedactionKind, count: Int, places: [String], isCut: Bool) {
      self.token = token
      self.kind = kind
      self.count = count
      self.places = places
      self.isCut = isCut
    }
  }

  /// How many values of each kind were replaced, for a summary.
  package var kinds: [RedactionKind: Int] {
    redactions.reduce(into: [:]) { $0[$1.kind, default: 0] += 1 }
  }
}
