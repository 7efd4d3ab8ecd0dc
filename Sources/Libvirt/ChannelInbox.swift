// SPDX-License-Identifier: GPL-3.0-or-later
internal import Dispatch
internal import Synchronization

/// What a channel's reading thread has received and nobody has read yet: a bounded queue between a thread that may
/// block and tasks that may not.
final class ChannelInbox: Sendable {
  enum Head: Sendable {
    case bytes([UInt8])
    case nothing
    /// No more will come; with the error, unless the peer closed.
    case ended(LibvirtError?)
  }

  private struct State {
    var pieces: [[UInt8]] = []
    var size = 0
    var end: Head?
    /// The thread waits for room.
    var full = false
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let limit: Int
  private let state = Mutex(State())
  private let room = DispatchSemaphore(value: 0)

  /// - Parameter limit: the number of bytes from which on the thread waits; it may be passed by one piece.
  init(limit: Int) { self.limit = limit }

  // MARK: - The thread's side

  /// Blocks while the queue is full; false when the channel has ended.
  func waitForRoom() -> Bool {
    while true {
      let (ended, full) = state.withLock { state in
        state.full = state.end == nil && state.size >= limit
        return (state.end != nil, state.full)
      }
      if ended { return false }
      if !full { return true }
      room.wait()
    }
  }

  func deliver(_ bytes: [UInt8]) {
    let waiter = state.withLock { state in
      // Once closed here, nobody will read it.
      guard state.end == nil else { return nil as CheckedContinuation<Void, Never>? }
      state.pieces.append(bytes)
      state.size += bytes.count
      return state.waiter.take()
    }
    waiter?.resume()
  }

  /// The first end counts: with nil the peer closed and what is queued can still be read.
  func finish(_ error: LibvirtError?) {
    let (waiter, wake) = state.withLock { state in
      guard state.end == nil else { return (nil as CheckedContinuation<Void, Never>?, false) }
      state.end = .ended(error)
      defer { state.full = false }
      return (state.waiter.take(), state.full)
    }
    waiter?.resume()
    if wake { room.signal() }
  }

  // MARK: - The tasks' side

  /// The oldest piece, or the end once all pieces are gone.
  func take() -> Head {
    let (head, wake) = state.withLock { state in
      guard let first = state.pieces.first else { return (state.end ?? .nothing, false) }
      state.pieces.removeFirst()
      state.size -= first.count
      let wake = state.full && state.size < limit
      if wake { state.full = false }
      return (.bytes(first), wake)
    }
    if wake { room.signal() }
    return head
  }

  /// The error that ended it, even while there are pieces to take; nil when it goes on, or when the peer closed.
  var failure: LibvirtError? {
    state.withLock { state in
      if case .ended(let error) = state.end { error } else { nil }
    }
  }

  /// Returns when there is something to take, or when the task is cancelled.
  func waitForArrival() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let resume = state.withLock { state -> [CheckedContinuation<Void, Never>] in
          guard state.pieces.isEmpty, state.end == nil, !Task.isCancelled else { return [continuation] }
          // One reader at a time is the contract; a second one is sent to look again rather than forgotten.
          defer { state.waiter = continuation }
          return state.waiter.map { [$0] } ?? []
        }
        for continuation in resume { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.waiter.take() }?.resume()
    }
  }
}
