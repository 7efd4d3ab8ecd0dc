// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig

/// What the host sees of one guest's balloon, read by the rig's own monitor client and not by the program under test.
struct HostView: Sendable {
  /// One virtio device, as `x-query-virtio-status` has it.
  struct Device: Hashable, Sendable {
    /// The short names of its status bits: ACKNOWLEDGE, DRIVER, FEATURES_OK, DRIVER_OK, NEEDS_RESET, FAILED.
    var status: Set<String>
    /// The short names of the features that the guest negotiated, without those of the transport.
    var features: Set<String>
  }
  /// Its function, as `query-pci` has it.
  struct Function: Hashable, Sendable {
    var vendor: Int64
    var device: Int64
    var subsystemVendor: Int64
    var subsystem: Int64
    var classCode: Int64
    /// The number that firmware or the guest gave its bus.
    var bus: Int64
    var slot: Int64
  }
  var balloon: Device?
  /// The balloon's sibling, the virtio-serial controller.
  var serial: Device?
  /// The balloon's function; nil also when firmware left its bus unnumbered.
  var balloonFunction: Function?
  /// Every function that `query-pci` has.
  var functions: [Function]
  /// Bytes; nil without a balloon.
  var actual: Int64?
  /// Seconds since the epoch, 0 for never; nil without a balloon.
  var lastUpdate: Int64?
  /// The statistics that QEMU has a value for, by their names there.
  var statistics: [String: Int64]
  /// QEMU's run state: "running", "paused" and so on.
  var runState: String?
  /// Whether the guest has the agent's port open; nil without that channel.
  var agentPortOpen: Bool?

  init(_ monitor: RigMonitor) async throws {
    let devices = try await monitor.execute("x-query-virtio").elements
    func status(_ name: String) async throws -> Device? {
      guard let path = devices.first(where: { $0["name"]?.string == name })?["path"] else { return nil }
      let reply = try await monitor.execute("x-query-virtio-status", ["path": path])
      return Device(
        status: Self.names(reply["status"]?["statuses"], without: "VIRTIO_CONFIG_S_"),
        features: Self.names(reply["guest-features"]?["dev-features"], without: "VIRTIO_BALLOON_F_"))
    }
    balloon = try await status("virtio-balloon")
    serial = try await status("virtio-serial")

    var functions: [(Function, id: String?)] = []
    var buses = try await monitor.execute("query-pci").elements.flatMap { $0["devices"]?.elements ?? [] }
    while let device = buses.popLast() {
      buses += device["pci_bridge"]?["devices"]?.elements ?? []
      guard let id = device["id"], let bus = device["bus"]?.integer, let slot = device["slot"]?.integer else {
        continue
      }
      let function = Function(
        vendor: id["vendor"]?.integer ?? -1, device: id["device"]?.integer ?? -1,
        subsystemVendor: id["subsystem-vendor"]?.integer ?? -1, subsystem: id["subsystem"]?.integer ?? -1,
        classCode: device["class_info"]?["class"]?.integer ?? -1, bus: bus, slot: slot)
      functions.append((function, device["qdev_id"]?.string))
    }
    self.functions = functions.map(\.0)
    balloonFunction = functions.first { "/machine/peripheral/\($0.id ?? "")" == Guest.balloonPath }?.0

    statistics = [:]
    if balloon != nil {
      actual = try await monitor.execute("query-balloon")["actual"]?.integer
      let reply = try await monitor.property("guest-stats", of: Guest.balloonPath)
      lastUpdate = reply["last-update"]?.integer
      if case .object(let members)? = reply["stats"] {
        statistics = members.compactMapValues(\.integer).filter { $0.value >= 0 }
      }
    }
    runState = try await monitor.execute("query-status")["status"]?.string
    let channels = try await monitor.execute("query-chardev").elements
    agentPortOpen = channels.first { $0["label"]?.string == "agent" }?["frontend-open"]?.bool
  }

  /// "VIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready" becomes "DRIVER_OK".
  private static func names(_ list: RigJSON?, without prefix: String) -> Set<String> {
    Set(
      (list?.elements ?? []).compactMap(\.string).map { text in
        let name = text.prefix { $0 != ":" }
        return String(name.hasPrefix(prefix) ? name.dropFirst(prefix.count) : name)
      })
  }
}
