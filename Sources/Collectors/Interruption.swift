// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Synchronization

/// Puts off what ends this process (SIGINT, SIGTERM, SIGHUP) while there is something that must be tidied up first.
///
/// One at a time: a process has one handler a signal.
package struct Interruption: ~Copyable {
  private static let signals = [SIGINT, SIGTERM, SIGHUP]
  /// The signal that came; 0 for none.
  private static let noted = Atomic<Int32>(0)
  /// Whether the next one ends this process as it would any other.
  private static let lets = Atomic<Bool>(false)
  private var before: [(signal: Int32, action: sigaction)] = []

  package init() {
    Self.noted.store(0, ordering: .relaxed)
    Self.lets.store(false, ordering: .relaxed)
    for signal in Self.signals {
      var old = sigaction()
      // What the caller has ignored, as nohup(1) does, stays ignored.
      guard sigaction(signal, nil, &old) == 0,
        unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) != unsafeBitCast(SIG_IGN, to: Int.self)
      else { continue }
      var new = sigaction()
      new.__sigaction_handler.sa_handler = { Interruption.note($0) }
      if sigaction(signal, &new, nil) == 0 { before.append((signal, old)) }
    }
  }

  /// What a signal does; nothing but what may be done in the middle of anything.
  private static func note(_ signal: Int32) {
    guard lets.load(ordering: .relaxed) else { return noted.store(signal, ordering: .relaxed) }
    var action = sigaction()
    action.__sigaction_handler.sa_handler = SIG_DFL
    sigaction(signal, &action, nil)
    // It is blocked while it is handled, and takes effect with the return.
    raise(signal)
  }

  /// From now on a signal ends this process at once: somebody has been told that the first is minded, and has no
  /// patience.
  package static func letNextTakeEffect() { lets.store(true, ordering: .relaxed) }

  /// Whether one of the signals has come.
  var hasCome: Bool { Self.hasCome }

  /// Whether one has come to the only interruption that there is.
  package static var hasCome: Bool { noted.load(ordering: .relaxed) != 0 }

  /// Gives the signals back to whoever had them, and sends this process the one that came.
  consuming func end() {
    if let signal = release() { Self.send(signal) }
  }

  /// Gives the signals back to whoever had them; the one that came, for whoever lets it take effect later.
  package consuming func release() -> Int32? {
    for (signal, action) in before {
      var action = action
      sigaction(signal, &action, nil)
    }
    let signal = Self.noted.exchange(0, ordering: .relaxed)
    return signal == 0 ? nil : signal
  }

  /// Sends this process a signal.
  package static func send(_ signal: Int32) {
    // Dispatch's threads block all signals.
    var own = sigset_t()
    sigemptyset(&own)
    sigaddset(&own, signal)
    pthread_sigmask(SIG_UNBLOCK, &own, nil)
    raise(signal)
  }
}
