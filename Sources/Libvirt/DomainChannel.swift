// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
package import Transports

/// The host's end of a virtio-serial channel, by libvirt.
///
/// libvirt's blocking stream, read by a thread of the channel's own and written by another, so that neither waits for
/// the other nor for the connection's other calls. A write that misses its deadline leaves the stream in an unknown
/// place: the channel is then broken. A read that misses its deadline loses nothing.
///
/// An empty read means that the hypervisor has closed the channel (the domain went away). A guest's program that closes
/// its end is not seen here: QEMU keeps the host's side open.
///
/// A channel that is released closes itself.
package final class DomainChannel: Transport {
  /// The most that one call hands to libvirt or takes from it: below every message limit that libvirt has had.
  private static let pieceSize = 65_536

  private let label: String
  private let stream: ChannelStream
  private let inbox: ChannelInbox
  private let writer: ThreadExecutor

  /// Opens the channel; runs on the connection's thread.
  init(
    opening name: String, of domain: OpaquePointer, on connection: Connection, _ raw: OpaquePointer, label: String,
    _ libvirt: LibvirtFunctions
  ) throws(LibvirtError) {
    writer = try ThreadExecutor()
    let reader = try ThreadExecutor()
    stream = try ChannelStream(opening: name, of: domain, on: connection, raw, libvirt)
    inbox = ChannelInbox(limit: 4 * Self.pieceSize)
    self.label = label
    // The thread outlives this object until the stream ends, so it must not hold it.
    reader.run { [stream, inbox] in
      while inbox.waitForRoom() {
        switch stream.receive(atMost: Self.pieceSize) {
        case .success(let bytes) where bytes.isEmpty:
          inbox.finish(nil)
          stream.end(aborting: false)
          return
        case .success(let bytes): inbox.deliver(bytes)
        case .failure(let error):
          inbox.finish(error)
          stream.end(aborting: true)
          return
        }
      }
    }
  }

  deinit { endInBackground {} }

  /// Closes the channel and returns when libvirt has let go of it, so that it can be opened again; a second call does
  /// nothing. When the deadline passes first, it closes in its own time.
  package func close(until deadline: ContinuousClock.Instant) async {
    try? await withDeadline(deadline) {
      await withCheckedContinuation { continuation in
        self.endInBackground { continuation.resume() }
      }
    }
  }

  /// Ends the stream from the writer's thread, which may have to wait for a write that hangs.
  private func endInBackground(_ done: @escaping @Sendable () -> Void) {
    inbox.finish(LibvirtError(.closed, "closed here"))
    writer.run { [stream] in
      stream.end(aborting: true)
      done()
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
    if let error = inbox.failure {
      throw TransportError(.closed, "\(label): \(error.message)")
    }
    let result: Result<Void, LibvirtError>
    do {
      result = try await withDeadline(deadline) { [stream, writer] in
        await withCheckedContinuation { continuation in
          writer.run {
            continuation.resume(returning: stream.send(bytes, pieceSize: Self.pieceSize))
          }
        }
      }
    } catch {
      // Nobody knows how much of it went out, or will.
      endInBackground {}
      if error is DeadlineExceeded { throw TransportError(.timedOut, "\(label): could not be written in time") }
      throw TransportError(.system, "\(label): the write was cancelled")
    }
    if case .failure(let error) = result { throw TransportError(.closed, "\(label): \(error.message)") }
  }
}
