// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

/// What the host is to see at one stage of a scenario. A nil member is not looked at.
struct HostExpectation: Sendable {
  enum Statistics: Sendable {
    /// last-update advances and there are values.
    case moving
    /// No driver ever answered: last-update is 0 and no value is there.
    case never
    /// A driver answered once: last-update is not 0 and stays.
    case frozen
  }
  static let operating: Set<String> = ["ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK"]

  /// Status bits of the balloon.
  var balloon: Set<String>?
  /// Status bits of the virtio-serial controller beside it.
  var serial: Set<String>? = operating
  var statistics: Statistics?
  /// Whether `actual` follows a target.
  var follows: Bool?
  /// "vendor:device subsystem-vendor:subsystem class" in hexadecimal, or "omitted" from `query-pci`.
  var identity: String?
  var bus: Int64?
  var runState = "running"
  var agentPortOpen: Bool?

  func check(_ guest: Guest, _ comment: Comment) async throws {
    let view = try await HostView(guest.monitor)
    #expect(view.runState == runState, comment)
    if let balloon { #expect(view.balloon?.status == balloon, comment) }
    if let serial { #expect(view.serial?.status == serial, comment) }
    if let identity { #expect(view.balloonFunction?.identity ?? "omitted" == identity, comment) }
    if let bus { #expect(view.balloonFunction?.bus == bus, comment) }
    if let agentPortOpen { #expect(view.agentPortOpen == agentPortOpen, comment) }
    if view.balloon?.status.contains("DRIVER_OK") == true {
      #expect(view.balloon?.features.contains("STATS_VQ") == true, comment)
    } else {
      #expect(view.balloon?.features.isEmpty ?? true, comment)
    }
    switch statistics {
    case .moving:
      try await waitUntil("the statistics moved", within: .seconds(20)) {
        let next = try await HostView(guest.monitor)
        guard let before = view.lastUpdate, let after = next.lastUpdate else { return false }
        return after > before && next.statistics["stat-total-memory"] != nil
      }
    case .never:
      #expect(view.lastUpdate == 0, comment)
      #expect(view.statistics.isEmpty, comment)
    case .frozen:
      #expect(view.lastUpdate ?? 0 > 0, comment)
      // Two periods of the rig's one second and a little: nothing can be waited for where nothing is to come.
      try await Task.sleep(for: .milliseconds(2500))
      let later = try await HostView(guest.monitor)
      #expect(later.lastUpdate == view.lastUpdate, comment)
    case nil: break
    }
    if let follows, let actual = view.actual { try await checkTarget(guest, actual, follows, comment) }
  }

  /// Asks for 16 MiB less, looks, and asks for the old size again.
  private func checkTarget(_ guest: Guest, _ actual: Int64, _ follows: Bool, _ comment: Comment) async throws {
    func settled(at target: Int64) async throws {
      try await guest.monitor.setBalloonTarget(target)
      try await waitUntil("actual followed to \(target)") { try await HostView(guest.monitor).actual == target }
    }
    let less = actual - 16 << 20
    if follows {
      try await settled(at: less)
      try await settled(at: actual)
    } else {
      try await guest.monitor.setBalloonTarget(less)
      // A driver would have been told by an interrupt; one second is long for it.
      try await Task.sleep(for: .seconds(1))
      #expect(try await HostView(guest.monitor).actual == actual, comment)
      try await guest.monitor.setBalloonTarget(actual)
    }
  }
}

extension HostView.Function {
  /// As ``HostExpectation/identity`` has it.
  var identity: String {
    func hex(_ value: Int64) -> String {
      let digits = String(value, radix: 16)
      return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
    return "\(hex(vendor)):\(hex(device)) \(hex(subsystemVendor)):\(hex(subsystem)) \(hex(classCode))"
  }
}
