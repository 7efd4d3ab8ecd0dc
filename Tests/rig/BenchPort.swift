// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import GuestRig

/// The host's end of a virtio-serial port as the bench uses it: a blocking socket, one write a request, reads until the
/// line feed that ends every peer's reply. The same few instructions for every peer.
final class BenchPort {
  let request: [UInt8]
  private let descriptor: Int32
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 16)

  /// Connects to the socket at `path`; ``roundTrip()`` will send `request`.
  init(path: String, request: String) throws(RigError) {
    self.request = Array(request.utf8)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { target in
      guard path.utf8.count < target.count else { return false }
      target.copyBytes(from: path.utf8)
      return true
    }
    guard fits else { throw RigError(.system, "\(path) is too long for a unix socket") }
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw RigError(.system, "socket: error \(errno)") }
    // A peer that never answers ends the bench, not hangs it.
    var limit = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    let connected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard connected == 0 else { throw RigError(.system, "connect \(path): error \(errno)") }
  }

  deinit {
    close(descriptor)
    buffer.deallocate()
  }

  /// Sends the request and waits for the whole reply.
  /// - Returns: how many nanoseconds that took.
  func roundTrip() throws(RigError) -> Double {
    let start = monotonicNanoseconds()
    try exchange(request)
    return monotonicNanoseconds() - start
  }

  /// Sends another request, and gives the reply.
  func ask(_ request: String) throws(RigError) -> String {
    let count = try exchange(Array(request.utf8))
    return String(decoding: buffer[..<count], as: UTF8.self)
  }

  @discardableResult
  private func exchange(_ request: [UInt8]) throws(RigError) -> Int {
    let sent = request.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
    guard sent == request.count else { throw RigError(.system, "send: error \(errno)") }
    var count = 0
    while count < buffer.count, let base = buffer.baseAddress {
      let received = recv(descriptor, base + count, buffer.count - count, 0)
      guard received > 0 else {
        throw received == 0
          ? RigError(.program, "QEMU closed the port") : RigError(.timedOut, "no reply in ten seconds (error \(errno))")
      }
      count += received
      if memchr(base + count - received, 0x0A, received) != nil { return count }
    }
    throw RigError(.guest, "a reply of more than \(buffer.count) bytes")
  }
}
