// SPDX-License-Identifier: GPL-3.0-or-later

/// Why a registry hive could not be read at all.
package struct HiveError: Error, Hashable, Sendable {
  /// What went wrong; open, so that a new one breaks nobody's switch.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// There is no such file.
    package static let notFound = Code(rawValue: "not-found")
    /// The caller may not read it.
    package static let denied = Code(rawValue: "denied")
    /// It is a folder, a pipe or a device.
    package static let notRegular = Code(rawValue: "not-regular")
    /// It is no registry hive.
    package static let notHive = Code(rawValue: "not-a-hive")
    /// The hive is larger than any that is read, or needs more work than any Windows' own.
    package static let tooLarge = Code(rawValue: "too-large")
    /// The file ends before the hive does.
    package static let truncated = Code(rawValue: "truncated")
    /// Its pages or records contradict each other.
    package static let malformed = Code(rawValue: "malformed")
    /// It is a hive of another name: SOFTWARE in place of SYSTEM.
    package static let otherHive = Code(rawValue: "other-hive")
    /// libhivex is not installed.
    package static let libraryMissing = Code(rawValue: "library-missing")
    /// libhivex lacks a function that is needed.
    package static let libraryUnusable = Code(rawValue: "library-unusable")
    /// What the system said.
    package static let system = Code(rawValue: "system")
  }
  package let code: Code
  /// One line for a person: what, where, what to do.
  package let message: String
  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension HiveError: CustomStringConvertible {
  package var description: String { message }
}
