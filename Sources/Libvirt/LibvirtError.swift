// SPDX-License-Identifier: GPL-3.0-or-later
internal import CLibvirt
internal import Glibc

/// Why a call of libvirt, or of this module, failed.
///
/// Callers decide by ``code`` (and, for ``Code/systemError``, by ``systemError``), never by ``message``.
package struct LibvirtError: Error, Hashable, Sendable {
  /// One of libvirt's `virErrorNumber`, or a negative number of this module's own; open, so that an unknown number of
  /// a newer libvirt is carried along.
  package struct Code: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int32
    package init(rawValue: Int32) { self.rawValue = rawValue }

    // libvirt's own (virterror.h).
    /// An internal error; also what is reported when libvirt failed without setting an error.
    package static let internalError = Code(VIR_ERR_INTERNAL_ERROR)
    /// This driver has no such function.
    package static let noSupport = Code(VIR_ERR_NO_SUPPORT)
    /// No hypervisor could be connected to.
    package static let noConnect = Code(VIR_ERR_NO_CONNECT)
    package static let invalidConnection = Code(VIR_ERR_INVALID_CONN)
    package static let invalidArgument = Code(VIR_ERR_INVALID_ARG)
    /// The hypervisor refused; libvirt also says this of a channel that another client holds.
    package static let operationFailed = Code(VIR_ERR_OPERATION_FAILED)
    /// Forbidden on a read-only connection.
    package static let operationDenied = Code(VIR_ERR_OPERATION_DENIED)
    /// The operating system said no; ``LibvirtError/systemError`` has the errno.
    package static let systemError = Code(VIR_ERR_SYSTEM_ERROR)
    package static let rpc = Code(VIR_ERR_RPC)
    package static let noDomain = Code(VIR_ERR_NO_DOMAIN)
    package static let authenticationFailed = Code(VIR_ERR_AUTH_FAILED)
    /// Not possible in the domain's present state (not running, say).
    package static let operationInvalid = Code(VIR_ERR_OPERATION_INVALID)
    /// libvirt's own time ran out (a job held by another client, say); the connection is still good.
    package static let operationTimeout = Code(VIR_ERR_OPERATION_TIMEOUT)
    package static let authenticationCancelled = Code(VIR_ERR_AUTH_CANCELLED)
    /// The domain is not set up for it: also what is said when it has no channel for qemu-ga.
    package static let argumentUnsupported = Code(VIR_ERR_ARGUMENT_UNSUPPORTED)
    /// qemu-ga does not answer, or nobody in the guest has opened its channel.
    package static let agentUnresponsive = Code(VIR_ERR_AGENT_UNRESPONSIVE)
    /// qemu-ga does not return libvirt's number: it is out of step.
    package static let agentUnsynced = Code(VIR_ERR_AGENT_UNSYNCED)
    package static let operationUnsupported = Code(VIR_ERR_OPERATION_UNSUPPORTED)
    package static let accessDenied = Code(VIR_ERR_ACCESS_DENIED)
    package static let authenticationUnavailable = Code(VIR_ERR_AUTH_UNAVAILABLE)

    // This module's own.
    /// The library is not installed.
    package static let libraryMissing = Code(rawValue: -1)
    /// The library is there but cannot be loaded, or is too old to have a function that is needed.
    package static let libraryUnusable = Code(rawValue: -2)
    /// The deadline passed, in this call or in an earlier one that made the connection unusable.
    package static let timedOut = Code(rawValue: -3)
    /// The caller's task was cancelled.
    package static let cancelled = Code(rawValue: -4)
    /// The connection has been closed by its owner.
    package static let closed = Code(rawValue: -5)
    /// The answer is larger than this program accepts.
    package static let tooLarge = Code(rawValue: -6)
    /// No thread could be started.
    package static let noThread = Code(rawValue: -7)

    private init(_ number: virErrorNumber) { self.init(rawValue: Int32(bitPattern: number.rawValue)) }
  }

  package let code: Code
  /// The part of libvirt that raised it (`virErrorDomain`); 0 for this module's own codes.
  package let domain: Int32
  /// errno, where libvirt passed one on: only with ``Code/systemError``. ENOENT and ECONNREFUSED on opening mean that
  /// no daemon listens, EACCES that the caller may not connect.
  package let systemError: Int32?
  /// One line for a person, in libvirt's words; may hold text of a guest's configuration, at most 4 KiB.
  package let message: String

  package init(_ code: Code, domain: Int32 = 0, systemError: Int32? = nil, _ message: String) {
    self.code = code
    self.domain = domain
    self.systemError = systemError
    self.message = message
  }

  /// The caller lacks a right: a read-only connection, an authentication that failed, a socket that is not ours.
  package var isDenied: Bool {
    switch code {
    case .operationDenied, .accessDenied, .authenticationFailed, .authenticationCancelled, .authenticationUnavailable:
      true
    case .systemError: systemError == EACCES || systemError == EPERM
    default: false
    }
  }

  /// No domain has that name, UUID or id, or it went away.
  package var isNoDomain: Bool { code == .noDomain }

  /// The driver, or this build of the hypervisor, cannot do it at all.
  package var isUnsupported: Bool { code == .noSupport || code == .operationUnsupported }

  /// Not possible in the domain's present state.
  package var isInvalidNow: Bool { code == .operationInvalid }

  /// Nobody serves the connection: no daemon listens at its socket, or no hypervisor was found.
  package var isNotReachable: Bool {
    switch code {
    case .noConnect: true
    case .systemError: systemError == ENOENT || systemError == ECONNREFUSED
    default: false
    }
  }
}

extension LibvirtError: CustomStringConvertible {
  package var description: String { message }
}

extension LibvirtFunctions {
  /// Copies the calling thread's last error, which the next call of libvirt on this thread overwrites.
  ///
  /// The corresponding C function is `virGetLastError`.
  func lastError() -> LibvirtError {
    guard let error = virGetLastError()?.pointee else {
      return LibvirtError(.internalError, "libvirt failed without saying why")
    }
    let code = LibvirtError.Code(rawValue: error.code)
    // virReportSystemError puts errno into int1 (src/util/virerror.c; seen with 9.0: 2 without a daemon, 13 without
    // permission).
    let systemError = code == .systemError && error.int1 > 0 ? error.int1 : nil
    let message = error.message.flatMap { BoundedText.string($0, limit: 4096) } ?? "libvirt error \(error.code)"
    return LibvirtError(code, domain: error.domain, systemError: systemError, message)
  }
}
