// SPDX-License-Identifier: GPL-3.0-or-later

/// A two-way stream of bytes to one peer: a unix socket, a libvirt channel, a test's script.
///
/// Both operations end by their deadline whatever the peer does, and neither may be called by two tasks at once
/// with itself; a read and a write may overlap.
package protocol Transport: Sendable {
  /// The next bytes of the peer, at least one and at most 64 KiB; empty when the peer has closed its end.
  func read(until deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8]
  /// Hands all of `bytes` to the peer's side of the stream; when it throws, some of them may have gone.
  func write(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) async throws(TransportError)
  /// Takes leave of the peer; so that the stream is free for the next client when this returns. A second call does
  /// nothing.
  func close(until deadline: ContinuousClock.Instant) async
}

extension Transport {
  /// Does nothing: the last reference closes the stream at once.
  package func close(until deadline: ContinuousClock.Instant) async {}
}

/// Why a transport could not be opened, read or written.
package struct TransportError: Error, Hashable, Sendable {
  /// What went wrong; open, so that a new one breaks nobody's switch.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    /// Nothing stands at that path or name.
    package static let notFound = Code(rawValue: "not-found")
    /// The caller may not open it.
    package static let denied = Code(rawValue: "denied")
    /// Something stands there, but nobody serves it (a socket file without a listener).
    package static let refused = Code(rawValue: "refused")
    /// The deadline passed.
    package static let timedOut = Code(rawValue: "timed-out")
    /// Whoever serves it is taken: it serves one client at a time, and its queue of waiting clients is full.
    package static let busy = Code(rawValue: "busy")
    /// The caller's task was cancelled; no byte that arrived was lost.
    package static let cancelled = Code(rawValue: "cancelled")
    /// The connection broke.
    package static let closed = Code(rawValue: "closed")
    /// The path or name cannot be one (too long for a unix socket, say).
    package static let invalid = Code(rawValue: "invalid")
    /// Anything else the system said.
    package static let system = Code(rawValue: "system")
  }
  package let code: Code
  /// One line for a person: what, where, and the system's own words.
  package let message: String
  package init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }
}

extension TransportError: CustomStringConvertible {
  package var description: String { message }
}
