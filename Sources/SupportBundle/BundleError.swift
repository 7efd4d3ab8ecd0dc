// SPDX-License-Identifier: GPL-3.0-or-later

/// Why a bundle cannot be written, read or trusted.
package struct BundleError: Error, Hashable, Sendable {
  package let code: Code
  /// One line for a person: what, where, what to do.
  package let message: String
  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// An open set of words.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// The file cannot be opened, read or written: errno says why.
    package static let system = Code(rawValue: "system")
    /// A library that is opened on first use is not on this machine.
    package static let libraryMissing = Code(rawValue: "library-missing")
    /// Not a bundle at all.
    package static let notBundle = Code(rawValue: "not-bundle")
    /// A bundle that breaks off or whose container cannot be read.
    package static let damaged = Code(rawValue: "damaged")
    /// Made to do harm, or at least not by this program: a path that leads out, a link, a name twice, a bomb.
    package static let refused = Code(rawValue: "refused")
    /// Of a version that this program does not know.
    package static let incompatible = Code(rawValue: "incompatible")
    /// A value has no JSON form: a number that is infinite or none.
    package static let unencodable = Code(rawValue: "unencodable")
  }
}

extension BundleError: CustomStringConvertible {
  package var description: String { message }
}
