// SPDX-License-Identifier: GPL-3.0-or-later

/// One file of a support bundle.
package struct BundleFile: Hashable, Sendable {
  /// What a file is for.
  package enum Category: String, Codable, Hashable, Sendable {
    /// For a person: README.txt, report.html, report.md.
    case report
    /// For a program: evidence.json, diagnosis.json, collection.json, redactions.json.
    case data
    /// What a source said, byte for byte, or redacted.
    case raw
  }

  /// Where it stands below the bundle's root, such as `guests/2/raw/01-query-balloon.json`: ASCII letters, digits, `.`,
  /// `_`, `-` and `/`. No word of a guest or a user is part of it.
  package let path: String
  package let category: Category
  package let bytes: [UInt8]

  package init(_ path: String, _ category: Category, _ bytes: [UInt8]) {
    self.path = path
    self.category = category
    self.bytes = bytes
  }
}
