// SPDX-License-Identifier: GPL-3.0-or-later

/// Why qemu-ga gave no answer.
package struct QGAError: Error, Hashable, Sendable {
  /// What went wrong; open, so that a new one breaks nobody's switch.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// Nothing at all has arrived since the connection was opened: no agent runs, it is blocked, or another client
    /// holds the socket.
    package static let silent = Code(rawValue: "silent")
    /// The agent has answered before, but not this command by its deadline.
    package static let timedOut = Code(rawValue: "timed-out")
    /// Bytes arrived, but no reply was among them.
    package static let garbage = Code(rawValue: "garbage")
    /// The peer sent more than one call may read; the rest was left unread.
    package static let flooded = Code(rawValue: "flooded")
    /// The connection ended.
    package static let closed = Code(rawValue: "closed")
    /// The agent answered with an error; ``QGAError/errorClass`` is its class.
    package static let refused = Code(rawValue: "refused")
    /// The agent answered, but not with what the command returns.
    package static let malformed = Code(rawValue: "malformed")
    /// Nobody in the guest holds the agent's port open.
    package static let unserved = Code(rawValue: "unserved")
    /// The machine has no port for the agent.
    package static let notFound = Code(rawValue: "not-found")
    /// The caller may not ask.
    package static let denied = Code(rawValue: "denied")
    /// Whoever passes commands on cannot do so for this machine.
    package static let unsupported = Code(rawValue: "unsupported")
    /// The transport failed in another way.
    package static let transport = Code(rawValue: "transport")
  }
  package let code: Code
  /// One line for a person. Text of the guest stands in it escaped and cut.
  package let message: String
  /// The class of the agent's error, such as `CommandNotFound` or `GenericError`, when `code` is ``Code/refused`` and
  /// the agent named one. The guest's text, unescaped.
  package let errorClass: String?
  /// The agent's own description of its error, where it gave one. The guest's text, unescaped.
  package let words: String?

  package init(_ code: Code, _ message: String, errorClass: String? = nil, words: String? = nil) {
    self.code = code
    self.message = message
    self.errorClass = errorClass
    self.words = words
  }

  /// The agent has no such command, or it was switched off (QEMU qapi/error.json).
  package var isCommandMissing: Bool {
    errorClass == "CommandNotFound" || errorClass == "CommandDisabled"
  }
}

extension QGAError: CustomStringConvertible {
  package var description: String { message }
}
