// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
internal import Synchronization

/// libvirt's event loop: one for the process, because libvirt has only one, on a thread of its own.
///
/// Channels and watches need it, and nothing else here: it is started for the first of them and runs until the process
/// ends. Calls do their own input and output. A connection opened without it asks for no keepalive, so that a daemon
/// never drops it for being quiet; a daemon that has stopped answering is noticed by the deadline that every call has.
enum EventLoop {
  private static let running = Mutex(false)

  /// Starts it unless it runs; must come before the opening of the connections that it is to serve.
  ///
  /// The corresponding C functions are `virEventRegisterDefaultImpl` and `virEventRunDefaultImpl`.
  static func start(_ libvirt: LibvirtFunctions) throws(LibvirtError) {
    // The typed error would be lost in a rethrowing closure.
    let result: Result<Void, LibvirtError> = running.withLock { running in
      guard !running else { return .success(()) }
      do throws(LibvirtError) {
        let thread = try ThreadExecutor()
        guard libvirt.virEventRegisterDefaultImpl() == 0 else { throw libvirt.lastError() }
        thread.run { while libvirt.virEventRunDefaultImpl() == 0 {} }
        running = true
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
  /// Returns when the loop has done what was due before this.
  ///
  /// The corresponding C functions are `virEventAddTimeout` and `virEventRemoveTimeout`.
  static func turn(_ libvirt: LibvirtFunctions) async {
    await withCheckedContinuation { continuation in
      let turn = Unmanaged.passRetained(LoopTurn(libvirt, continuation))
      let timer = libvirt.virEventAddTimeout(
        0,
        { timer, opaque in
          guard let opaque else { return }
          Unmanaged<LoopTurn>.fromOpaque(opaque).takeUnretainedValue().come(timer)
        },
        turn.toOpaque(),
        { opaque in
          guard let opaque else { return }
          Unmanaged<LoopTurn>.fromOpaque(opaque).release()
        })
      guard timer < 0 else { return }
      // Without a timer nothing can be waited for.
      turn.release()
      continuation.resume()
    }
  }
}

/// Who waits for a turn of the loop: resumed by the loop's thread, once.
private final class LoopTurn: Sendable {
  private let libvirt: LibvirtFunctions
  private let waiter: Mutex<CheckedContinuation<Void, Never>?>

  init(_ libvirt: LibvirtFunctions, _ waiter: CheckedContinuation<Void, Never>) {
    self.libvirt = libvirt
    self.waiter = Mutex(waiter)
  }

  func come(_ timer: Int32) {
    _ = libvirt.virEventRemoveTimeout(timer)
    waiter.withLock { $0.take() }?.resume()
  }
}
