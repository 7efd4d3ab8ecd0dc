// SPDX-License-Identifier: GPL-3.0-or-later
package import Rules

/// What is in a bundle: `manifest.json`, published as `protocol/schema/manifest.json`.
package struct Manifest: Codable, Hashable, Sendable {
  /// The name and version of this form.
  package static let schema = "virt-balloon/bundle/1"

  /// Who may see the bundle.
  package enum Form: String, Codable, Hashable, Sendable {
    /// Redacted: fit for a public issue.
    case shareable
    /// As it was said, names, addresses and all.
    case full
  }

  /// Whether all that was to be collected was.
  package enum State: String, Codable, Hashable, Sendable {
    case complete
    /// Collecting was interrupted, or a target could not be looked at.
    case partial
  }

  package var schema: String
  /// The version of virt-balloon that wrote it.
  package var tool: String
  /// The versions of the forms within, by file name: `evidence.json` is `virt-balloon/evidence/1`.
  package var schemas: [String: String]
  /// When the collection ended, in seconds since 1970 by the clock of the machine that collected.
  package var created: Double
  package var form: Form
  package var state: State
  package var guests: [Guest]
  /// Every file but `manifest.json` and `SHA256SUMS`, by path in the order of its bytes.
  package var files: [File]

  package init(
    tool: String, schemas: [String: String], created: Double, form: Form, state: State, guests: [Guest],
    files: [File] = []
  ) {
    schema = Self.schema
    self.tool = tool
    self.schemas = schemas
    self.created = created
    self.form = form
    self.state = state
    self.guests = guests
    self.files = files
  }

  /// One guest, and where its files are.
  package struct Guest: Codable, Hashable, Sendable {
    /// `.` in a bundle of one guest, else `guests/1`.
    package var folder: String
    /// The name by which reports call it; redacted in a shareable bundle.
    package var label: String
    package var verdict: Verdict
    package init(folder: String, label: String, verdict: Verdict) {
      self.folder = folder
      self.label = label
      self.verdict = verdict
    }
  }

  package struct File: Codable, Hashable, Sendable {
    package var path: String
    package var category: BundleFile.Category
    package var bytes: Int
    /// In lower-case hexadecimal digits.
    package var sha256: String
    package init(path: String, category: BundleFile.Category, bytes: Int, sha256: String) {
      self.path = path
      self.category = category
      self.bytes = bytes
      self.sha256 = sha256
    }
  }
}
