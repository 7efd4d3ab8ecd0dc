// SPDX-License-Identifier: GPL-3.0-or-later
package import BalloonEvidence

/// When and by whom many guests were looked at.
package struct CollectionFacts: Hashable, Sendable {
  /// The version of virt-balloon.
  package let tool: String
  /// Seconds since 1970 when it ended.
  package let finished: Double
  /// How long it took, in seconds.
  package let seconds: Double
  package init(tool: String, finished: Double, seconds: Double) {
    self.tool = tool
    self.finished = finished
    self.seconds = seconds
  }
}

/// A page of metrics of many guests.
package struct FleetMetrics: Sendable {
  /// Somebody who was asked for the guests: a libvirt, or Proxmox VE on this machine.
  package struct Host: Sendable {
    let target: Target
    let isUp: Bool
    package init(_ target: Target, isUp: Bool) {
      self.target = target
      self.isUp = isUp
    }
  }

  private let guests: [GuestExposition]
  private let lost: [Target]
  private let postponed: Int
  private let hidden: Int
  private let hosts: [Host]
  private let collection: CollectionFacts

  /// - Parameters:
  ///   - guests: how each was seen, now or before.
  ///   - lost: the guests that could not be looked at at all.
  ///   - postponed: for how many guests there was no time.
  ///   - hidden: how many of those have not been seen before either: they are not among `guests`.
  package init(
    guests: [GuestExposition], lost: [Target], postponed: Int = 0, hidden: Int = 0, hosts: [Host],
    _ collection: CollectionFacts
  ) {
    self.guests = guests
    self.lost = lost
    self.postponed = postponed
    self.hidden = hidden
    self.hosts = hosts
    self.collection = collection
  }

  /// - Parameter ledger: decides which versions become labels.
  package func page(_ ledger: inout VersionLedger) -> OpenMetrics {
    var build = MetricFamily("build", .info, help: "The program that looked.")
    build.add([MetricLabel("version", collection.tool)], .integer(1))
    var page = OpenMetrics([
      build,
      Self.single(
        "collection_timestamp", unit: "seconds", "When the guests had been looked at.",
        .number((collection.finished * 1_000).rounded() / 1_000)),
      Self.single(
        "collection_duration", unit: "seconds", "How long it took to look at all guests.",
        .number((collection.seconds * 1_000).rounded() / 1_000)),
      Self.single(
        "guests", "How many guests were found running.", .integer(UInt64(guests.count + lost.count + hidden))),
      Self.single(
        "guests_postponed",
        "How many guests there was no time for: they are shown as they were seen before, and come first the next time.",
        .integer(UInt64(postponed))),
    ])
    var reached = MetricFamily("host_up", help: "Whether the host could be asked for its guests.")
    for host in hosts {
      reached.add(
        [MetricLabel("kind", host.target.kind.rawValue), MetricLabel("location", host.target.location)],
        MetricValue(host.isUp))
    }
    page.add([reached])
    for guest in guests { page.add(guest.families(&ledger, now: collection.finished)) }
    // The same family as of a guest whose balloon could be looked at.
    for target in lost { page.add([GuestMetrics.up(GuestMetrics.labels(target), false)]) }
    return page
  }

  private static func single(
    _ name: String, unit: String? = nil, _ help: String, _ value: MetricValue
  ) -> MetricFamily {
    var family = MetricFamily(name, unit: unit, help: help)
    family.add([], value)
    return family
  }
}

extension Target {
  /// Whether this is a host with all its guests rather than one of them.
  var isHost: Bool {
    switch kind {
    case .libvirt: name == nil && uuid == nil
    case .proxmox: name == nil && UInt32(location) == nil
    case .qmp, .agent, .artefacts: false
    }
  }
}
