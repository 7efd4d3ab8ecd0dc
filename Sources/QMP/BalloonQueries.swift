// SPDX-License-Identifier: GPL-3.0-or-later
package import AgentProtocol

/// The balloon's statistics as QEMU keeps them. Source: QEMU docs/interop/virtio-balloon-stats.rst, and
/// hw/virtio/virtio-balloon.c, property `guest-stats`.
package struct GuestStatistics: Hashable, Sendable {
  /// The statistics that have a value, by QEMU's names (`stat-free-memory`), those of newer versions too. Memory and
  /// swap in bytes, the rest as counts.
  package let values: [String: UInt64]
  /// The statistics that QEMU names and the guest has not set: QEMU says -1 or 2^64-1.
  package let unset: Set<String>
  /// When the guest last answered, in seconds since 1970 by the clock of QEMU's host; `nil` when it never did.
  package let lastUpdate: UInt64?

  /// How many statistics are read: QEMU 9.1 has 16.
  package static let limit = 256

  init(values: [String: UInt64], unset: Set<String>, lastUpdate: UInt64?) {
    (self.values, self.unset, self.lastUpdate) = (values, unset, lastUpdate)
  }

  package init(decoding json: JSON) throws(QMPError) {
    guard let stats = json["stats"]?.object, let update = json["last-update"]?.uint else {
      throw .malformed("guest-stats", "no statistics")
    }
    guard stats.members.count <= Self.limit else { throw .malformed("guest-stats", "too many statistics") }
    var values: [String: UInt64] = [:]
    var unset: Set<String> = []
    for member in stats.members {
      if member.value.int == -1 || member.value.uint == .max {
        unset.insert(member.key)
      } else if let value = member.value.uint {
        values[member.key] = value
      } else {
        throw .malformed("guest-stats", "a statistic that is no size or count")
      }
    }
    self.values = values
    self.unset = unset
    lastUpdate = update == 0 ? nil : update
  }
}

/// The reply to `query-balloon`. QEMU's own has the size alone; Proxmox's build adds what the guest delivered.
///
/// Source: QEMU qapi/machine.json, `BalloonInfo`; Proxmox pve-qemu, debian/patches/pve, "virtio-balloon: improve
/// query-balloon", which leaves out whatever is unset, and everything while polling is off or nothing has come.
package struct BalloonInfo: Hashable, Sendable {
  /// The size, in bytes.
  package let actual: UInt64
  /// All memory that the machine has, in bytes; `nil` but in Proxmox's build.
  package let maximum: UInt64?
  /// The statistics by the names that `guest-stats` has, memory in bytes; `nil` where the reply has none.
  package let statistics: GuestStatistics?

  /// Proxmox's names, and QEMU's.
  private static let names = [
    "mem_swapped_in": "stat-swap-in", "mem_swapped_out": "stat-swap-out", "major_page_faults": "stat-major-faults",
    "minor_page_faults": "stat-minor-faults", "free_mem": "stat-free-memory", "total_mem": "stat-total-memory",
  ]

  package init(decoding json: JSON) throws(QMPError) {
    guard let actual = json["actual"]?.uint else { throw .malformed("query-balloon", "no actual size") }
    self.actual = actual
    maximum = json["max_mem"]?.uint
    guard maximum != nil, let update = json["last_update"]?.uint, update > 0 else {
      statistics = nil
      return
    }
    var values: [String: UInt64] = [:]
    for (theirs, ours) in Self.names { values[ours] = json[theirs]?.uint }
    statistics = GuestStatistics(
      values: values, unset: Set(Self.names.values).subtracting(values.keys), lastUpdate: update)
  }
}

/// Reads the balloon's short replies.
package enum Balloon {
  /// The size in `query-balloon`, in bytes.
  package static func actual(_ json: JSON) throws(QMPError) -> UInt64 { try BalloonInfo(decoding: json).actual }

  /// `guest-stats-polling-interval`, in seconds; 0 when polling is off.
  package static func pollingInterval(_ json: JSON) throws(QMPError) -> UInt64 {
    guard let seconds = json.uint else { throw .malformed("guest-stats-polling-interval", "no number of seconds") }
    return seconds
  }
}

extension MonitorCommands {
  /// The balloon's actual size: what the guest has left, in bytes; `nil` when the machine has no balloon.
  package func balloonActual(until deadline: ContinuousClock.Instant) async throws(QMPError) -> UInt64? {
    try await balloonInfo(until: deadline)?.actual
  }

  /// All that `query-balloon` tells; `nil` when the machine has no balloon.
  /// - Throws: `.unsupported` where QEMU's accelerator cannot serve a balloon (`KVMMissingCap`).
  package func balloonInfo(until deadline: ContinuousClock.Instant) async throws(QMPError) -> BalloonInfo? {
    do { return try BalloonInfo(decoding: try await execute("query-balloon", until: deadline)) } catch {
      guard error.errorClass == "DeviceNotActive" else { throw error }
      return nil
    }
  }

  /// The statistics of the balloon at `path` (``balloonPaths(until:)``).
  package func guestStatistics(
    of path: String, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> GuestStatistics {
    try GuestStatistics(decoding: try await property("guest-stats", of: path, until: deadline))
  }

  /// How often QEMU asks the guest for statistics, in seconds; 0 when it does not.
  package func pollingInterval(
    of path: String, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> UInt64 {
    try Balloon.pollingInterval(try await property("guest-stats-polling-interval", of: path, until: deadline))
  }

  /// Whether a feature of the balloon at `path` is switched on in QEMU, such as `deflate-on-oom` or
  /// `free-page-reporting`. Whether the guest uses it stands in ``VirtioStatus/guest``.
  /// - Throws: `.refused` when this QEMU has no such property.
  package func isFeatureOn(
    _ feature: String, of path: String, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> Bool {
    guard let value = try await property(feature, of: path, until: deadline).bool else {
      throw .malformed("qom-get \(feature)", "neither true nor false")
    }
    return value
  }

  /// **Changes the machine:** sets how often QEMU asks the guest for statistics, in seconds; 0 stops it.
  ///
  /// For callers whose user has asked for it.
  package func setPollingInterval(
    of path: String, seconds: UInt32, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) {
    let arguments: JSONObject = [
      "path": .string(path), "property": "guest-stats-polling-interval", "value": .integer(seconds),
    ]
    _ = try await execute("qom-set", arguments, until: deadline)
  }
}
