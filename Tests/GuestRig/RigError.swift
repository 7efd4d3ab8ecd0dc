// SPDX-License-Identifier: GPL-3.0-or-later

/// Why the rig could not do what a test asked of it: never a verdict on the program under test.
package struct RigError: Error, Hashable, Sendable {
  /// What went wrong; open, so that a new one breaks nobody's switch.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// The guest image is missing and could not be built.
    package static let image = Code(rawValue: "image")
    /// A program ended early, or with a status that was not asked for.
    package static let program = Code(rawValue: "program")
    /// A deadline passed.
    package static let timedOut = Code(rawValue: "timed-out")
    /// QEMU refused a monitor command.
    package static let monitor = Code(rawValue: "monitor")
    /// A command failed in the guest.
    package static let guest = Code(rawValue: "guest")
    /// A system call failed.
    package static let system = Code(rawValue: "system")
  }
  package let code: Code
  /// What happened, with the end of the logs that explain it.
  package let message: String
  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension RigError: CustomStringConvertible {
  package var description: String { "rig: \(code.rawValue): \(message)" }
}
