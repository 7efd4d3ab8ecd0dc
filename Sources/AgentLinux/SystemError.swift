// SPDX-License-Identifier: BSD-3-Clause
import AgentCore
import AgentProtocol
import CAgentPlatform

/// An errno, of which the agent tells a few apart.
struct SystemError: Error, Hashable {
  /// The negative errno that a function of the C shim returned.
  let code: Int64

  enum Kind: Hashable { case notFound, denied, again, overwritten, busy, other }

  var kind: Kind {
    switch UInt32(truncatingIfNeeded: vb_error_kind(code)) {
    case VB_NOT_FOUND.rawValue: .notFound
    case VB_DENIED.rawValue: .denied
    case VB_AGAIN.rawValue, VB_INTERRUPTED.rawValue: .again
    case VB_OVERWRITTEN.rawValue: .overwritten
    case VB_BUSY.rawValue: .busy
    default: .other
    }
  }

  /// The system's words, such as `Permission denied`.
  var words: String {
    var buffer = [UInt8](repeating: 0, count: 128)
    let count = buffer.withUnsafeMutableBufferPointer {
      vb_error_text(code, $0.baseAddress, Int64($0.count))
    }
    return String(decoding: buffer[..<Int(clamping: max(0, min(count, 128)))], as: UTF8.self)
  }

  var failure: FactFailure { FactFailure(kind == .denied ? .denied : .failed, words) }

  /// How a method fails that needs `path`.
  func methodFailure(_ path: String) -> ProtocolError {
    let code: ProtocolError.Code =
      switch kind {
      case .notFound: .unsupported
      case .denied: .denied
      default: .internalError
      }
    return ProtocolError(code, path + ": " + words)
  }
}

extension Reading {
  init(_ error: SystemError) {
    self = error.kind == .notFound ? .missing : .failed(error.failure)
  }
}
