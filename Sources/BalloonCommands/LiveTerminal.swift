// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Synchronization

/// The terminal while a view stands on it: another screen, no cursor, keys as they are pressed; and as it was
/// afterwards, however the program ends.
///
/// There is no curses library here: what is used are a dozen control sequences of ECMA-48 and of DEC's VT220, which
/// every terminal of the last thirty years has, and terminfo would answer with the same bytes. A terminal that says it
/// is dumb gets lines instead.
///
/// One at a time: a process has one terminal, and one handler a signal.
enum LiveTerminal {
  /// What the user did.
  enum Input: Sendable { case quit, redraw }

  /// Another screen (xterm's 1049), no cursor, no line wrap, an empty screen.
  private static let enter: StaticString = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l\u{1B}[2J\u{1B}[H"
  /// An empty screen again: what is wider than the screen was at first, tmux would leave behind (seen with 3.3a).
  private static let leave: StaticString = "\u{1B}[0m\u{1B}[2J\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"
  /// What ends a program, by somebody's will or by its own fault.
  private static let ending = [
    SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE,
  ]

  /// Whether the view's screen is up.
  private static let isUp = Atomic<Bool>(false)
  /// Whether the keys were there to be set.
  private static let hasKeys = Atomic<Bool>(false)
  /// The writing end of the pipe by which a handler wakes the listener; -1 for none.
  private static let bell = Atomic<Int32>(-1)
  // Written before the first handler is installed, and only read from then on.
  nonisolated(unsafe) private static var before = termios()
  nonisolated(unsafe) private static var during = termios()

  /// Whether a view can stand on standard output: a terminal that knows how to move its cursor.
  static var isAvailable: Bool {
    guard isatty(STDOUT_FILENO) == 1, let kind = getenv("TERM") else { return false }
    let name = String(cString: kind)
    return !name.isEmpty && name != "dumb" && name != "unknown"
  }

  /// Columns and lines; those of the oldest terminal where it does not say.
  static var size: (width: Int, height: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
    return (Int(size.ws_col), Int(size.ws_row))
  }

  /// Puts the view's screen up, and tells what the user does until ``close()``.
  static func open(_ tell: @escaping @Sendable (Input) -> Void) {
    var pipes: [Int32] = [-1, -1]
    if pipe(&pipes) == 0 {
      for end in pipes { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
      bell.store(pipes[1], ordering: .relaxed)
    }
    if isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &before) == 0 {
      during = before
      // Keys at once and unseen; ^C and ^Z stay signals.
      during.c_lflag &= ~tcflag_t(ICANON | ECHO)
      hasKeys.store(true, ordering: .relaxed)
    }
    for signal in ending { handle(signal) { LiveTerminal.end($0) } }
    handle(SIGTSTP) { LiveTerminal.end($0) }
    handle(SIGCONT) { _ in LiveTerminal.resume() }
    handle(SIGWINCH) { _ in LiveTerminal.ring() }
    up()
    listen(pipes[0], tell)
  }

  /// Gives the terminal back. Nothing may be drawn from then on.
  static func close() { down() }

  private static func handle(_ signal: Int32, _ body: @escaping @convention(c) (Int32) -> Void) {
    var old = sigaction()
    // What the caller has ignored, as nohup(1) does, stays ignored.
    guard sigaction(signal, nil, &old) == 0,
      unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self)
    else { return }
    var new = sigaction()
    new.__sigaction_handler.sa_handler = body
    new.sa_flags = SA_RESTART
    sigaction(signal, &new, nil)
  }

  // MARK: What may be done in the middle of anything (signal-safety(7)): write, tcsetattr, sigaction, raise

  private static func up() {
    guard !isUp.exchange(true, ordering: .relaxed) else { return }
    if hasKeys.load(ordering: .relaxed) { tcsetattr(STDIN_FILENO, TCSANOW, &during) }
    _ = write(STDOUT_FILENO, enter.utf8Start, enter.utf8CodeUnitCount)
  }

  private static func down() {
    guard isUp.exchange(false, ordering: .relaxed) else { return }
    _ = write(STDOUT_FILENO, leave.utf8Start, leave.utf8CodeUnitCount)
    if hasKeys.load(ordering: .relaxed) { tcsetattr(STDIN_FILENO, TCSANOW, &before) }
  }

  /// Gives the terminal back, and lets the signal do what it does to any other program.
  private static func end(_ signal: Int32) {
    down()
    var action = sigaction()
    action.__sigaction_handler.sa_handler = SIG_DFL
    sigaction(signal, &action, nil)
    // It is blocked while it is handled, and takes effect with the return.
    raise(signal)
  }

  /// After ^Z and `fg`.
  private static func resume() {
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { LiveTerminal.end($0) }
    action.sa_flags = SA_RESTART
    sigaction(SIGTSTP, &action, nil)
    up()
    ring()
  }

  private static func ring() {
    var byte: UInt8 = 0
    _ = write(bell.load(ordering: .relaxed), &byte, 1)
  }

  // MARK: Keys

  /// A thread of its own: waiting for a key must not hold one of the few that serve everything else.
  private static func listen(_ bell: Int32, _ tell: @escaping @Sendable (Input) -> Void) {
    let listener = Listener(keys: hasKeys.load(ordering: .relaxed) ? STDIN_FILENO : -1, bell: bell, tell: tell)
    let argument = Unmanaged.passRetained(listener)
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Listener>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, argument.toOpaque())
    // Without a thread there are no keys; ^C works all the same.
    if status == 0 { pthread_detach(thread) } else { argument.release() }
  }

  private final class Listener: Sendable {
    let keys: Int32
    let bell: Int32
    let tell: @Sendable (Input) -> Void
    init(keys: Int32, bell: Int32, tell: @escaping @Sendable (Input) -> Void) {
      (self.keys, self.bell, self.tell) = (keys, bell, tell)
    }

    func run() {
      var keys = keys
      while keys >= 0 || bell >= 0 {
        var entries = [
          pollfd(fd: keys, events: Int16(POLLIN), revents: 0), pollfd(fd: bell, events: Int16(POLLIN), revents: 0),
        ]
        guard poll(&entries, 2, -1) >= 0 else {
          if errno == EINTR { continue }
          return
        }
        if entries[0].revents != 0, !readKeys() { keys = -1 }
        if entries[1].revents != 0 {
          var bytes = [UInt8](repeating: 0, count: 64)
          while read(bell, &bytes, bytes.count) > 0 {}
          tell(.redraw)
        }
      }
    }

    /// - Returns: false when there will be no more.
    private func readKeys() -> Bool {
      var bytes = [UInt8](repeating: 0, count: 64)
      let count = read(keys, &bytes, bytes.count)
      guard count > 0 else { return count < 0 && (errno == EINTR || errno == EAGAIN) }
      for byte in bytes[..<count] {
        switch byte {
        case UInt8(ascii: "q"), UInt8(ascii: "Q"): tell(.quit)
        case 0x0C: tell(.redraw)  // ^L, when another program has written across the screen.
        default: break
        }
      }
      return true
    }
  }
}
