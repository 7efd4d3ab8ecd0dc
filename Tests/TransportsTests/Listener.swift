// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Synchronization

@testable import Transports

/// A unix stream socket that listens in a fresh directory, and is removed with it.
final class Listener: Sendable {
  let path: String
  let directory: String
  private let descriptor: Mutex<Int32>

  struct Failure: Error { let errno: Int32 }

  init(backlog: Int32 = 8) throws {
    let directory = try temporaryDirectory()
    let path = directory + "/socket"
    (self.directory, self.path) = (directory, path)
    let fd = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(fd, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard fd >= 0, bound == 0, listen(fd, backlog) == 0 else { throw Failure(errno: errno) }
    descriptor = Mutex(fd)
  }

  /// The connection of a client that has connected already.
  func accept() throws -> Int32 {
    let fd = descriptor.withLock { Glibc.accept($0, nil, nil) }
    guard fd >= 0 else { throw Failure(errno: errno) }
    return fd
  }

  /// Ends the listening and leaves the socket's file, as a process that was killed does.
  func stop() {
    descriptor.withLock {
      if $0 >= 0 { close($0) }
      $0 = -1
    }
  }

  deinit {
    stop()
    unlink(path)
    rmdir(directory)
  }
}

func temporaryDirectory() throws -> String {
  var template = Array("/tmp/transports.XXXXXX\0".utf8CString)
  guard mkdtemp(&template) != nil else { throw Listener.Failure(errno: errno) }
  return String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

/// Both ends of a new pseudo terminal: the master's descriptor, the slave's path. Source: pty(7), ioctl_tty(2).
func pseudoTerminal() throws -> (master: Int32, path: String) {
  let master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
  var (unlocked, number): (Int32, UInt32) = (0, 0)
  let setLock: UInt = 0x4004_5431  // TIOCSPTLCK, which Swift does not import
  let getNumber: UInt = 0x8004_5430  // TIOCGPTN
  guard master >= 0, ioctl(master, setLock, &unlocked) == 0, ioctl(master, getNumber, &number) == 0 else {
    throw Listener.Failure(errno: errno)
  }
  return (master, "/dev/pts/\(number)")
}

/// A deadline that no test reaches unless something hangs.
func ample() -> ContinuousClock.Instant { .now + .seconds(20) }
func soon() -> ContinuousClock.Instant { .now + .milliseconds(30) }

extension Transport {
  /// Reads until `count` bytes or the end have come.
  func read(exactly count: Int, until deadline: ContinuousClock.Instant) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      let more = try await read(until: deadline)
      if more.isEmpty { break }
      bytes += more
    }
    return bytes
  }
}
