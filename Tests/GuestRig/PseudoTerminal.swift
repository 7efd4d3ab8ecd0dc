// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

/// A pseudo-terminal that stands for a virtio-serial port: a program under test opens ``path`` as the guest's end, the
/// host's end is here. It is raw and never blocks.
package final class PseudoTerminal: Sendable {
  private let host: Int32
  /// Keeps the other end open, so that what a program left there is not lost when it goes.
  private let other: Int32
  private static let setLock: UInt = 0x4004_5431  // TIOCSPTLCK
  private static let getNumber: UInt = 0x8004_5430  // TIOCGPTN
  /// The other end, `/dev/pts/7`.
  package let path: String

  package init() throws(RigError) {
    // Glibc's module has no posix_openpt and ptsname; these are what they do (ioctl_tty(2)).
    let host = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    guard host >= 0 else { throw RigError(.system, "/dev/ptmx: \(systemMessage(errno))") }
    var unlocked: Int32 = 0
    var number: UInt32 = 0
    guard ioctl(host, Self.setLock, &unlocked) == 0, ioctl(host, Self.getNumber, &number) == 0 else {
      close(host)
      throw RigError(.system, "no pseudo-terminal: \(systemMessage(errno))")
    }
    let path = "/dev/pts/\(number)"
    let other = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
    var settings = termios()
    guard other >= 0, tcgetattr(other, &settings) == 0 else {
      close(host)
      throw RigError(.system, "\(path): \(systemMessage(errno))")
    }
    // Not an echo of what the host said before a program made the line raw.
    cfmakeraw(&settings)
    tcsetattr(other, TCSANOW, &settings)
    (self.host, self.other, self.path) = (host, other, path)
  }

  deinit {
    close(host)
    close(other)
  }

  /// Writes as many of `bytes` as the terminal takes at once, and says how many those were.
  package func send(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.withUnsafeBytes { max(0, write(host, $0.baseAddress, $0.count)) }
  }

  /// What has arrived, at most 64 KiB; empty when there is nothing.
  package func receive() -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = read(host, &bytes, bytes.count)
    return Array(bytes.prefix(max(0, count)))
  }

  /// Waits at most so long until something has arrived, or, if asked to, until something can be sent.
  package func wait(toSend: Bool, milliseconds: Int32 = 100) {
    var entry = pollfd(fd: host, events: Int16(POLLIN) | (toSend ? Int16(POLLOUT) : 0), revents: 0)
    poll(&entry, 1, milliseconds)
  }

  /// Offers the terminal as a socket at `path` while `body` runs, as QEMU's `-chardev socket,server=on` offers a port:
  /// one client after the other.
  package func serve<Result>(
    at path: String, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
  ) async throws -> Result {
    let listener = try UnixListener(path: path)
    let relay = Task.detached(priority: .high) { [self] in
      while !Task.isCancelled {
        guard let client = await listener.accept() else { return }
        await self.relay(client)
      }
    }
    let result: Swift.Result<Result, any Error>
    do { result = .success(try await body()) } catch { result = .failure(error) }
    relay.cancel()
    await relay.value
    return try result.get()
  }

  /// Carries bytes both ways until the client goes. It asks every millisecond: tests have deadlines only.
  private func relay(_ client: UnixStream) async {
    var waiting: [UInt8] = []
    while !Task.isCancelled {
      var moved = false
      if waiting.isEmpty {
        do {
          if let more = try client.receive() {
            if more.isEmpty { return }
            waiting = more
          }
        } catch { return }
      }
      if !waiting.isEmpty {
        let count = send(waiting[...])
        waiting.removeFirst(count)
        moved = count > 0
      }
      let received = receive()
      if !received.isEmpty {
        moved = true
        var rest = received[...]
        while !rest.isEmpty, !Task.isCancelled {
          guard let count = try? client.sendSome(rest) else { return }
          rest = rest.dropFirst(count)
          if count == 0 { try? await Task.sleep(for: .milliseconds(1)) }
        }
      }
      if !moved { try? await Task.sleep(for: .milliseconds(1)) }
    }
  }
}

/// A listening unix socket that never blocks.
private final class UnixListener: Sendable {
  private let descriptor: Int32
  init(path: String) throws(RigError) {
    descriptor = try UnixStream.socket(at: path, Glibc.bind)
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    // Listening before anybody is told of it.
    guard listen(descriptor, 4) == 0 else { throw RigError(.system, "listen: \(systemMessage(errno))") }
  }
  deinit { close(descriptor) }

  /// The next client; nil when the task was cancelled.
  func accept() async -> UnixStream? {
    while !Task.isCancelled {
      let client = Glibc.accept(descriptor, nil, nil)
      if client >= 0 {
        _ = fcntl(client, F_SETFD, FD_CLOEXEC)
        return UnixStream(adopting: client)
      }
      try? await Task.sleep(for: .milliseconds(2))
    }
    return nil
  }
}
