// SPDX-License-Identifier: GPL-3.0-or-later

/// Why PCI functions could not be read.
package struct PCIAccessError: Error, Hashable, Sendable {
  /// What went wrong; open, so that a new one breaks nobody's switch.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// There is no such file, or no PCI bus in sysfs.
    package static let notFound = Code(rawValue: "not-found")
    /// The caller may not read it.
    package static let denied = Code(rawValue: "denied")
    /// The dump has more bytes or functions than are read.
    package static let tooLarge = Code(rawValue: "too-large")
    /// The text holds no function with its configuration space.
    package static let malformed = Code(rawValue: "malformed")
    /// What libpci or the system said.
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

extension PCIAccessError: CustomStringConvertible {
  package var description: String { message }
}
