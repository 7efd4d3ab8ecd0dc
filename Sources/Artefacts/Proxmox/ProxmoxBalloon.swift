// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence

/// What Proxmox's QEMU tells of the balloon in `query-balloon`, `info balloon` and `ballooninfo`.
///
/// Beside the size it has the maximum, and the guest's statistics only while they are asked for and the guest has
/// answered; a statistic that the guest has not set is left out. Source: pve-qemu
/// debian/patches/pve/0013-PVE-virtio-balloon-improve-query-balloon.patch.
struct ProxmoxBalloon: Hashable, Sendable {
  /// All sizes in bytes.
  var actual: UInt64
  var maximum: UInt64
  var total: UInt64?
  var free: UInt64?
  /// Seconds since 1970 by the host's clock.
  var lastUpdate: UInt64?

  /// How often Proxmox asks for statistics, in seconds. Source: qemu-server PVE/QemuServer.pm, at the start.
  static let period: UInt64 = 2

  init(actual: UInt64, maximum: UInt64, total: UInt64?, free: UInt64?, lastUpdate: UInt64?) {
    (self.actual, self.maximum) = (actual, maximum)
    (self.total, self.free, self.lastUpdate) = (total, free, lastUpdate)
  }

  /// Reads `{"actual": …, "max_mem": …}`.
  init?(_ json: JSON) {
    guard let actual = json["actual"]?.uint, let maximum = json["max_mem"]?.uint else { return nil }
    self.init(
      actual: actual, maximum: maximum, total: json["total_mem"]?.uint, free: json["free_mem"]?.uint,
      lastUpdate: json["last_update"]?.uint)
  }

  /// Reads the fields of a table, in bytes.
  init?(fields: [Substring: Substring]) {
    guard let actual = fields["actual"]?.decimal, let maximum = fields["max_mem"]?.decimal else { return nil }
    self.init(
      actual: actual, maximum: maximum, total: fields["total_mem"]?.decimal, free: fields["free_mem"]?.decimal,
      lastUpdate: fields["last_update"]?.decimal)
  }

  func tell(_ draft: inout EvidenceDraft, _ place: ArtefactPlace, _ kind: String) {
    let host = place.provenance(kind, .host)
    let guest = place.provenance("\(kind) (from the guest's driver)", .guest)
    draft.tell(\.configuration.maximum, .observed(maximum, host))
    var reading = draft.emptyReading(
      Unknown(
        failure: Failure(
          .notAsked, "Proxmox tells it only after the guest has answered", ask: draft.command.virtioStatus),
        provenance: host))
    reading.actual = .observed(actual, host)
    if let lastUpdate, lastUpdate > 0 {
      reading.lastUpdate = .observed(lastUpdate, host)
      // It is told only while the period is not 0.
      draft.tell(
        \.device.pollingInterval,
        .observed(Self.period, place.provenance("\(kind), last_update: Proxmox asks every 2 s", .host)))
      var leaves: [String: Observation<UInt64>] = [:]
      if let total { leaves[StatisticsField.totalMemory] = .observed(total, guest) }
      if let free { leaves[StatisticsField.freeMemory] = .observed(free, guest) }
      reading.statistics = leaves.isEmpty ? .absent(guest) : .observed(leaves, guest)
    }
    draft.tell(reading)
  }
}
