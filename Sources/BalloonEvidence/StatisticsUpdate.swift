// SPDX-License-Identifier: GPL-3.0-or-later

/// What a watch of a guest's statistics has to tell, in the order in which it happens.
package enum StatisticsUpdate: Hashable, Sendable {
  /// The guest was reached: at the beginning, after a lost connection, and when it was started anew.
  case found(WatchedGuest)
  /// A look at size and statistics, and what the guest's hypervisor says it is doing.
  case reading(Reading, state: Observation<String>)
  /// What the machine told of itself, as soon as it is known; how many more it told that were not kept.
  case events([MachineEvent], omitted: Int)
  /// The guest cannot be looked at. It is tried again after so many seconds.
  case lost(Failure, retry: Double)
}

/// A guest whose statistics are watched, as it was found.
package struct WatchedGuest: Hashable, Sendable {
  package var target: Target
  package var configuration: ConfigurationEvidence
  /// How often QEMU asks the guest's driver, in seconds; 0 when it does not. Not asked where libvirt answers: its XML
  /// has the period.
  package var pollingInterval: Observation<UInt64>
  /// As ``DomainEvidence/state``.
  package var state: Observation<String>
  /// Seconds between two readings.
  package var interval: Double
  /// Whether the machine tells of what happens to it; else its state and size are only asked for.
  package var tellsEvents: Bool
  /// What a report must tell of how the guest was found.
  package var notices: [String]

  package init(
    target: Target, configuration: ConfigurationEvidence, pollingInterval: Observation<UInt64>,
    state: Observation<String>, interval: Double, tellsEvents: Bool, notices: [String]
  ) {
    self.target = target
    self.configuration = configuration
    self.pollingInterval = pollingInterval
    self.state = state
    self.interval = interval
    self.tellsEvents = tellsEvents
    self.notices = notices
  }

  /// Seconds between two deliveries of the guest's driver; 0 when it is never asked, `nil` when that is not known.
  /// QEMU's own setting outranks the configuration.
  package var period: UInt64? { pollingInterval.value ?? configuration.statsPeriod.value }
}
