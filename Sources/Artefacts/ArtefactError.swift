// SPDX-License-Identifier: GPL-3.0-or-later

/// Why a file cannot be looked through at all, or why several cannot be one evidence.
package struct ArtefactError: Error, Hashable, Sendable {
  package let code: Code
  /// One line for a person.
  package let message: String

  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// An open set of words.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// More bytes or lines than are read.
    package static let tooLarge = Code(rawValue: "too-large")
    /// The file cannot be opened or read.
    package static let unreadable = Code(rawValue: "unreadable")
    /// What was given speaks of several guests.
    package static let severalGuests = Code(rawValue: "several-guests")
  }
}

extension ArtefactError: CustomStringConvertible {
  package var description: String { message }
}
