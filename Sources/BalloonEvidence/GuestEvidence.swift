// SPDX-License-Identifier: GPL-3.0-or-later
package import PCI

/// The agent's channel, as the host sees it.
package struct ChannelEvidence: Codable, Hashable, Sendable {
  /// The name of the agent's port, when the guest has one; absent: no channel of that name is configured.
  package var port: Observation<String>
  /// Whether the guest has opened its end.
  package var guestOpen: Observation<Bool>
  /// Whether another client on the host holds this end.
  package var heldByAnother: Observation<Bool>

  package init(_ unknown: Unknown) {
    port = unknown()
    guestOpen = unknown()
    heldByAnother = unknown()
  }
}

/// What the agent inside the guest says. All of it is the guest's word.
package struct GuestEvidence: Codable, Hashable, Sendable {
  /// Who answered; failed with `timed-out`, `disconnected`, `busy` or `incompatible` when nobody did.
  package var agent: Observation<AgentIdentity>
  /// `linux`, `windows`, or the agent's own word.
  package var osFamily: Observation<String>
  package var osName: Observation<String>
  package var kernel: Observation<String>
  /// Seconds since the guest booted.
  package var uptime: Observation<UInt64>
  /// `guest.memory` by the names of the protocol, in bytes.
  package var memory: Observation<[String: Observation<UInt64>]>
  /// `balloon.stats`, computed in the guest, by the names of the protocol; memory in bytes.
  package var statistics: Observation<[String: Observation<UInt64>]>
  /// Every function of vendor 1af4 and every memory controller that the guest's system lists.
  package var functions: Observation<[GuestFunction]>
  package var services: Observation<[GuestService]>
  /// The system log's lines about the balloon.
  package var log: Observation<[String]>
  /// What Windows tells of itself besides; `nil` elsewhere.
  package var windows: WindowsSystem?
  /// What qemu-ga says; `nil` when it was not to be asked.
  package var qemuGA: QEMUGuestAgentEvidence?

  package init(_ unknown: Unknown) {
    agent = unknown()
    osFamily = unknown()
    osName = unknown()
    kernel = unknown()
    uptime = unknown()
    memory = unknown()
    statistics = unknown()
    functions = unknown()
    services = unknown()
    log = unknown()
  }
}

/// Who answers on the channel.
package struct AgentIdentity: Codable, Hashable, Sendable {
  package var name: String
  package var version: String
  /// The protocol's version.
  package var protocolVersion: UInt64
  package init(name: String, version: String, protocolVersion: UInt64) {
    self.name = name
    self.version = version
    self.protocolVersion = protocolVersion
  }
}

/// A PCI function as the guest's system knows it.
package struct GuestFunction: Codable, Hashable, Sendable {
  /// In the guest's own bus numbering.
  package var address: Observation<PCIAddress>
  package var path: Observation<PCIPath>
  package var identity: Observation<PCIIdentity>
  /// The driver that holds the function (sysfs driver, Windows Service value); absent: none.
  package var driver: Observation<String>
  /// The kernel module, or the INF on Windows.
  package var module: Observation<String>
  /// The driver of the virtio device below it; absent when the transport is bound alone.
  package var virtioDriver: Observation<String>
  /// The virtio status byte as the guest's driver core reads it.
  package var virtioStatus: Observation<UInt16>
  package var provider: Observation<String>
  package var driverVersion: Observation<String>
  /// Windows' problem code, 0 when there is none.
  package var problemCode: Observation<UInt16>
  /// What Windows knows besides; `nil` elsewhere.
  package var windows: WindowsFunction?

  package init(_ unknown: Unknown) {
    address = unknown()
    path = unknown()
    identity = unknown()
    driver = unknown()
    module = unknown()
    virtioDriver = unknown()
    virtioStatus = unknown()
    provider = unknown()
    driverVersion = unknown()
    problemCode = unknown()
  }
}

/// A driver or service of the balloon in the guest.
package struct GuestService: Codable, Hashable, Sendable {
  package var name: String
  /// `kernel-driver`, `user-service`, or `driver-package`: a package in Windows' driver store, whose name is its INF's.
  package var kind: String
  package var state: Observation<String>
  package var version: Observation<String>
  package var counters: [String: Observation<UInt64>]
  /// What Windows' service manager knows besides; `nil` elsewhere.
  package var windows: WindowsService?
  package init(
    name: String, kind: String, state: Observation<String>, version: Observation<String>,
    counters: [String: Observation<UInt64>], windows: WindowsService? = nil
  ) {
    self.name = name
    self.kind = kind
    self.state = state
    self.version = version
    self.counters = counters
    self.windows = windows
  }
}
