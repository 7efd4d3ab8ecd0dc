// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Synchronization
import SystemPackage

/// Reads and writes one non-blocking descriptor; what cannot be done at once waits for ``DescriptorWatch``'s thread.
///
/// Every operation is tried on the spot under the lock, and left under the same lock for the thread when it must wait:
/// what comes in between is seen by the one or the other. A round trip costs one wake-up of the thread and no message
/// to it.
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
    /// By which the watch knows it; `nil` until it does.
    var key: UInt64?
    var reader: Reader?
    var writer: Writer?
  }

  /// The most bytes that one read returns.
  static let chunk = 64 << 10

  private let path: String
  private let isSocket: Bool
  private let watch: DescriptorWatch
  private let state: Mutex<State>

  /// Takes over `descriptor`, on failure too, and has it watched until it is closed.
  init(adopting descriptor: Int32, path: String) throws(TransportError) {
    func refused(_ failure: Errno) -> TransportError {
      _ = Glibc.close(descriptor)
      return TransportError(.system, "\(path): \(failure)")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw refused(Errno(rawValue: errno)) }
    let flags = fcntl(descriptor, F_GETFL)
    guard flags >= 0, fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) >= 0 else { throw refused(Errno(rawValue: errno)) }
    do throws(Errno) { watch = try DescriptorWatch.shared() } catch { throw refused(error) }
    self.path = path
    self.isSocket = status.st_mode & S_IFMT == S_IFSOCK
    state = Mutex(State(descriptor: descriptor))
    do throws(Errno) {
      let key = try watch.add(self, descriptor)
      state.withLock { $0.key = key }
    } catch {
      state.withLock { $0.descriptor = nil }
      throw refused(error)
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
          watch.wake(by: deadline)
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
          if let descriptor = state.descriptor, let key = state.key { watch.awaitRoom(descriptor, key: key) }
          watch.wake(by: deadline)
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
      if let key = state.key { watch.remove(descriptor, key: key) }
      _ = Glibc.close(descriptor)
      state.descriptor = nil
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

  // MARK: - The thread's side

  /// Does what can be done now, and ends what is late.
  ///
  /// - Returns: the next deadline of what still waits, `nil` when nothing does.
  func look() -> ContinuousClock.Instant? {
    var read: (Reader, ReadResult)?
    var written: (Writer, WriteResult)?
    let next: ContinuousClock.Instant? = state.withLock { state in
      guard state.reader != nil || state.writer != nil else { return nil }
      let now = ContinuousClock.now
      if let reader = state.reader {
        let late: ReadResult? = reader.deadline <= now ? .failure(late("the other end sent nothing")) : nil
        if let result = receive(&state) ?? late {
          read = (reader, result)
          state.reader = nil
        }
      }
      if var writer = state.writer {
        let late: WriteResult? = writer.deadline <= now ? .failure(late("the other end does not read")) : nil
        if let result = send(&writer, &state) ?? late {
          written = (writer, result)
          state.writer = nil
        } else {
          state.writer = writer
        }
      }
      return [state.reader?.deadline, state.writer?.deadline].compactMap { $0 }.min()
    }
    if let (reader, result) = read { reader.continuation.resume(returning: result) }
    if let (writer, result) = written { writer.continuation.resume(returning: result) }
    return next
  }
}
