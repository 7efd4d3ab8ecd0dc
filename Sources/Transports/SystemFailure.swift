// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import SystemPackage

extension TransportError {
  /// Why nothing could be reached at `path`, in one line with what to do. The number is C's `errno`.
  init(reaching path: String, errno number: CInt) {
    switch number {
    case ENOENT, ENOTDIR:
      self.init(.notFound, "\(path): nothing is there; check the path, and that the guest is running")
    case EACCES, EPERM:
      self.init(.denied, "\(path): permission denied; run as root, or as the user that QEMU runs as")
    case ECONNREFUSED:
      self.init(.refused, "\(path): nobody listens there; the socket was left by a process that has ended")
    case EPROTOTYPE:
      self.init(.invalid, "\(path): a socket, but not one that carries a stream")
    case ENAMETOOLONG, ELOOP:
      self.init(.invalid, "\(path): \(Errno(rawValue: number))")
    case ENXIO, ENODEV:
      self.init(.refused, "\(path): no device answers there (\(Errno(rawValue: number)))")
    default:
      self.init(.system, "\(path): \(Errno(rawValue: number))")
    }
  }

  /// Why an open connection to `path` failed. The number is C's `errno`.
  init(using path: String, errno number: CInt) {
    switch number {
    case EPIPE, ECONNRESET, ENOTCONN, EIO, ENXIO, ENODEV:
      self.init(.closed, "\(path): the other end has closed the connection")
    default:
      self.init(.system, "\(path): \(Errno(rawValue: number))")
    }
  }
}
