// SPDX-License-Identifier: GPL-3.0-or-later
import WindowsPnP

/// What one artefact tells of one service or kernel driver. What it does not tell is `nil`.
struct ServiceTestimony: Hashable, Sendable {
  let name: String
  /// Whether the service manager knows no such service.
  var isMissing = false
  var state: ServiceState?
  /// SERVICE_*_START.
  var start: UInt32?
  var path: String?
  var exitCode: UInt64?
  var serviceExitCode: UInt64?
  var dependencies: [String]?

  init(
    name: String, isMissing: Bool = false, state: ServiceState? = nil, start: UInt32? = nil, path: String? = nil
  ) {
    self.name = name
    self.isMissing = isMissing
    self.state = state
    self.start = start
    self.path = path
  }

  /// The words of .NET's ServiceControllerStatus (`StartPending`) and of WMI's State (`Start Pending`), which no
  /// language changes.
  static func state(_ word: some StringProtocol) -> ServiceState? {
    switch String(word.filter { $0 != " " }).lowercased() {
    case "stopped": .stopped
    case "startpending": .startPending
    case "stoppending": .stopPending
    case "running": .running
    case "continuepending": .continuePending
    case "pausepending": .pausePending
    case "paused": .paused
    default: nil
    }
  }

  /// The words of .NET's ServiceStartMode and of WMI's StartMode.
  static func start(_ word: some StringProtocol) -> UInt32? {
    switch word.lowercased() {
    case "boot": 0
    case "system": 1
    case "auto", "automatic": 2
    case "manual": 3
    case "disabled": 4
    default: nil
    }
  }
}
