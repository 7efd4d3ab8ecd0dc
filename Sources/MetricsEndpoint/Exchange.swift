// SPDX-License-Identifier: GPL-3.0-or-later
internal import Glibc
internal import Synchronization

/// One connection, which serves one request.
final class Exchange: Sendable {
  enum State {
    /// The request is still coming in.
    case reading
    /// The connection is suspended; somebody works on the answer.
    case answering
    /// The answer is there, and not yet queued.
    case answered(MetricsReply)
    /// The answer is going out.
    case replying
  }

  private struct Held {
    var state = State.reading
    var since = ContinuousClock.now
    /// The socket, until the library closes it.
    var socket: CInt?
  }
  private let held: Mutex<Held>

  init(socket: CInt) { held = Mutex(Held(socket: socket < 0 ? nil : socket)) }

  var state: State {
    get { held.withLock { $0.state } }
    set {
      held.withLock {
        $0.state = newValue
        $0.since = .now
      }
    }
  }

  /// The library is about to close the socket, whose number may be another's afterwards.
  func close() { held.withLock { $0.socket = nil } }

  /// Ends the connection when the other side has taken longer than `limit` to ask or to read: a client that dawdles
  /// would otherwise keep its place by a byte now and then.
  func end(after limit: Duration) {
    held.withLock { held in
      switch held.state {
      case .reading, .replying: break
      case .answering, .answered: return
      }
      guard held.since + limit < .now, let socket = held.socket else { return }
      shutdown(socket, CInt(SHUT_RDWR))
      held.socket = nil
    }
  }
}
