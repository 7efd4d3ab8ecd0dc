// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
internal import Synchronization

/// A libvirt stream to a domain's channel, which puts what it receives into an inbox.
///
/// `@unchecked` because it holds a `virStreamPtr` and whether that is still open: both are touched on the connection's
/// thread alone (`init`, `send` and `end` are called there, and `deinit` sends the rest there). What arrives is taken
/// on the event loop's thread, by the pointer that libvirt passes to the callback and keeps alive for it.
final class ChannelStream: @unchecked Sendable {
  /// The most that one call hands to libvirt or takes from it: below every message limit that libvirt has had.
  private static let pieceSize = 65_536

  private let connection: Connection
  private let libvirt: LibvirtFunctions
  private var pointer: OpaquePointer?

  /// Opens the stream on the connection's thread.
  ///
  /// The corresponding C functions are `virDomainLookupByUUIDString`, `virStreamNew`, `virDomainOpenChannel` and
  /// `virStreamEventAddCallback`.
  init(
    opening name: String, of uuid: String, on connection: Connection, _ raw: OpaquePointer, into inbox: ChannelInbox,
    _ libvirt: LibvirtFunctions
  ) throws(LibvirtError) {
    self.connection = connection
    self.libvirt = libvirt

    let found = try uuid.withWholeCString { (text) throws(LibvirtError) in
      libvirt.virDomainLookupByUUIDString(raw, text)
    }
    guard let domain = found else { throw libvirt.lastError() }
    defer { _ = libvirt.virDomainFree(domain) }
    guard let stream = libvirt.virStreamNew(raw, VIR_STREAM_NONBLOCK.rawValue) else { throw libvirt.lastError() }
    var opened = false
    do throws(LibvirtError) {
      let status = try name.withWholeCString { (text) throws(LibvirtError) in
        libvirt.virDomainOpenChannel(domain, text, stream, 0)
      }
      guard status == 0 else { throw libvirt.lastError() }
      opened = true
      let receiver = Unmanaged.passRetained(Receiver(inbox: inbox, libvirt) { [weak self] in self?.endLater() })
      let events =
        VIR_STREAM_EVENT_READABLE.rawValue | VIR_STREAM_EVENT_ERROR.rawValue
        | VIR_STREAM_EVENT_HANGUP.rawValue
      let added = libvirt.virStreamEventAddCallback(
        stream, Int32(bitPattern: events),
        { stream, _, opaque in
          guard let stream, let opaque else { return }
          Unmanaged<Receiver>.fromOpaque(opaque).takeUnretainedValue().receive(from: stream)
        },
        receiver.toOpaque(),
        { opaque in
          guard let opaque else { return }
          Unmanaged<Receiver>.fromOpaque(opaque).release()
        })
      guard added == 0 else {
        receiver.release()
        throw libvirt.lastError()
      }
    } catch {
      if opened { _ = libvirt.virStreamAbort(stream) }
      _ = libvirt.virStreamFree(stream)
      throw error
    }
    pointer = stream
    connection.channels.withLock { $0 += 1 }
  }

  deinit {
    guard let pointer else { return }
    let left = Leftover(pointer: pointer)
    connection.later { [libvirt, connection] in Self.end(left.pointer, libvirt, on: connection) }
  }

  /// What is left of a stream that nobody holds any more, on its way to the connection's thread.
  private struct Leftover: @unchecked Sendable {
    let pointer: OpaquePointer
  }

  /// Sends all of it; blocks until libvirt has taken it.
  ///
  /// The corresponding C function is `virStreamSend`.
  func send(_ bytes: [UInt8]) throws(LibvirtError) {
    guard let pointer else { throw LibvirtError(.closed, "closed") }
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.prefix(Self.pieceSize).withUnsafeBytes { piece in
        libvirt.virStreamSend(pointer, piece.baseAddress?.assumingMemoryBound(to: CChar.self), piece.count)
      }
      // -2 would be "try again later" and 0 nothing taken: a remote stream says neither, and no event tells when.
      guard sent > 0 else {
        throw sent == -1 ? libvirt.lastError() : LibvirtError(.internalError, "the stream takes no more bytes")
      }
      rest = rest.dropFirst(Int(sent))
    }
  }

  /// Ends the stream, unless that is done; blocks until the daemon has answered.
  func end() {
    guard let pointer else { return }
    self.pointer = nil
    Self.end(pointer, libvirt, on: connection)
  }

  private func endLater() {
    connection.later { [self] in end() }
  }

  /// The corresponding C functions are `virStreamEventRemoveCallback`, `virStreamAbort` and `virStreamFree`. A stream
  /// that has come to its own end is aborted too: then it only answers with an error.
  private static func end(_ pointer: OpaquePointer, _ libvirt: LibvirtFunctions, on connection: Connection) {
    _ = libvirt.virStreamEventRemoveCallback(pointer)
    _ = libvirt.virStreamAbort(pointer)
    _ = libvirt.virStreamFree(pointer)
    connection.channels.withLock { $0 -= 1 }
  }

  /// What libvirt's event loop holds of a stream.
  private final class Receiver: Sendable {
    private let inbox: ChannelInbox
    private let libvirt: LibvirtFunctions
    private let ended: @Sendable () -> Void

    init(inbox: ChannelInbox, _ libvirt: LibvirtFunctions, ended: @escaping @Sendable () -> Void) {
      self.inbox = inbox
      self.libvirt = libvirt
      self.ended = ended
    }

    /// Takes one piece. libvirt calls again while there is more.
    ///
    /// The corresponding C function is `virStreamRecv`.
    func receive(from stream: OpaquePointer) {
      var received: Int32 = 0
      let bytes = [UInt8](unsafeUninitializedCapacity: pieceSize) { buffer, count in
        buffer.withMemoryRebound(to: CChar.self) { received = libvirt.virStreamRecv(stream, $0.baseAddress, pieceSize) }
        count = max(0, Int(received))
      }
      switch received {
      case 1...:
        if inbox.deliver(bytes) { return }
        inbox.finish(LibvirtError(.tooLarge, "the peer sent more than \(DomainChannel.unreadLimit) unread bytes"))
      case 0: inbox.finish(nil)
      case -2: return
      default: inbox.finish(libvirt.lastError())
      }
      // Until the stream is ended, it is not to be reported again.
      _ = libvirt.virStreamEventUpdateCallback(stream, 0)
      ended()
    }
  }
}
