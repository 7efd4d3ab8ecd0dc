// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
package import AgentProtocol
import CAgentWindows
import WindowsPnP

/// An error code of Windows, of which the agent tells a few apart.
package struct WindowsError: Error, Hashable, Sendable {
  /// The number, as in winerror.h.
  package let code: UInt32

  package init(code: UInt32) { self.code = code }
  /// Takes what a function of the C shim returned: the negative code.
  init(_ result: Int64) { code = UInt32(truncatingIfNeeded: 0 &- result) }

  package enum Kind: Hashable, Sendable {
    /// There is no such file, key, value, property, service or device.
    case notFound
    case denied
    /// Somebody else has it open.
    case busy
    /// A port whose host is away: ERROR_NO_SYSTEM_RESOURCES from virtio-win's driver (vioserial/sys/Port.c),
    /// ERROR_HANDLE_EOF from Wine.
    case noPeer
    /// A write that cannot be taken now: ERROR_CANT_WAIT, the host being away or its queue full.
    case cannotWait
    /// The call was withdrawn.
    case aborted
    /// Windows has no such function.
    case unsupported
    /// The buffer was too small.
    case tooLong
    /// The end of a list.
    case ended
    /// The service is to stop.
    case stopping
    /// The port's device is being removed.
    case leaving
    case other
  }

  package var kind: Kind {
    switch code {
    // FILE_, PATH_NOT_FOUND; INVALID_DATA is SetupAPI's for a property that a device has not; INVALID_NAME;
    // NO_SUCH_DEVICE; SERVICE_DOES_NOT_EXIST; NOT_FOUND; RESOURCE_*_NOT_FOUND; KEY_DOES_NOT_EXIST; NO_SUCH_DEVINST.
    case 2, 3, 13, 123, 433, 1060, 1168, 1812, 1813, 1814, 0xe000_0204, 0xe000_020b: .notFound
    case 5: .denied
    case 32, 170, 231: .busy  // SHARING_VIOLATION, BUSY, PIPE_BUSY
    case 38, 1450: .noPeer
    case 552: .cannotWait
    case 995: .aborted
    case 1, 50, 120: .unsupported  // INVALID_FUNCTION, NOT_SUPPORTED, CALL_NOT_IMPLEMENTED
    case 122, 234: .tooLong  // INSUFFICIENT_BUFFER, MORE_DATA
    case 259: .ended  // NO_MORE_ITEMS
    case VB_WIN_STOPPING.rawValue: .stopping
    case VB_WIN_LEAVING.rawValue: .leaving
    default: .other
    }
  }

  /// The code with the system's words, `Access is denied. (error 5)`; they are in the guest's language.
  package var words: String {
    let number = "error " + String(code)
    let text = withUnsafeTemporaryAllocation(of: UInt16.self, capacity: 256) { buffer in
      let count = vb_win_error_text(code, buffer.baseAddress, Int64(buffer.count))
      return WideText.string(buffer.prefix(Int(clamping: max(0, count))))
    }
    var bytes = text.utf8[...]
    while let last = bytes.last, last <= 0x20 { bytes.removeLast() }
    return bytes.isEmpty ? number : String(decoding: bytes, as: UTF8.self) + " (" + number + ")"
  }

  package var failure: FactFailure {
    switch kind {
    case .denied: FactFailure(.denied, words)
    case .unsupported: FactFailure(.unsupported, words)
    case .tooLong: FactFailure(.malformed, "longer than the agent reads")
    default: FactFailure(.failed, words)
    }
  }

  /// How a method fails that needs `place`.
  func methodFailure(_ place: String) -> ProtocolError {
    let code: ProtocolError.Code =
      switch kind {
      case .notFound, .unsupported: .unsupported
      case .denied: .denied
      default: .internalError
      }
    return ProtocolError(code, place + ": " + words)
  }
}

extension Reading {
  init(_ error: WindowsError) {
    self = error.kind == .notFound ? .missing : .failed(error.failure)
  }
}
