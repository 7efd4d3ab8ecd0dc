// SPDX-License-Identifier: GPL-3.0-or-later
import CEpoll
import Glibc
import Synchronization
import SystemPackage

/// The one thread that waits for all connections: for input, for room to write, and for the end of their deadlines.
///
/// Each descriptor is watched for the moments at which something comes (edge-triggered), so a connection costs no call
/// of the kernel but those that carry its bytes, and what comes while nobody wants it wakes the thread once. It sleeps
/// towards a deadline that may be over by then; only at that time does it look through all connections for the next.
///
/// Source: epoll(7), eventfd(2).
final class DescriptorWatch: Sendable {
  private struct State {
    var pumps: [UInt64: DescriptorPump] = [:]
    /// Given to the next connection; 0 is the bell's.
    var nextKey: UInt64 = 1
    /// When the thread wakes by itself; `nil` for never.
    var sleepsUntil: ContinuousClock.Instant?
  }

  private let epoll: Int32
  /// What is written here wakes the thread.
  private let bell: Int32
  private let state = Mutex(State())

  /// Made with the first connection, and there until the process ends; what could not be made is tried again.
  private static let made = Mutex<DescriptorWatch?>(nil)

  /// - Throws: what the kernel refuses (descriptors, a thread), as an error number.
  static func shared() throws(Errno) -> DescriptorWatch {
    let result: Result<DescriptorWatch, Errno> = made.withLock { made in
      if let made { return .success(made) }
      do throws(Errno) {
        let watch = try DescriptorWatch()
        made = watch
        return .success(watch)
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  private init() throws(Errno) {
    epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
    guard epoll >= 0 else { throw Errno(rawValue: errno) }
    bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    var failure = bell >= 0 ? 0 : errno
    if failure == 0 { failure = control(EPOLL_CTL_ADD, bell, EPOLLIN.rawValue, key: 0) }
    if failure == 0 { failure = startThread() }
    guard failure == 0 else {
      for open in [epoll, bell] where open >= 0 { _ = Glibc.close(open) }
      throw Errno(rawValue: failure)
    }
  }

  // MARK: - The connections' side, under the lock of the one that calls

  /// Tells `pump` from now on when input comes to `descriptor`.
  ///
  /// - Returns: the connection's key for all that follows.
  /// - Throws: what the kernel refuses; `EPERM` where `descriptor` cannot be waited for (a file).
  func add(_ pump: DescriptorPump, _ descriptor: Int32) throws(Errno) -> UInt64 {
    let key = state.withLock { state in
      defer { state.nextKey += 1 }
      state.pumps[state.nextKey] = pump
      return state.nextKey
    }
    let failure = control(EPOLL_CTL_ADD, descriptor, EPOLLIN.rawValue | EPOLLET.rawValue, key: key)
    guard failure == 0 else {
      state.withLock { $0.pumps[key] = nil }
      throw Errno(rawValue: failure)
    }
    return key
  }

  /// Tells the pump besides when there is room to write, also if there is some by now.
  func awaitRoom(_ descriptor: Int32, key: UInt64) {
    _ = control(EPOLL_CTL_MOD, descriptor, EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLET.rawValue, key: key)
  }

  /// To be called before the descriptor is closed.
  func remove(_ descriptor: Int32, key: UInt64) {
    _ = control(EPOLL_CTL_DEL, descriptor, 0, key: key)
    // Its last reference must not end under this lock, which the end of a connection takes.
    _ = state.withLock { $0.pumps.removeValue(forKey: key) }
  }

  /// Sees to it that the connections are looked at by then.
  func wake(by deadline: ContinuousClock.Instant) {
    let isEarlier = state.withLock { state in
      guard state.sleepsUntil.map({ $0 > deadline }) ?? true else { return false }
      state.sleepsUntil = deadline
      return true
    }
    guard isEarlier else { return }
    var one: UInt64 = 1
    // A full counter has rung already.
    _ = Glibc.write(bell, &one, MemoryLayout.size(ofValue: one))
  }

  /// 0, or the error number of the call.
  private func control(_ operation: Int32, _ descriptor: Int32, _ events: UInt32, key: UInt64) -> CInt {
    var event = epoll_event(events: events, data: epoll_data_t(u64: key))
    return epoll_ctl(epoll, operation, descriptor, &event) == 0 ? 0 : errno
  }

  // MARK: - The thread

  /// 0, or the error number of the call that failed.
  private func startThread() -> CInt {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    pthread_attr_setstacksize(&attributes, 512 << 10)
    var thread = pthread_t()
    let reference = Unmanaged.passRetained(self)
    let failure = pthread_create(
      &thread, &attributes,
      { argument in
        if let argument { Unmanaged<DescriptorWatch>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, reference.toOpaque())
    if failure != 0 { reference.release() }
    return failure
  }

  private func run() -> Never {
    var events = [epoll_event](repeating: epoll_event(), count: 64)
    while true {
      let end = state.withLock(\.sleepsUntil)
      let timeout = end.map { Self.milliseconds(from: .now, to: $0) } ?? -1
      let count = Int(epoll_wait(epoll, &events, Int32(events.count), timeout))
      for event in events.prefix(max(0, count)) {
        let key = event.data.u64
        if key == 0 { drain() } else { _ = state.withLock { $0.pumps[key] }?.look() }
      }
      if let end, end <= .now { lookAtAll() }
    }
  }

  private func drain() {
    var count: UInt64 = 0
    _ = Glibc.read(bell, &count, MemoryLayout.size(ofValue: count))
  }

  /// Ends what is late, and finds the next deadline.
  private func lookAtAll() {
    // A deadline that is set meanwhile is set anew, and counts.
    let pumps = state.withLock { state in
      state.sleepsUntil = nil
      return Array(state.pumps.values)
    }
    guard let next = pumps.compactMap({ $0.look() }).min() else { return }
    state.withLock { $0.sleepsUntil = min($0.sleepsUntil ?? next, next) }
  }

  /// The time until `end`, rounded up, at most an hour: a longer sleep is taken in parts.
  private static func milliseconds(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Int32 {
    let (seconds, attoseconds) = start.duration(to: end).components
    guard seconds >= 0 else { return 0 }
    guard seconds < 3600 else { return 3_600_000 }
    return Int32(truncatingIfNeeded: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
  }
}
