// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// A connected unix socket that never blocks: the rig's callers poll it.
package final class UnixStream: Sendable {
  private let descriptor: Int32

  /// Connects to the listener at `path`.
  /// - Throws: ``RigError`` with the code `system`: nobody listens there (yet), or the path is longer than the 107
  ///   bytes that `sun_path` holds.
  package init(path: String) throws(RigError) { descriptor = try Self.socket(at: path, connect) }

  /// Takes over a connected socket.
  init(adopting descriptor: Int32) { self.descriptor = descriptor }

  /// A socket with `path` for its address, given to it or its peer's by `call`: bind(2) or connect(2).
  static func socket(
    at path: String, _ call: (Int32, UnsafePointer<sockaddr>?, socklen_t) -> Int32
  ) throws(RigError) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { buffer in
      guard path.utf8.count < buffer.count else { return false }
      buffer.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { throw RigError(.system, "\(path) is too long for a unix socket") }
    let kind = SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue
    let socket = Glibc.socket(AF_UNIX, Int32(kind), 0)
    guard socket >= 0 else { throw RigError(.system, "socket: \(systemMessage(errno))") }
    let done = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        call(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard done == 0 else {
      let reason = systemMessage(errno)
      close(socket)
      throw RigError(.system, "\(path): \(reason)")
    }
    return socket
  }

  deinit { close(descriptor) }

  /// What has arrived, at most 64 KiB: nil when there is nothing yet, empty when the peer has closed its end.
  package func receive() throws(RigError) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = bytes.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT)) }
    if count >= 0 { return Array(bytes.prefix(count)) }
    if errno == EAGAIN || errno == EINTR { return nil }
    // A peer that was killed with bytes of ours unread resets the connection: it is gone all the same.
    if errno == ECONNRESET { return [] }
    throw RigError(.system, "recv: \(systemMessage(errno))")
  }

  /// Sends `bytes`, which are few enough for the socket's buffer.
  package func send(_ bytes: some Sequence<UInt8>) throws(RigError) {
    let bytes = Array(bytes)
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
    guard count == bytes.count else {
      throw RigError(.system, count < 0 ? "send: \(systemMessage(errno))" : "send: the socket's buffer is full")
    }
  }

  /// Sends as many of `bytes` as the socket takes at once, and says how many those were.
  func sendSome(_ bytes: ArraySlice<UInt8>) throws(RigError) -> Int {
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    let count = bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flags) }
    if count >= 0 { return count }
    if errno == EAGAIN || errno == EINTR { return 0 }
    throw RigError(.system, "send: \(systemMessage(errno))")
  }
}

/// The system's own words for an error number.
func systemMessage(_ number: Int32) -> String { strerror(number).map { String(cString: $0) } ?? "error \(number)" }
