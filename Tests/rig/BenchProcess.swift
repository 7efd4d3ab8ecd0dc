// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import GuestRig
import Synchronization

/// A program run as a whole, from before its start to after its end.
struct BenchProcess: Sendable {
  /// Nanoseconds.
  let time: Double
  let status: Int32

  /// The most memory that a program has resident, in KiB (`ru_maxrss` of wait4(2)).
  ///
  /// Linux counts what the starting process ever had, too, whose memory the child has until it becomes the program. So
  /// this asks Python, which has half of what a program with libvirt takes; this process may have more.
  static func peak(_ arguments: [String]) async throws -> Double {
    let script = """
      import os, sys
      null = os.open("/dev/null", os.O_RDWR)
      actions = [(os.POSIX_SPAWN_DUP2, null, stream) for stream in (0, 1, 2)]
      child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=actions)
      print(os.wait4(child, 0)[2].ru_maxrss)
      """
    let printed = try await GuestRig.Program.check(["python3", "-c", script] + arguments)
    guard let peak = Double(printed.filter(\.isNumber)) else { throw RigError(.program, "no peak: \(printed)") }
    return peak
  }

  /// Runs `arguments`, the first of which is a path, with no input and its output thrown away.
  ///
  /// Nothing stands between this process and the program, which would be measured with it. A program that is not done
  /// in a minute is killed.
  static func run(_ arguments: [String]) throws(RigError) -> BenchProcess {
    var words = arguments.map { strdup($0) } + [nil]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer {
      for word in words { free(word) }
      posix_spawn_file_actions_destroy(&actions)
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0)

    let start = monotonicNanoseconds()
    var child = pid_t()
    let failure = posix_spawn(&child, arguments[0], &actions, nil, &words, environ)
    guard failure == 0 else { throw RigError(.system, "\(arguments[0]): error \(failure)") }
    let watched = Watched(child)
    let watchdog = Task.detached {
      try await Task.sleep(for: .seconds(60))
      watched.kill()
    }
    defer { watchdog.cancel() }
    var information = siginfo_t()
    // It stays a zombie until the watchdog has been called off: nothing else can have its id.
    while waitid(P_PID, id_t(child), &information, WEXITED | WNOWAIT) != 0 {
      guard errno == EINTR else { throw RigError(.system, "waitid: error \(errno)") }
    }
    let end = monotonicNanoseconds()
    watched.release()
    var status: Int32 = 0
    guard waitpid(child, &status, 0) == child else { throw RigError(.system, "waitpid: error \(errno)") }
    guard status & 0x7F == 0 else {
      throw RigError(.program, "\(arguments.joined(separator: " ")) ended by signal \(status & 0x7F)")
    }
    return BenchProcess(time: end - start, status: (status >> 8) & 0xFF)
  }

  /// A child that may be killed until it is released.
  private final class Watched: Sendable {
    private let child: Mutex<pid_t?>
    init(_ child: pid_t) { self.child = Mutex(child) }
    func kill() { child.withLock { if let child = $0 { _ = Glibc.kill(child, SIGKILL) } } }
    func release() { child.withLock { $0 = nil } }
  }
}
