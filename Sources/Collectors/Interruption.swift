// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Synchronization

/// Puts off what ends this process (SIGINT, SIGTERM, SIGHUP) while there is something that must be tidied up first.
///
/// One at a time: a process has one handler a signal.
struct Interruption: ~Copyable {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  /// The signal that came; 0 for none.
  private static let noted = Atomic<Int32>(0)
  private var before: [(signal: Int32, action: sigaction)] = []

  init() {
    Self.noted.store(0, ordering: .relaxed)
    for signal in Self.signals {
      var old = sigaction()
      // What the caller has ignored, as nohup(1) does, stays ignored.
      guard sigaction(signal, nil, &old) == 0,
        unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self)
      else { continue }
      var new = sigaction()
      new.__sigaction_handler.sa_handler = { Interruption.noted.store($0, ordering: .relaxed) }
      if sigaction(signal, &new, nil) == 0 { before.append((signal, old)) }
    }
  }

  /// Whether one of the signals has come.
  var hasCome: Bool { Self.noted.load(ordering: .relaxed) != 0 }

  /// Gives the signals back to whoever had them, and sends this process the one that came.
  consuming func end() {
    for (signal, action) in before {
      var action = action
      sigaction(signal, &action, nil)
    }
    let signal = Self.noted.exchange(0, ordering: .relaxed)
    guard signal != 0 else { return }
    // Dispatch's threads block all signals.
    var own = sigset_t()
    sigemptyset(&own)
    sigaddset(&own, signal)
    pthread_sigmask(SIG_UNBLOCK, &own, nil)
    raise(signal)
  }
}
