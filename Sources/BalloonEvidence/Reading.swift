// SPDX-License-Identifier: GPL-3.0-or-later

/// One look at the balloon's size and statistics.
package struct Reading: Codable, Hashable, Sendable {
  /// Seconds since 1970 by this machine's clock. An artefact does not tell when it was taken: then this is when it was
  /// looked at, and no leaf has a time.
  package var time: Double
  /// The balloon's actual size: what the guest has left, in bytes.
  package var actual: Observation<UInt64>
  /// When the guest last answered, in seconds since 1970 by the clock of the host that runs QEMU; absent when never.
  package var lastUpdate: Observation<UInt64>
  /// The statistics by the names of `balloon.stats` (memory in bytes); an unset one is absent.
  package var statistics: Observation<[String: Observation<UInt64>]>
  /// Resident memory of the QEMU process, in bytes.
  package var rss: Observation<UInt64>
  /// What the agent in the guest said at that time, where it was asked again and again; else `nil`.
  package var guest: GuestReading?

  package init(
    time: Double, actual: Observation<UInt64>, lastUpdate: Observation<UInt64>,
    statistics: Observation<[String: Observation<UInt64>]>, rss: Observation<UInt64>, guest: GuestReading? = nil
  ) {
    self.time = time
    self.actual = actual
    self.lastUpdate = lastUpdate
    self.statistics = statistics
    self.rss = rss
    self.guest = guest
  }

  /// The statistics that have a value.
  package var values: [String: UInt64] { (statistics.value ?? [:]).compactMapValues(\.value) }
}

/// One look at the guest's memory by the agent: the guest's word.
package struct GuestReading: Codable, Hashable, Sendable {
  /// As ``GuestEvidence/memory``.
  package var memory: Observation<[String: Observation<UInt64>]>
  /// As ``GuestEvidence/statistics``.
  package var statistics: Observation<[String: Observation<UInt64>]>
  package init(
    memory: Observation<[String: Observation<UInt64>]>, statistics: Observation<[String: Observation<UInt64>]>
  ) {
    self.memory = memory
    self.statistics = statistics
  }
}

/// Something that the machine told unasked.
package struct MachineEvent: Codable, Hashable, Sendable {
  /// When, in seconds since 1970, by the clock of whoever told: QEMU's own where it gives one, else this machine's.
  package var time: Double
  /// QEMU's word: `BALLOON_CHANGE`, `RESET`, `STOP`, `RESUME`; or libvirt's where QEMU has none.
  package var name: String
  /// The balloon's size from then on, in bytes, for `BALLOON_CHANGE`.
  package var actual: UInt64?
  package init(time: Double, name: String, actual: UInt64? = nil) {
    self.time = time
    self.name = name
    self.actual = actual
  }
}
