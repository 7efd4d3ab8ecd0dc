// SPDX-License-Identifier: BSD-3-Clause
import AgentProtocol
import Subprocess
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// The host's end of a pseudo-terminal, whose other end an agent serves as its port.
struct Terminal: ~Copyable {
  private let host: Int32
  private static let setLock: UInt = 0x4004_5431  // TIOCSPTLCK
  private static let getNumber: UInt = 0x8004_5430  // TIOCGPTN
  /// The agent's end.
  let path: String

  init() throws {
    // Glibc's module has no posix_openpt and ptsname; these are what they do (ioctl_tty(2)).
    host = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC)
    var unlocked: Int32 = 0
    var number: UInt32 = 0
    guard host >= 0, ioctl(host, Self.setLock, &unlocked) == 0, ioctl(host, Self.getNumber, &number) == 0 else {
      throw TerminalError(description: "no pseudo-terminal: errno \(errno)")
    }
    path = "/dev/pts/\(number)"
  }
  deinit { close(host) }

  /// Writes what the terminal takes at once, and says how much that was.
  func write(_ bytes: [UInt8]) -> Int { bytes.withUnsafeBytes { max(0, Glibc.write(host, $0.baseAddress, $0.count)) } }

  /// Reads until a reply with `id` has come.
  func reply(_ id: UInt64, within limit: Duration = .seconds(20)) throws -> Reply {
    var decoder = RecordDecoder(limit: JSONLimits.reply.bytes)
    let deadline = ContinuousClock.now + limit
    var buffer = [UInt8](repeating: 0, count: 4096)
    while ContinuousClock.now < deadline {
      while let event = decoder.next() {
        if case .record(let text) = event, let reply = try? Reply(parsing: text), reply.id == id { return reply }
      }
      var wait = pollfd(fd: host, events: Int16(POLLIN), revents: 0)
      guard poll(&wait, 1, 100) > 0 else { continue }
      let count = read(host, &buffer, buffer.count)
      if count > 0 { decoder.append(buffer[..<count]) }
    }
    throw TerminalError(description: "no reply \(id)")
  }
}

struct TerminalError: Error, CustomStringConvertible {
  let description: String
}

/// How often a process gave up the processor, from `/proc/PID/status`.
func contextSwitches(of process: pid_t) throws -> [Substring] {
  var text = ""
  let file = try #require(fopen("/proc/\(process)/status", "r"))
  defer { fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  while fgets(&line, Int32(line.count), file) != nil {
    text += String(decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
  return text.split(separator: "\n").filter { $0.contains("ctxt_switches") }
}

/// Waits until `condition` holds, at most 20 s.
func waitUntil(_ condition: () throws -> Bool) async throws {
  let deadline = ContinuousClock.now + .seconds(20)
  while try !condition() {
    guard ContinuousClock.now < deadline else { throw TerminalError(description: "waited in vain") }
    try await Task.sleep(for: .milliseconds(20))
  }
}
