// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import GuestRig
import Synchronization

/// A program run as a whole, from before its start to after its end.
struct BenchProcess: Sendable {
  /// Nanoseconds.
  let time: Double
  /// The most memory that it had resident, in KiB (`ru_maxrss` of wait4(2)); NaN when that cannot be told: Linux counts
  /// what this process itself ever had, whose memory the child has until it becomes the program.
  let peak: Double
  let status: Int32

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
    var usage = rusage()
    guard wait4(child, &status, 0, &usage) == child else { throw RigError(.system, "wait4: error \(errno)") }
    guard status & 0x7F == 0 else {
      throw RigError(.program, "\(arguments.joined(separator: " ")) ended by signal \(status & 0x7F)")
    }
    var own = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &own)
    let peak = usage.ru_maxrss > own.ru_maxrss ? Double(usage.ru_maxrss) : .nan
    return BenchProcess(time: end - start, peak: peak, status: (status >> 8) & 0xFF)
  }

  /// A child that may be killed until it is released.
  private final class Watched: Sendable {
    private let child: Mutex<pid_t?>
    init(_ child: pid_t) { self.child = Mutex(child) }
    func kill() { child.withLock { if let child = $0 { _ = Glibc.kill(child, SIGKILL) } } }
    func release() { child.withLock { $0 = nil } }
  }
}
