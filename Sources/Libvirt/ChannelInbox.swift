// SPDX-License-Identifier: GPL-3.0-or-later
internal import Synchronization

/// What a channel has received and nobody has read yet: a bounded queue between libvirt's event loop and tasks.
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
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: the most bytes that it holds.
  init(limit: Int) { self.limit = limit }

  /// Adds a piece; false when there is no room for it, or when the channel has ended.
  func deliver(_ bytes: [UInt8]) -> Bool {
    let (delivered, waiter) = state.withLock { state in
      guard state.end == nil, bytes.count <= limit - state.size else {
        return (false, nil as CheckedContinuation<Void, Never>?)
      }
      state.pieces.append(bytes)
      state.size += bytes.count
      return (true, state.waiter.take())
    }
    waiter?.resume()
    return delivered
  }

  /// Ends it: with nil the peer closed. The first end counts, and what is queued can still be read.
  func finish(_ error: LibvirtError?) {
    let waiter = state.withLock { state in
      guard state.end == nil else { return nil as CheckedContinuation<Void, Never>? }
      state.end = .ended(error)
      return state.waiter.take()
    }
    waiter?.resume()
  }

  /// The oldest piece, or the end once all pieces are gone.
  func take() -> Head {
    state.withLock { state in
      guard let first = state.pieces.first else { return state.end ?? .nothing }
      state.pieces.removeFirst()
      state.size -= first.count
      return .bytes(first)
    }
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
