// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Libvirt
import Synchronization

/// Connections to libvirt that the guests of one run use one after the other.
///
/// Each guest has its connections to itself while it is looked at, so that one that hangs takes no other's with it; but
/// opening one is dear: an authentication, with `qemu+ssh` a session of ssh, of which sshd takes ten at a time
/// (`MaxStartups`, sshd_config(5)). So few are opened at once; after these a guest waits a moment for one that another
/// is done with, and more are opened one by one. They close with the pool.
package final class LibvirtPool: Sendable {
  /// How many connections of a kind are opened before a guest waits for one that another is done with.
  static let eager = 4
  /// How long it waits: then those in use are held by guests that take their time, and another is opened.
  static let patience = Duration.milliseconds(250)

  /// What connections have in common that can stand for each other.
  struct Kind: Hashable, Sendable {
    let uri: String
    let readOnly: Bool
    /// Whether they are for channels: see ``Connection/openAnother(takesEvents:until:)``.
    let forChannels: Bool
  }

  /// A connection, and how it was had: see ``LibvirtSession/connect(_:readOnly:_:)``.
  struct Opened: Sendable {
    let connection: Connection
    let isReadOnly: Bool
    let refusal: LibvirtError?
  }

  private struct Shelf {
    var idle: [Opened] = []
    /// How many are in use, or being opened.
    var taken = 0
    /// How many of those are being opened.
    var opening = 0
    var waiting: [(number: UInt64, continuation: CheckedContinuation<Opened?, Never>)] = []
  }

  private struct State {
    var shelves: [Kind: Shelf] = [:]
    var nextNumber: UInt64 = 0
  }

  private let state = Mutex(State())

  package init() {}

  /// One that is free, or a new one.
  func take(
    _ kind: Kind, orOpen open: () async throws(TargetError) -> Opened
  ) async throws(TargetError) -> Opened {
    if let idle = await idle(kind) { return idle }
    do throws(TargetError) {
      let opened = try await open()
      state.withLock { $0.shelves[kind, default: Shelf()].opening -= 1 }
      return opened
    } catch {
      state.withLock { state in
        state.shelves[kind, default: Shelf()].opening -= 1
        state.shelves[kind, default: Shelf()].taken -= 1
      }
      throw error
    }
  }

  /// For the next guest, unless it cannot be used any more.
  func giveBack(_ opened: Opened, _ kind: Kind) async {
    // Behind all that is still to be done on its thread, such as the end of a channel.
    let isAlive = (try? await opened.connection.isAlive(until: .now + .seconds(1))) ?? false
    let isGood = isAlive && !opened.connection.hasChannel
    let waiter: CheckedContinuation<Opened?, Never>? = state.withLock { state in
      if isGood, let first = state.shelves[kind, default: Shelf()].waiting.first {
        state.shelves[kind]?.waiting.removeFirst()
        return first.continuation
      }
      state.shelves[kind, default: Shelf()].taken -= 1
      if isGood { state.shelves[kind]?.idle.append(opened) }
      return nil
    }
    waiter?.resume(returning: opened)
  }

  /// One that is free, now or in a moment; `nil` when another is to be opened. Either counts as taken.
  private func idle(_ kind: Kind) async -> Opened? {
    await withCheckedContinuation { continuation in
      let (answer, number): (Opened??, UInt64) = state.withLock { state in
        var shelf = state.shelves[kind] ?? Shelf()
        defer { state.shelves[kind] = shelf }
        if let idle = shelf.idle.popLast() {
          shelf.taken += 1
          return (.some(idle), 0)
        }
        if shelf.taken < Self.eager {
          shelf.taken += 1
          shelf.opening += 1
          return (.some(nil), 0)
        }
        state.nextNumber += 1
        shelf.waiting.append((state.nextNumber, continuation))
        return (nil, state.nextNumber)
      }
      if let answer { continuation.resume(returning: answer) }
      guard answer == nil else { return }
      Task {
        repeat { try? await Task.sleep(for: Self.patience) } while !openAnother(kind, for: number)
      }
    }
  }

  /// Has the guest that waits open one of its own, unless another does.
  ///
  /// - Returns: false when it is to wait on.
  private func openAnother(_ kind: Kind, for number: UInt64) -> Bool {
    let (waiter, isSettled): (CheckedContinuation<Opened?, Never>?, Bool) = state.withLock { state in
      guard var shelf = state.shelves[kind], let index = shelf.waiting.firstIndex(where: { $0.number == number })
      else { return (nil, true) }
      guard shelf.opening == 0 else { return (nil, false) }
      shelf.taken += 1
      shelf.opening += 1
      let waiter = shelf.waiting.remove(at: index).continuation
      state.shelves[kind] = shelf
      return (waiter, true)
    }
    waiter?.resume(returning: nil)
    return isSettled
  }
}
