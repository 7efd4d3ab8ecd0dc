// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
package import BalloonEvidence
import GuestLink
package import Libvirt
package import QMP
import RegistryHive
import Transports

// Every source's own error as the evidence's one kind, by code and never by text.

extension Failure {
  init(_ error: LinkError) {
    let reason: Reason =
      switch error.code {
      case .silent, .timedOut: .timedOut
      case .incompatible, .garbage, .flooded: .incompatible
      case .malformed: .malformed
      case .closed: .disconnected
      case .remote:
        switch error.remote?.code {
        case .unsupported?, .methodNotFound?: .unsupported
        case .denied?: .denied
        default: .failed
        }
      default: .failed
      }
    self.init(reason, error.description)
  }

  init(_ error: QGAError) {
    let reason: Reason =
      switch error.code {
      case .silent, .timedOut: .timedOut
      case .garbage, .flooded: .incompatible
      case .malformed: .malformed
      case .closed, .unserved: .disconnected
      case .notFound: .notFound
      case .denied: .denied
      case .unsupported: .unsupported
      case .refused: error.isCommandMissing ? .unsupported : .failed
      default: .failed
      }
    self.init(reason, error.message)
  }

  init(_ error: HiveError) {
    let reason: Reason =
      switch error.code {
      case .notFound: .notFound
      case .denied: .denied
      case .notHive, .malformed, .truncated, .otherHive, .notRegular, .tooLarge: .malformed
      default: .failed
      }
    self.init(reason, error.message)
  }

  init(_ error: TransportError) {
    let reason: Reason =
      switch error.code {
      case .notFound: .notFound
      case .denied: .denied
      case .refused, .closed: .disconnected
      case .busy: .busy
      case .timedOut: .timedOut
      default: .failed
      }
    self.init(reason, error.message)
  }

  package init(_ error: LibvirtError) {
    let reason: Reason =
      if error.isDenied {
        .denied
      } else if error.isNoDomain {
        .notFound
      } else if error.isUnsupported {
        .unsupported
      } else if error.code == .timedOut {
        .timedOut
      } else if error.code == .libraryMissing {
        .notFound
      } else {
        .failed
      }
    self.init(reason, error.message)
  }

  package init(_ error: QMPError) {
    let reason: Reason =
      switch error.code {
      case .heldByAnother: .busy
      case .notQMP: .incompatible
      case .unsupported: .unsupported
      case .absent, .notFound: .notFound
      case .malformed: .malformed
      case .timedOut: .timedOut
      case .denied: .denied
      case .closed, .unserved: .disconnected
      default: .failed
      }
    self.init(reason, error.message)
  }
}
