// SPDX-License-Identifier: BSD-3-Clause

/// Whether a service runs: dwCurrentState of SERVICE_STATUS (winsvc.h).
package enum ServiceState: UInt32, Sendable {
  case stopped = 1
  case startPending = 2
  case stopPending = 3
  case running = 4
  case continuePending = 5
  case pausePending = 6
  case paused = 7

  /// The word of the protocol: `running`, `start-pending`.
  package var word: String {
    switch self {
    case .stopped: "stopped"
    case .startPending: "start-pending"
    case .stopPending: "stop-pending"
    case .running: "running"
    case .continuePending: "continue-pending"
    case .pausePending: "pause-pending"
    case .paused: "paused"
    }
  }
}

/// When a service starts: dwStartType of QUERY_SERVICE_CONFIG, the value `Start`.
package enum ServiceStart: UInt32, Sendable {
  /// With the loader, before Windows itself.
  case boot = 0
  /// While Windows initialises.
  case system = 1
  /// By the service manager, at each start.
  case automatic = 2
  /// When something asks for it, as Plug and Play does for a driver.
  case demand = 3
  /// Never.
  case disabled = 4

  /// A word for people: `automatic`.
  package var word: String {
    switch self {
    case .boot: "boot"
    case .system: "system"
    case .automatic: "automatic"
    case .demand: "demand"
    case .disabled: "disabled"
    }
  }
}
