// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
internal import Synchronization

/// A blocking libvirt stream that is read, written and ended from different threads.
///
/// `@unchecked` because it holds a `virStreamPtr`, which is counted atomically and whose calls may overlap:
/// `virStreamAbort` ends a `virStreamRecv` on another thread at once (tried). It is ended exactly once, and freed when
/// the last holder is gone, which is when no call on it can be running.
final class ChannelStream: @unchecked Sendable {
  private let pointer: OpaquePointer
  /// Kept open until the stream is freed.
  private let connection: Connection
  private let libvirt: LibvirtFunctions
  private let ended = Mutex(false)

  /// The corresponding C functions are `virStreamNew` and `virDomainOpenChannel`.
  init(
    opening name: String, of domain: OpaquePointer, on connection: Connection, _ raw: OpaquePointer,
    _ libvirt: LibvirtFunctions
  ) throws(LibvirtError) {
    guard let stream = libvirt.virStreamNew(raw, 0) else { throw libvirt.lastError() }
    do throws(LibvirtError) {
      let status = try name.withWholeCString { (text) throws(LibvirtError) in
        libvirt.virDomainOpenChannel(domain, text, stream, 0)
      }
      guard status == 0 else { throw libvirt.lastError() }
    } catch {
      _ = libvirt.virStreamFree(stream)
      throw error
    }
    pointer = stream
    self.connection = connection
    self.libvirt = libvirt
  }

  deinit {
    let left = Leftover(pointer: pointer, ended: ended.withLock { $0 })
    // On the connection's thread, because either call may talk to the daemon.
    connection.later { [libvirt] in
      if !left.ended { _ = libvirt.virStreamAbort(left.pointer) }
      _ = libvirt.virStreamFree(left.pointer)
    }
  }

  /// What is left of a stream that nobody holds any more, on its way to one other thread.
  private struct Leftover: @unchecked Sendable {
    let pointer: OpaquePointer
    let ended: Bool
  }

  /// The next bytes, empty at the end; blocks until then.
  ///
  /// The corresponding C function is `virStreamRecv`.
  func receive(atMost limit: Int) -> Result<[UInt8], LibvirtError> {
    var failure: LibvirtError?
    let bytes = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      let received = buffer.withMemoryRebound(to: CChar.self) { libvirt.virStreamRecv(pointer, $0.baseAddress, limit) }
      count = max(0, Int(received))
      if received < 0 { failure = libvirt.lastError() }
    }
    return failure.map { .failure($0) } ?? .success(bytes)
  }

  /// Sends all of it; blocks until libvirt has taken it.
  ///
  /// The corresponding C function is `virStreamSend`.
  func send(_ bytes: [UInt8], pieceSize: Int) -> Result<Void, LibvirtError> {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.prefix(pieceSize).withUnsafeBytes { piece in
        libvirt.virStreamSend(pointer, piece.baseAddress?.assumingMemoryBound(to: CChar.self), piece.count)
      }
      guard sent >= 0 else { return .failure(libvirt.lastError()) }
      // Zero would be a stream that takes nothing and says nothing.
      guard sent > 0 else { return .failure(LibvirtError(.internalError, "the stream takes no more bytes")) }
      rest = rest.dropFirst(Int(sent))
    }
    return .success(())
  }

  /// Ends the stream, unless that is done: by `virStreamFinish` after an orderly end, by `virStreamAbort` otherwise,
  /// which ends calls on other threads too. Blocks until the daemon has answered.
  func end(aborting: Bool) {
    let first = ended.withLock { ended in
      defer { ended = true }
      return !ended
    }
    guard first else { return }
    _ = aborting ? libvirt.virStreamAbort(pointer) : libvirt.virStreamFinish(pointer)
  }
}
