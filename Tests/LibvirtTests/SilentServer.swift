// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Synchronization
import Testing

/// A unix socket that lets clients connect and never says a word. Closing it breaks their connections.
final class SilentServer: Sendable {
  let path: String
  private let open: Mutex<Int32>

  init() throws {
    let name = "/tmp/virt-balloon-silent-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    path = name
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    open = Mutex(descriptor)
    try #require(descriptor >= 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.utf8) }
    let status = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0)
    try #require(listen(descriptor, 64) == 0)
  }

  var uri: String { "qemu+unix:///system?socket=\(path)" }

  func close() {
    let descriptor = open.withLock { open in
      defer { open = -1 }
      return open
    }
    guard descriptor >= 0 else { return }
    _ = Glibc.close(descriptor)
    unlink(path)
  }

  deinit { close() }
}

/// What this process holds of the system.
struct Holdings: Equatable {
  let threads: Int
  let descriptors: Int

  static func now() -> Holdings {
    Holdings(threads: entries("/proc/self/task"), descriptors: entries("/proc/self/fd"))
  }

  private static func entries(_ path: String) -> Int {
    guard let directory = opendir(path) else { return -1 }
    defer { closedir(directory) }
    var count = 0
    while readdir(directory) != nil { count += 1 }
    return count
  }

  /// Polls until `condition` holds or half a minute has passed.
  static func wait(until condition: (Holdings) -> Bool) async throws -> Holdings {
    let deadline = ContinuousClock.Instant.soon
    while !condition(.now()), ContinuousClock.now < deadline { try await Task.sleep(for: .milliseconds(20)) }
    return .now()
  }
}
