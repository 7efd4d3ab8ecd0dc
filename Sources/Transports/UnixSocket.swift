// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// A connection to a unix stream socket, or to a character device that carries a channel in its place (`/dev/pts/7`
/// of QEMU's `-chardev pty`).
///
/// Neither operation blocks a thread of Swift's pool: what cannot be done at once is waited for by one small thread for
/// all connections. The connection closes with ``close()`` or with its last reference.
package final class UnixSocket: Transport {
  /// Where it leads, as the caller named it.
  package let path: String
  /// The process that listened at the other end, as this machine numbers it; `nil` for a terminal, or when the kernel
  /// does not tell (a peer in another pid namespace).
  package let peerProcess: Int32?
  private let pump: DescriptorPump

  /// The longest path that fits a socket's address, in bytes. Source: unix(7), `sun_path`.
  package static let pathLimit = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

  /// Takes over an open descriptor of a stream socket or a terminal, and closes it in the end, on failure too.
  package init(adopting descriptor: Int32, path: String) throws(TransportError) {
    self.path = path
    peerProcess = Self.peer(of: descriptor)
    pump = try DescriptorPump(adopting: descriptor, path: path)
  }

  deinit { pump.close() }

  /// Connects to the socket at `path`, or opens the character device there.
  ///
  /// A server that takes no more clients just now is asked again until `deadline`.
  /// - Throws: `.invalid` when no socket can have that path or something else is there, `.notFound`, `.denied`,
  ///   `.refused` when nobody listens, `.busy` when its queue of waiting clients stays full, `.cancelled`, `.system`.
  package static func connect(
    to path: String, until deadline: ContinuousClock.Instant
  ) async throws(TransportError) -> UnixSocket {
    guard !path.isEmpty, !path.utf8.contains(0) else {
      throw TransportError(.invalid, "an empty path, or one with a zero byte, names no socket")
    }
    var status = stat()
    guard stat(path, &status) == 0 else { throw TransportError(reaching: path, errno: errno) }
    switch status.st_mode & S_IFMT {
    case S_IFSOCK: break
    case S_IFCHR: return try UnixSocket(adopting: openDevice(path), path: path)
    case S_IFDIR: throw TransportError(.invalid, "\(path) is a directory, not a socket")
    default: throw TransportError(.invalid, "\(path) is a file, not a socket")
    }
    guard path.utf8.count <= pathLimit else {
      throw TransportError(
        .invalid,
        "\(path): \(path.utf8.count) bytes, but a socket's path has at most \(pathLimit); "
          + "use a relative path or a symbolic link to its directory")
    }
    var pause = Duration.milliseconds(1)
    while true {
      if let descriptor = try connectOnce(path) { return try UnixSocket(adopting: descriptor, path: path) }
      let now = ContinuousClock.now
      guard now < deadline else {
        throw TransportError(
          .busy, "\(path): takes no more clients; it serves one at a time, and others hold it or wait for it")
      }
      do { try await Task.sleep(until: min(now + pause, deadline), clock: .continuous) } catch {
        throw TransportError(.cancelled, "\(path): cancelled while connecting")
      }
      pause = min(pause * 2, .milliseconds(50))
    }
  }

  package func read(until deadline: ContinuousClock.Instant) async throws(TransportError) -> [UInt8] {
    try await pump.read(until: deadline).get()
  }

  package func write(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) async throws(TransportError) {
    try await pump.write(bytes, until: deadline).get()
  }

  /// Closes the connection at once; operations under way end with `.closed`. A second call does nothing.
  package func close() { pump.close() }

  /// A connected descriptor, or `nil` when the queue of waiting clients is full just now.
  private static func connectOnce(_ path: String) throws(TransportError) -> Int32? {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw TransportError(reaching: path, errno: errno) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(pathLimit)) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    if result == 0 { return descriptor }
    let failure = errno
    _ = Glibc.close(descriptor)
    // A unix socket never connects in the background: EAGAIN says that the listener's queue is full.
    if failure == EAGAIN || failure == EINTR { return nil }
    throw TransportError(reaching: path, errno: failure)
  }

  /// Opens a character device; a terminal is made to pass bytes unchanged, as QEMU sets up its end of a pty.
  private static func openDevice(_ path: String) throws(TransportError) -> Int32 {
    let descriptor = open(path, O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw TransportError(reaching: path, errno: errno) }
    var settings = termios()
    guard tcgetattr(descriptor, &settings) == 0 else {
      _ = Glibc.close(descriptor)
      throw TransportError(.invalid, "\(path) is a device, but no terminal that could carry a channel")
    }
    cfmakeraw(&settings)
    _ = tcsetattr(descriptor, TCSANOW, &settings)
    return descriptor
  }

  /// SO_PEERCRED; source: unix(7).
  private static func peer(of descriptor: Int32) -> Int32? {
    // struct ucred, which Glibc hides without _GNU_SOURCE.
    var credentials: (pid: Int32, uid: UInt32, gid: UInt32) = (0, 0, 0)
    var size = socklen_t(MemoryLayout.size(ofValue: credentials))
    guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0, credentials.pid > 0 else {
      return nil
    }
    return credentials.pid
  }
}
