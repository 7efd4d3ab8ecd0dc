// SPDX-License-Identifier: GPL-3.0-or-later
internal import Dispatch
internal import Glibc
internal import Synchronization

/// A serial executor with a thread of its own, which may block for as long as it must.
///
/// Work runs in the order in which it came. When the executor is released, the thread finishes what is queued and ends;
/// it holds no reference to the executor, and nobody waits for it.
final class ThreadExecutor: SerialExecutor {
  private enum Work: Sendable {
    case job(UnownedJob)
    case closure(@Sendable () -> Void)
  }

  /// What the thread and the executor share.
  private final class Inbox: Sendable {
    struct State {
      var work: [Work] = []
      var released = false
    }
    let state = Mutex(State())
    /// Counts the pieces of work, and the release.
    let arrivals = DispatchSemaphore(value: 0)
  }

  private final class Start: Sendable {
    let inbox: Inbox
    let executor: Unretained
    init(inbox: Inbox, executor: Unretained) {
      self.inbox = inbox
      self.executor = executor
    }
  }

  /// The executor as its thread names it to the runtime. It is only compared and put into the thread's record while a
  /// job runs, and a job's actor keeps the executor alive.
  private struct Unretained: Sendable {
    let executor: UnownedSerialExecutor
  }

  private let inbox = Inbox()

  /// Starts the thread.
  /// - Throws: ``LibvirtError/Code/noThread`` when the system has none to give.
  init() throws(LibvirtError) {
    let start = Unmanaged.passRetained(
      Start(inbox: inbox, executor: Unretained(executor: UnownedSerialExecutor(ordinary: self))))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, nil,
      { argument in
        // The argument is the one passed below; a thread without it has nothing to do.
        guard let argument else { return nil }
        ThreadExecutor.run(Unmanaged<Start>.fromOpaque(argument).takeRetainedValue())
        return nil
      }, start.toOpaque())
    guard status == 0 else {
      start.release()
      throw LibvirtError(.noThread, systemError: status, "no thread could be started (errno \(status))")
    }
    pthread_detach(thread)
  }

  deinit {
    inbox.state.withLock { $0.released = true }
    inbox.arrivals.signal()
  }

  func enqueue(_ job: consuming ExecutorJob) {
    add(.job(UnownedJob(job)))
  }

  /// Runs `closure` on the thread, after what is queued. The closure may outlive the executor.
  func run(_ closure: @escaping @Sendable () -> Void) {
    add(.closure(closure))
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor {
    UnownedSerialExecutor(ordinary: self)
  }

  private func add(_ work: Work) {
    inbox.state.withLock { $0.work.append(work) }
    inbox.arrivals.signal()
  }

  private static func run(_ start: Start) {
    while true {
      start.inbox.arrivals.wait()
      let (next, released) = start.inbox.state.withLock { state in
        (state.work.isEmpty ? nil : state.work.removeFirst(), state.released)
      }
      switch next {
      case .job(let job): job.runSynchronously(on: start.executor.executor)
      case .closure(let closure): closure()
      case nil: if released { return }
      }
    }
  }
}
