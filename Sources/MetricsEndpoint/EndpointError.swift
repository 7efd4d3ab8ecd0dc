// SPDX-License-Identifier: GPL-3.0-or-later

/// Why there is no endpoint.
package struct EndpointError: Error, Hashable, Sendable {
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
    /// libmicrohttpd is not on this machine, or is too old.
    package static let libraryMissing = Code(rawValue: "library-missing")
    /// Nobody can listen at that address: errno says why.
    package static let system = Code(rawValue: "system")
  }
}
