// SPDX-License-Identifier: GPL-3.0-or-later
package import Transports

/// Why a QEMU monitor gave no answer, or refused.
package struct QMPError: Error, Hashable, Sendable {
  /// What went wrong; open, so that a new one breaks nobody's switch.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// The monitor serves one client, and another holds it.
    package static let heldByAnother = Code(rawValue: "held-by-another")
    /// Something answers, but not a QEMU machine protocol monitor.
    package static let notQMP = Code(rawValue: "not-qmp")
    /// This QEMU has no such command or property.
    package static let unsupported = Code(rawValue: "unsupported")
    /// QEMU looked, and there is no such device.
    package static let absent = Code(rawValue: "absent")
    /// QEMU refused the command for another reason; ``QMPError/errorClass`` is its own word for it.
    package static let refused = Code(rawValue: "command-refused")
    /// The reply is not what the command returns, or no JSON.
    package static let malformed = Code(rawValue: "malformed")
    /// No reply by the deadline. A monitor's connection is of no use after that.
    package static let timedOut = Code(rawValue: "timed-out")
    /// The connection ended, or was given up after a failure.
    package static let closed = Code(rawValue: "closed")
    /// The caller's task was cancelled.
    package static let cancelled = Code(rawValue: "cancelled")
    /// Nothing stands at the monitor's path.
    package static let notFound = Code(rawValue: "not-found")
    /// The caller may not open the monitor.
    package static let denied = Code(rawValue: "denied")
    /// The socket was left by a QEMU that has ended.
    package static let unserved = Code(rawValue: "unserved")
    /// The path cannot be a monitor's.
    package static let invalid = Code(rawValue: "invalid")
    /// Whatever carries the commands failed in another way.
    package static let transport = Code(rawValue: "transport")
  }
  package let code: Code
  /// QEMU's class of the error, when QEMU itself refused: `GenericError`, `CommandNotFound`, `DeviceNotFound`,
  /// `DeviceNotActive`, `KVMMissingCap`. Source: QEMU qapi/error.json.
  package let errorClass: String?
  /// One line for a person. QEMU's words stand in it as they came, cut at 512 characters.
  package let message: String

  package init(_ code: Code, _ message: String, errorClass: String? = nil) {
    self.code = code
    self.errorClass = errorClass
    self.message = message
  }
}

extension QMPError: CustomStringConvertible {
  package var description: String { message }
}

extension QMPError {
  /// QEMU's refusal of a command.
  init(refusal description: String, class errorClass: String) {
    let code: Code =
      switch errorClass {
      // A command that a policy switches off (`-compat unstable-input=reject`) is "not found" too: qapi/qmp-dispatch.c.
      case "CommandNotFound", "CommandDisabled", "KVMMissingCap": .unsupported
      case "DeviceNotFound", "DeviceNotActive": .absent
      default: .refused
      }
    self.init(code, "QEMU: " + String(description.prefix(512)), errorClass: String(errorClass.prefix(64)))
  }

  /// What a transport's failure means for a monitor.
  package init(_ error: TransportError) {
    let code: Code =
      switch error.code {
      case .busy: .heldByAnother
      case .notFound: .notFound
      case .denied: .denied
      case .refused: .unserved
      case .invalid: .invalid
      case .timedOut: .timedOut
      case .closed: .closed
      case .cancelled: .cancelled
      default: .transport
      }
    self.init(code, error.message)
  }

  /// A reply that is not what `command` returns.
  static func malformed(_ command: String, _ what: String) -> QMPError {
    QMPError(.malformed, "\(command): the reply cannot be read: \(what)")
  }
}
