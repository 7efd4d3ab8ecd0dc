// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// Why an agent gave no answer, with what was seen of it meanwhile.
package struct LinkError: Error, Hashable, Sendable {
  /// What went wrong; open, so that a new one breaks nobody's switch.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// Nothing at all arrived, from the first byte of the connection to the deadline.
    package static let silent = Code(rawValue: "silent")
    /// The peer speaks another version of the protocol, or does not do what a hello demands.
    package static let incompatible = Code(rawValue: "incompatible")
    /// Bytes arrived, but no message of the protocol was among them.
    package static let garbage = Code(rawValue: "garbage")
    /// The peer sent more than a call may read; the rest was left unread.
    package static let flooded = Code(rawValue: "flooded")
    /// The connection ended.
    package static let closed = Code(rawValue: "closed")
    /// The peer spoke the protocol, but this call was not answered by its deadline.
    package static let timedOut = Code(rawValue: "timed-out")
    /// The agent answered with an error; ``LinkError/remote`` is that error.
    package static let remote = Code(rawValue: "remote")
    /// The agent answered, but not with what the method returns.
    package static let malformed = Code(rawValue: "malformed")
    /// The request exceeds what this agent takes, or what the protocol allows; it was not sent.
    package static let tooLarge = Code(rawValue: "too-large")
    /// The transport failed in another way.
    package static let transport = Code(rawValue: "transport")
  }
  package let code: Code
  /// One line for a person. Text of the guest stands in it escaped and cut.
  package let message: String
  /// The agent's error, when `code` is ``Code/remote``; its text is the guest's, unescaped.
  package let remote: ProtocolError?
  /// What arrived during the call.
  package let seen: LinkTraffic

  package init(_ code: Code, _ message: String, remote: ProtocolError? = nil, seen: LinkTraffic = LinkTraffic()) {
    self.code = code
    self.message = message
    self.remote = remote
    self.seen = seen
  }
}

extension LinkError: CustomStringConvertible {
  /// The message, and what arrived when that was more than nothing.
  package var description: String { seen == LinkTraffic() ? message : "\(message) (\(seen))" }
}

extension LinkError {
  /// A guest's text fit for a line on a terminal: quoted, escaped, at most 200 characters.
  static func quoted(_ text: String) -> String {
    let shown = text.unicodeScalars.prefix(200)
    var kept = String.UnicodeScalarView()
    kept.append(contentsOf: shown)
    return String(decoding: JSON.string(String(kept)).bytes, as: UTF8.self)
  }
}
