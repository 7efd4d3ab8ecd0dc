// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Reports

/// Synthesised guests under watch, with values of the shape that libvirt 9.0 gives of a Linux guest.
enum LiveSamples {
  static let start = 1_780_000_000.0

  static func host(_ source: String) -> Provenance { Provenance(source, trust: .host, time: start) }

  static func guest(
    name: String = "web1", period: Observation<UInt64> = .observed(1, host("domain XML")), tellsEvents: Bool = true,
    notices: [String] = []
  ) -> WatchedGuest {
    let unknown = Unknown(failure: Failure(.notAsked, "not asked"), provenance: host("domain XML"))
    var configuration = ConfigurationEvidence(unknown)
    configuration.maximum = .observed(2 << 30, host("domain XML"))
    configuration.target = .observed(1 << 30, host("persistent domain XML, currentMemory"))
    configuration.statsPeriod = period
    return WatchedGuest(
      target: Target(
        kind: .libvirt, name: name, uuid: "1b4e28ba-2fa1-11d2-883f-0016d3cca427", location: "qemu:///system"),
      configuration: configuration, pollingInterval: unknown(), state: .observed("running", host("virDomainGetState")),
      interval: 1, tellsEvents: tellsEvents, notices: notices)
  }

  static func reading(
    _ seconds: Double, actual: UInt64 = 1_536 << 20, updated: Double? = nil, swapIn: UInt64 = 0, faults: UInt64 = 0,
    free: UInt64 = 300 << 20
  ) -> Reading {
    let time = start + seconds
    let values: [String: Observation<UInt64>] = [
      "totalMemory": .observed(1_470 << 20, host("virDomainMemoryStats")),
      "freeMemory": .observed(free, host("virDomainMemoryStats")),
      "availableMemory": .observed(free + (200 << 20), host("virDomainMemoryStats")),
      "diskCaches": .observed(180 << 20, host("virDomainMemoryStats")),
      "swapIn": .observed(swapIn, host("virDomainMemoryStats")),
      "swapOut": .observed(0, host("virDomainMemoryStats")),
      "majorFaults": .observed(faults, host("virDomainMemoryStats")),
      "minorFaults": .observed(faults * 1_000, host("virDomainMemoryStats")),
      "hugetlbAllocations": .absent(host("virDomainMemoryStats")),
      "hugetlbFailures": .absent(host("virDomainMemoryStats")),
    ]
    return Reading(
      time: time, actual: .observed(actual, host("virDomainMemoryStats")),
      lastUpdate: .observed(UInt64(updated ?? time), host("virDomainMemoryStats")),
      statistics: .observed(values, host("virDomainMemoryStats")),
      rss: .observed(900 << 20, host("virDomainMemoryStats")))
  }

  static let running = Observation<String>.observed("running", host("virDomainGetState"))

  /// A minute of a guest whose balloon is inflated by 512 MiB, and who begins to swap.
  static let busy: LiveState = {
    var state = LiveState(guest())
    for second in 0..<60 {
      let inflated = UInt64(max(0, min(second - 20, 16)))
      if (21...36).contains(second) {
        let size = (1_536 << 20) - inflated * (32 << 20)
        state.take(
          .events([MachineEvent(time: start + Double(second), name: "BALLOON_CHANGE", actual: size)], omitted: 0))
      }
      let swapped = second < 40 ? 0 : UInt64(second - 39) * (3 << 20) / 2
      state.take(
        .reading(
          reading(
            Double(second), actual: (1_536 << 20) - inflated * (32 << 20), swapIn: swapped,
            faults: UInt64(second) * 12 + (second > 40 ? UInt64(second - 40) * 300 : 0),
            free: (700 << 20) - inflated * (32 << 20) - UInt64(second) * (1 << 20)), state: running))
    }
    return state
  }()

  /// The same guest, whose host went away.
  static let lost: LiveState = {
    var state = busy
    state.take(
      .lost(Failure(.failed, "qemu:///system: Cannot recv data: Connection reset by peer"), retry: 4))
    return state
  }()

  /// A machine by its monitor's socket, whose guest has no driver.
  static let driverless: LiveState = {
    let qmp = host("QEMU monitor")
    let unknown = Unknown(
      failure: Failure(.notFound, "a bare QEMU monitor keeps no record of what was asked of the balloon"),
      provenance: qmp)
    var configuration = ConfigurationEvidence(unknown)
    configuration.maximum = .observed(512 << 20, qmp)
    var state = LiveState(
      WatchedGuest(
        target: Target(kind: .qmp, name: nil, location: "/run/vm.sock"), configuration: configuration,
        pollingInterval: .observed(0, qmp), state: .observed("paused", qmp), interval: 0.25, tellsEvents: true,
        notices: []))
    state.take(
      .reading(
        Reading(
          time: start, actual: .observed(512 << 20, qmp), lastUpdate: .absent(qmp), statistics: .absent(qmp),
          rss: .failed(Failure(.denied, "/proc of process 7 cannot be read"), qmp)),
        state: .observed("paused", qmp)))
    return state
  }()

  /// A guest that calls itself and its statistics what would move a cursor, and tells too much of everything.
  static let hostile: LiveState = {
    let name = "\u{1B}[2J\u{202E}web\u{0}\n\u{9B}1\u{200B}界界" + String(repeating: "\u{300}", count: 40)
    var state = LiveState(guest(name: name, notices: ["a notice\n\u{1B}]0;title\u{7}"]))
    state.take(
      .events(
        (0..<500).map { MachineEvent(time: start + Double($0), name: "EVENT\u{1B}[1m\($0)", actual: .max) },
        omitted: 1_000))
    var hostile = reading(0)
    var values = hostile.statistics.value ?? [:]
    for number in 0..<100 { values["\u{1B}c\(number)"] = .observed(.max, host("guest-stats")) }
    values["majorFaults"] = .observed(.max, host("guest-stats"))
    hostile.statistics = .observed(values, host("guest-stats"))
    hostile.actual = .observed(.max, host("query-balloon"))
    hostile.lastUpdate = .observed(.max, host("guest-stats"))
    state.take(.reading(hostile, state: .observed("\u{1B}[5mrunning", host("query-status"))))
    hostile.time = .infinity
    state.take(.reading(hostile, state: .observed("", host("query-status"))))
    return state
  }()
}
