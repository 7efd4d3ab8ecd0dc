// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Synchronization
import SystemPackage

/// Reads and writes one non-blocking descriptor; a thread of its own waits where an operation cannot be done at once.
///
/// Every operation is tried on the spot under the lock, and registered under the same lock when it must wait. The
/// thread goes on watching for input after a read was served, so that a round trip costs one wake-up of it and no
/// message to it; input that nobody waits for wakes it once, then it looks away. It is told of a reader when it looks
/// away or sleeps past the deadline, and of every writer.
final class DescriptorPump: Sendable {
  typealias ReadResult = Result<[UInt8], TransportError>
  typealias WriteResult = Result<Void, TransportError>

  private struct Reader {
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<ReadResult, Never>
  }
  private struct Writer {
    let bytes: [UInt8]
    var sent: Int
    let deadline: ContinuousClock.Instant
    let continuation: CheckedContinuation<WriteResult, Never>
  }
  private struct State {
    /// `nil` once closed; used and closed under the lock only, so that a reused number is never touched.
    var descriptor: Int32?
    var reader: Reader?
    var writer: Writer?
    /// What the thread watches for; 0 when it looks away.
    var watches = Int16(POLLIN)
    /// When the thread wakes by itself; `nil` for never.
    var sleepsUntil: ContinuousClock.Instant?
  }

  /// The most bytes that one read returns.
  static let chunk = 64 << 10

  private let path: String
  private let isSocket: Bool
  /// A pair of sockets (Swift sees no pipe2): what is written to `bell` wakes the thread, which polls `alarm`.
  private let bell: Int32
  private let alarm: Int32
  private let state: Mutex<State>

  /// Takes over `descriptor`, on failure too, and starts the thread.
  init(adopting descriptor: Int32, path: String) throws(TransportError) {
    var status = stat()
    var failure: CInt = fstat(descriptor, &status) == 0 ? 0 : errno
    let flags = fcntl(descriptor, F_GETFL)
    if flags < 0 || fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) < 0 { failure = errno }
    var pair: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    if socketpair(AF_UNIX, kind, 0, &pair) < 0 { failure = errno }
    self.path = path
    self.isSocket = status.st_mode & S_IFMT == S_IFSOCK
    (alarm, bell) = (pair[0], pair[1])
    state = Mutex(State(descriptor: descriptor))
    if failure == 0 { failure = startThread() }
    guard failure == 0 else {
      for open in [descriptor] + pair where open >= 0 { _ = Glibc.close(open) }
      throw TransportError(.system, "\(path): \(Errno(rawValue: failure))")
    }
  }

  // MARK: - The caller's side

  func read(until deadline: ContinuousClock.Instant) async -> ReadResult {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let early: ReadResult? = state.withLock { state in
          guard state.reader == nil else { return .failure(overlap("read")) }
          if let result = receive(&state) { return result }
          guard ContinuousClock.now < deadline else { return .failure(late("the other end sent nothing")) }
          state.reader = Reader(deadline: deadline, continuation: continuation)
          let watched = state.watches & Int16(POLLIN) != 0
          if !watched || state.sleepsUntil.map({ $0 > deadline }) ?? true { wake() }
          return nil
        }
        if let early { continuation.resume(returning: early) }
        // The handler below may have run before the reader stood there to be found.
        if early == nil, Task.isCancelled { cancelRead() }
      }
    } onCancel: {
      cancelRead()
    }
  }

  func write(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) async -> WriteResult {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let early: WriteResult? = state.withLock { state in
          guard state.writer == nil else { return .failure(overlap("write")) }
          var writer = Writer(bytes: bytes, sent: 0, deadline: deadline, continuation: continuation)
          if let result = send(&writer, &state) { return result }
          guard ContinuousClock.now < deadline else { return .failure(late("the other end does not read")) }
          state.writer = writer
          wake()
          return nil
        }
        if let early { continuation.resume(returning: early) }
        if early == nil, Task.isCancelled { cancelWrite() }
      }
    } onCancel: {
      cancelWrite()
    }
  }

  func close() {
    let (reader, writer) = state.withLock { state in
      guard let descriptor = state.descriptor else { return (Reader?.none, Writer?.none) }
      // The thread's poll holds the socket open until it wakes and ends; the peer learns it now.
      _ = shutdown(descriptor, Int32(SHUT_RDWR))
      _ = Glibc.close(descriptor)
      state.descriptor = nil
      wake()
      defer { (state.reader, state.writer) = (nil, nil) }
      return (state.reader, state.writer)
    }
    reader?.continuation.resume(returning: .failure(closedHere))
    writer?.continuation.resume(returning: .failure(closedHere))
  }

  private func cancelRead() {
    let reader = state.withLock { state in
      defer { state.reader = nil }
      return state.reader
    }
    reader?.continuation.resume(returning: .failure(cancelled))
  }

  private func cancelWrite() {
    let writer = state.withLock { state in
      defer { state.writer = nil }
      return state.writer
    }
    writer?.continuation.resume(returning: .failure(cancelled))
  }

  private var closedHere: TransportError { TransportError(.closed, "\(path): the connection has been closed") }
  private var cancelled: TransportError { TransportError(.cancelled, "\(path): cancelled") }
  private func late(_ what: String) -> TransportError {
    TransportError(.timedOut, "\(path): \(what) within the time given")
  }
  private func overlap(_ what: String) -> TransportError {
    TransportError(.invalid, "\(path): another \(what) is under way")
  }

  // MARK: - Under the lock

  /// What can be read at once: bytes, none at the end, an error; `nil` when the caller must wait.
  private func receive(_ state: inout State) -> ReadResult? {
    guard let descriptor = state.descriptor else { return .failure(closedHere) }
    return withUnsafeTemporaryAllocation(byteCount: Self.chunk, alignment: 1) { buffer in
      while true {
        let count = Glibc.read(descriptor, buffer.baseAddress, Self.chunk)
        if count >= 0 { return .success(Array(buffer.prefix(count))) }
        switch errno {
        case EINTR: continue
        case EAGAIN: return nil
        // A terminal whose other end is closed.
        case EIO where !isSocket: return .success([])
        case let failure: return .failure(TransportError(using: path, errno: failure))
        }
      }
    }
  }

  /// Sends what fits: success when all has gone, an error; `nil` when the caller must wait.
  private func send(_ writer: inout Writer, _ state: inout State) -> WriteResult? {
    guard let descriptor = state.descriptor else { return .failure(closedHere) }
    while writer.sent < writer.bytes.count {
      let sent = writer.sent
      let count = writer.bytes.withUnsafeBytes { bytes in
        let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
        return isSocket
          ? Glibc.send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
          : Glibc.write(descriptor, rest.baseAddress, rest.count)
      }
      if count >= 0 {
        writer.sent += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN: return nil
      case let failure: return .failure(TransportError(using: path, errno: failure))
      }
    }
    return .success(())
  }

  /// Rings the thread's alarm. A full buffer has rung already.
  private func wake() {
    var one: UInt8 = 1
    _ = Glibc.write(bell, &one, 1)
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
        if let argument { Unmanaged<DescriptorPump>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, reference.toOpaque())
    if failure != 0 { reference.release() }
    return failure
  }

  private func run() {
    var ready = [pollfd(fd: alarm, events: Int16(POLLIN), revents: 0), pollfd(fd: -1, events: 0, revents: 0)]
    while let sleep = turn(seen: ready[1].revents) {
      ready[1] = pollfd(fd: sleep.descriptor, events: sleep.events, revents: 0)
      guard poll(&ready, 2, sleep.timeout) > 0 else {
        ready[1].revents = 0
        continue
      }
      if ready[0].revents != 0 { drain() }
    }
    _ = Glibc.close(alarm)
    _ = Glibc.close(bell)
  }

  private func drain() {
    var rung: [UInt8] = Array(repeating: 0, count: 64)
    while Glibc.read(alarm, &rung, rung.count) == rung.count {}
  }

  /// What the thread sleeps for.
  private struct Sleep {
    /// -1 to look away, which also keeps a lasting hang-up from waking it without end.
    let descriptor: Int32
    let events: Int16
    /// Milliseconds, -1 for ever.
    let timeout: Int32
  }

  /// Does what can be done, ends what is late; what to sleep for, `nil` when closed.
  private func turn(seen: Int16) -> Sleep? {
    var finished: (Reader, ReadResult)?
    var written: (Writer, WriteResult)?
    let sleep: Sleep? = state.withLock { state in
      guard let descriptor = state.descriptor else { return nil }
      let now = ContinuousClock.now
      if let reader = state.reader {
        let result = receive(&state)
        if let result = result ?? (reader.deadline <= now ? .failure(late("the other end sent nothing")) : nil) {
          finished = (reader, result)
          state.reader = nil
        }
      }
      if var writer = state.writer {
        let result = send(&writer, &state)
        if let result = result ?? (writer.deadline <= now ? .failure(late("the other end does not read")) : nil) {
          written = (writer, result)
          state.writer = nil
        } else {
          state.writer = writer
        }
      }
      // Keeps watching for input unless some has just come that nobody waits for.
      let quiet = seen & ~Int16(POLLOUT) == 0 && state.watches & Int16(POLLIN) != 0
      let keeps = state.reader != nil || finished != nil || quiet
      state.watches = (keeps ? Int16(POLLIN) : 0) | (state.writer != nil ? Int16(POLLOUT) : 0)
      let pending = [state.reader?.deadline, state.writer?.deadline].compactMap { $0 }.min()
      // With nobody waiting the old time stands, so that the next operation need not wake the thread.
      let wakes = pending ?? state.sleepsUntil.flatMap { $0 > now ? $0 : nil }
      state.sleepsUntil = wakes
      return Sleep(
        descriptor: state.watches == 0 ? -1 : descriptor, events: state.watches,
        timeout: wakes.map { milliseconds(from: now, to: $0) } ?? -1)
    }
    if let (reader, result) = finished { reader.continuation.resume(returning: result) }
    if let (writer, result) = written { writer.continuation.resume(returning: result) }
    return sleep
  }

  /// The time until `end`, rounded up, at most an hour: a longer sleep is taken in parts.
  private func milliseconds(from start: ContinuousClock.Instant, to end: ContinuousClock.Instant) -> Int32 {
    let (seconds, attoseconds) = start.duration(to: end).components
    guard seconds >= 0 else { return 0 }
    guard seconds < 3600 else { return 3_600_000 }
    return Int32(truncatingIfNeeded: seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1)
  }
}
