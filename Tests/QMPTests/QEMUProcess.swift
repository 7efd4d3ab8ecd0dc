// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Synchronization

/// A QEMU of this machine without a guest, stopped before its first instruction (`-S`), with a monitor at ``monitor``.
final class QEMUProcess: Sendable {
  let directory: String
  var monitor: String { directory + "/qmp.sock" }
  private let pid: Mutex<pid_t?>

  static let program = "/usr/bin/qemu-system-x86_64"
  static let isInstalled = access(program, X_OK) == 0

  struct Failure: Error { let what: String }

  /// Starts it; `@` in an argument stands for its directory.
  init(_ arguments: [String]) throws {
    var template = Array("/tmp/qmp-tests.XXXXXX\0".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure(what: "mkdtemp") }
    let directory = String(decoding: template.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.directory = directory
    var words = [
      Self.program, "-accel", "tcg", "-m", "32", "-display", "none", "-nodefaults", "-no-user-config", "-S",
      "-qmp", "unix:\(directory)/qmp.sock,server=on,wait=off",
    ]
    words += arguments.map { $0.split(separator: "@", omittingEmptySubsequences: false).joined(separator: directory) }
    var list: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    list.append(nil)
    defer { for word in list { free(word) } }
    var child = pid_t()
    let failure = posix_spawn(&child, Self.program, nil, nil, &list, environ)
    guard failure == 0 else { throw Failure(what: "posix_spawn: \(failure)") }
    pid = Mutex(child)
  }

  /// Waits for the monitor's socket to stand there.
  func ready() async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while access(monitor, F_OK) != 0 {
      guard ContinuousClock.now < deadline else { throw Failure(what: "QEMU opened no monitor") }
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  /// Ends the process, by its id, and reaps it.
  func end() {
    pid.withLock { pid in
      guard let child = pid else { return }
      kill(child, SIGKILL)
      waitpid(child, nil, 0)
      pid = nil
    }
  }

  deinit {
    end()
    for name in ["qmp.sock", "hmp.sock", "agent.sock"] { unlink(directory + "/" + name) }
    rmdir(directory)
  }
}
