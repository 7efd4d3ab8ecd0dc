// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Glibc
import Transports

/// Where an agent's port can be reached on the host, and what the monitor says of it.
struct PortPlace: Sendable {
  /// The port's name in the guest.
  let name: String
  /// Whose port it is, for a sentence: `the agent`.
  let owner: String
  /// The option that gives its socket.
  let option: String
  let channel: ChannelEvidence
  let path: String?
  /// The socket was given and is not that of the machine's port, of which alone QEMU tells: it is asked whatever the
  /// state of the port.
  let isElsewhere: Bool

  /// - Parameters:
  ///   - given: the socket that the caller named.
  ///   - known: the socket that the monitor names.
  init(name: String, owner: String, option: String, channel: ChannelEvidence, given: String?, known: String?) {
    self.name = name
    self.owner = owner
    self.option = option
    self.channel = channel
    path = given ?? known
    isElsewhere = given.map { !Self.isSame($0, known) } ?? false
  }

  /// What a report must tell of it.
  var notice: String? {
    guard isElsewhere, let path else { return nil }
    return "\(owner == "qemu-ga" ? owner : "The agent") was asked at \(path), not at the machine's own port."
  }

  /// Connects, unless the guest has not opened its end or another client holds this one.
  func connect(until deadline: ContinuousClock.Instant) async throws(Failure) -> UnixSocket {
    if channel.port.isAbsent, !isElsewhere { throw Failure(.notFound, "the machine has no port named \(name)") }
    if path == nil { return try await socket(until: deadline) }
    if channel.heldByAnother.value == true, !isElsewhere {
      throw Failure(.busy, "another client on the host holds \(path ?? "the port's socket")")
    }
    if channel.guestOpen.value == false, !isElsewhere {
      throw Failure(.disconnected, "no program in the guest holds \(owner)'s port open")
    }
    return try await socket(until: deadline)
  }

  /// Connects whatever the port's state was when it was looked at.
  func socket(until deadline: ContinuousClock.Instant) async throws(Failure) -> UnixSocket {
    guard let path else {
      throw Failure(.notAsked, "the channel's socket is not known", ask: "give \(option) PATH")
    }
    do throws(TransportError) { return try await UnixSocket.connect(to: path, until: deadline) } catch {
      throw Failure(error)
    }
  }

  /// Whether a socket that was given is the one that the machine's port leads to.
  private static func isSame(_ path: String, _ other: String?) -> Bool {
    guard let other, path != other else { return other != nil }
    var (one, two) = (stat(), stat())
    guard stat(path, &one) == 0, stat(other, &two) == 0 else { return false }
    return one.st_dev == two.st_dev && one.st_ino == two.st_ino
  }
}
