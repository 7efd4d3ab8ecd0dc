// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
package import Transports

/// The host's end of a virtio-serial channel, by libvirt.
///
/// Each channel has a connection of its own. One reason is that a stream whose peer does not read can stop the whole
/// connection it is on. The other is that two threads must not wait in one connection's calls: with libvirt 9.0 a
/// `virStreamSend` on one thread while `virStreamRecv` waits on another hung for ever once in some hundred times (seen
/// in the stacks of both: the sender waits for the receiver, which was not woken from its poll). So the writes take
/// turns on the connection's thread, and what arrives is taken by libvirt's event loop without blocking.
///
/// A read that misses its deadline loses nothing. A write that misses its deadline leaves the stream in an unknown
/// place: the channel is then broken. A peer that sends more than ``unreadLimit`` before anybody reads it is cut off,
/// because libvirt's client itself queues without limit. An empty read means that the hypervisor has closed the channel
/// (the domain went away); a guest's program that closes its end is not seen here, as QEMU keeps the host's side open.
///
/// A channel that is released closes itself.
package final class DomainChannel: Transport {
  /// The most that may wait to be read: 4 MiB.
  package static let unreadLimit = 4 << 20

  private let connection: Connection
  private let label: String
  private let stream: ChannelStream
  private let inbox: ChannelInbox

  /// Opens the channel `name` of the domain `uuid` on `connection`, which must not be used for anything else.
  init(
    opening name: String, of uuid: String, label: String, on connection: Connection,
    until deadline: ContinuousClock.Instant
  ) async throws(LibvirtError) {
    let inbox = ChannelInbox(limit: Self.unreadLimit)
    stream = try await connection.call(until: deadline) { (raw, libvirt) throws(LibvirtError) in
      try ChannelStream(opening: name, of: uuid, on: connection, raw, into: inbox, libvirt)
    }
    self.inbox = inbox
    self.connection = connection
    self.label = label
  }

  deinit {
    inbox.finish(Self.closedHere)
    connection.later { [stream] in stream.end() }
  }

  private static let closedHere = LibvirtError(.closed, "closed")

  /// Closes the channel and returns when libvirt has let go of it, so that it can be opened again; a second call does
  /// nothing. When the deadline passes first, it closes in its own time.
  package func close(until deadline: ContinuousClock.Instant) async {
    inbox.finish(Self.closedHere)
    try? await withDeadline(deadline) { [connection, stream] in
      await withCheckedContinuation { continuation in
        connection.later {
          stream.end()
          continuation.resume()
        }
      }
    }
  }

  package func read(until deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8] {
    while true {
      if let bytes = try take() { return bytes }
      do {
        try await withDeadline(deadline) { [inbox] in await inbox.waitForArrival() }
      } catch {
        // What came in the last moment is not lost.
        if let bytes = try take() { return bytes }
        if error is DeadlineExceeded { throw TransportError(.timedOut, "\(label): nothing came in time") }
        throw TransportError(.system, "\(label): the read was cancelled")
      }
    }
  }

  private func take() throws(TransportError) -> [UInt8]? {
    switch inbox.take() {
    case .bytes(let bytes): return bytes
    case .nothing: return nil
    case .ended(nil): return []
    case .ended(let error?): throw TransportError(.closed, "\(label): \(error.message)")
    }
  }

  package func write(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) async throws(TransportError) {
    if let error = inbox.failure { throw TransportError(.closed, "\(label): \(error.message)") }
    do throws(LibvirtError) {
      try await connection.call(until: deadline) { [stream] (_, _) throws(LibvirtError) in try stream.send(bytes) }
    } catch {
      // Nobody knows how much of it went out, or still will.
      inbox.finish(error)
      connection.later { [stream] in stream.end() }
      switch error.code {
      case .timedOut: throw TransportError(.timedOut, "\(label): could not be written in time")
      case .cancelled: throw TransportError(.system, "\(label): the write was cancelled")
      default: throw TransportError(.closed, "\(label): \(error.message)")
      }
    }
  }
}
