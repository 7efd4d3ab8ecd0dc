// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc
import Transports

/// Runs `body`, which may block for as long as a file system likes (Proxmox's settings lie on FUSE), on a thread of its
/// own: one that hangs takes none of the few threads on which everything else is served.
/// - Throws: `DeadlineExceeded`, and then the thread is left behind; `CancellationError`.
func blocking<Value: Sendable>(
  until deadline: ContinuousClock.Instant, _ body: @escaping @Sendable () -> Value
) async throws -> Value {
  try await withDeadline(deadline) {
    await withCheckedContinuation { continuation in
      let call = BlockingCall { continuation.resume(returning: body()) }
      let argument = Unmanaged.passRetained(call)
      var thread = pthread_t()
      let status = pthread_create(
        &thread, nil,
        { argument in
          if let argument { Unmanaged<BlockingCall>.fromOpaque(argument).takeRetainedValue().body() }
          return nil
        }, argument.toOpaque())
      if status == 0 {
        pthread_detach(thread)
      } else {
        // Without a thread to spare it is done here, as best one can.
        argument.takeRetainedValue().body()
      }
    }
  }
}

/// What a thread is to do.
private final class BlockingCall: Sendable {
  let body: @Sendable () -> Void
  init(_ body: @escaping @Sendable () -> Void) { self.body = body }
}
