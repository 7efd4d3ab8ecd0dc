// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules

/// Synthesised evidence for the reports that people open, judged by the engine: the values have the shape of what real
/// guests under QEMU 7.2 show.
extension Scenario {
  /// The cases that are looked at in a browser.
  static let opened = [reportHealthy, reportGeneric, reportServiceMissing, reportInhibited]
  /// All of which Markdown and HTML are recorded.
  static let reported = opened + [reportUnknown, reportSeries, reportXen, windowsAlone, reportPaths]

  private static func judged(_ name: String, _ evidence: Evidence) -> Scenario {
    Scenario(name: name, evidence: evidence, diagnosis: Engine().diagnose(evidence))
  }

  private static let start = now - 60

  /// One look of many; `nil` is what was not known then.
  private static func reading(
    _ offset: Double, actual: UInt64?, free: UInt64?, available: UInt64?, total: UInt64?, update: Double?,
    rss: UInt64?, agentFree: UInt64? = nil
  ) -> Reading {
    let time = start + offset
    func told(_ value: UInt64?, _ source: String, _ trust: Trust = .host) -> Observation<UInt64> {
      let provenance = Provenance(source, trust: trust, time: time)
      return value.map { .observed($0, provenance) }
        ?? .failed(Failure(.timedOut, "no answer within 2 s"), provenance)
    }
    let statistics = Provenance("guest-stats", trust: .host, time: time)
    var reading = Reading(
      time: time, actual: told(actual, "query-balloon"),
      lastUpdate: told(update.map { UInt64(start + $0) }, "guest-stats"),
      statistics: total == nil
        ? .failed(Failure(.timedOut, "no answer within 2 s"), statistics)
        : .observed(
          [
            "totalMemory": told(total, "guest-stats"), "freeMemory": told(free, "guest-stats"),
            "availableMemory": told(available, "guest-stats"), "diskCaches": told(180 << 20, "guest-stats"),
            "majorFaults": told(213, "guest-stats"), "swapIn": told(0, "guest-stats"),
          ], statistics),
      rss: told(rss, "/proc/PID/status"))
    if let agentFree {
      let agent = Provenance("agent guest.memory", trust: .guest, time: time)
      reading.guest = GuestReading(
        memory: .observed(
          [
            "total": .observed(total ?? 0, agent), "free": .observed(agentFree, agent),
            "available": .observed(agentFree + (72 << 20), agent),
          ], agent), statistics: .failed(Failure(.notAsked, "the account is enough"), agent))
    }
    return reading
  }

  /// A minute in which the guest follows its target from 1 GiB to 512 MiB.
  static let reportHealthy: Scenario = {
    var evidence = running()
    evidence.configuration.target = .observed(512 << 20, host("query-balloon"))
    evidence.collection.started = start
    evidence.readings = (0...30).map { index in
      let taken = UInt64(min(max(index - 5, 0), 8)) * (64 << 20)
      let wave = UInt64(index * 7 % 11) << 20
      let actual = (1 << 30) - taken
      return reading(
        Double(index) * 2, actual: actual, free: (620 << 20) - taken + wave, available: (700 << 20) - taken + wave,
        total: (960 << 20) - taken, update: Double(index) * 2 - 1, rss: (860 << 20) - taken,
        agentFree: (618 << 20) - taken + wave)
    }
    evidence.events = (1...8).map { step in
      MachineEvent(time: start + 9 + Double(step) * 2, name: "BALLOON_CHANGE", actual: (1 << 30) - UInt64(step) << 26)
    }
    let agent = guest("guest.memory: /proc/meminfo")
    let taken: UInt64 = 512 << 20
    evidence.guest.memory = .observed(
      [
        "total": .observed((960 << 20) - taken, agent), "free": .observed((618 << 20) - taken, agent),
        "available": .observed((690 << 20) - taken, agent),
      ], agent)
    evidence.guest.statistics = .observed(
      [
        "totalMemory": .observed((960 << 20) - taken, agent), "freeMemory": .observed((618 << 20) - taken, agent),
        "availableMemory": .observed((690 << 20) - taken, agent),
      ], guest("balloon.stats"))
    return judged("report-healthy", evidence)
  }()

  static let reportGeneric = judged("report-generic-driver", generic.evidence)

  /// A Windows of which somebody installed the driver alone.
  static let reportServiceMissing: Scenario = {
    var evidence = windowsService.evidence
    let source = guest("driver.services: service manager")
    var services = evidence.guest.services.value ?? []
    for index in services.indices where services[index].name == "BalloonService" {
      services[index].state = .absent(source)
      services[index].windows = nil
    }
    evidence.guest.services = .observed(services, guest("driver.services"))
    evidence.configuration.maximum = .observed(8 << 30, host("query-memory-size-summary"))
    for index in evidence.readings.indices {
      evidence.readings[index].actual = .observed(6 << 30, host("query-balloon"))
      evidence.readings[index].lastUpdate = .absent(host("guest-stats"))
      evidence.readings[index].rss = .observed(6_710_886_400, host("/proc/PID/status"))
    }
    evidence.guest.statistics = .observed(
      [
        "totalMemory": .observed(8_588_886_016, guest("balloon.stats: GlobalMemoryStatusEx")),
        "freeMemory": .observed(3_221_225_472, guest("balloon.stats: GlobalMemoryStatusEx")),
        "availableMemory": .observed(3_421_225_472, guest("balloon.stats: GlobalMemoryStatusEx")),
      ], guest("balloon.stats"))
    evidence.guest.memory = .failed(Failure(.unsupported, "not in this fixture"), guest("guest.memory"))
    return judged("report-service-missing", evidence)
  }()

  /// A guest with a network card of the host: what its balloon takes stays with QEMU.
  static let reportInhibited: Scenario = {
    var evidence = withoutAgent.evidence
    let xml = host("virDomainGetXMLDesc")
    evidence.configuration.maximum = .observed(8 << 30, xml)
    evidence.configuration.target = .observed(4 << 30, host("persistent XML"))
    evidence.configuration.pinningDevices = .observed(["pci"], xml)
    evidence.configuration.model = .observed("virtio", xml)
    evidence.readings = (0...10).map { index in
      reading(
        Double(index), actual: 4 << 30, free: 2 << 30, available: 2_600 << 20, total: 3_900 << 20,
        update: Double(index), rss: (8 << 30) + (110 << 20))
    }
    return judged("report-inhibited", evidence)
  }()

  /// Nothing answered.
  static let reportUnknown = judged(
    "report-unknown",
    Evidence.unknown(
      Failure(.timedOut, "no answer within 2 s"),
      target: Target(kind: .qmp, name: nil, location: "/run/x.sock"),
      collection: Collection(
        tool: "0.1.0", started: now, finished: now + 8, sampled: false,
        sources: [
          SourceOutcome(name: "monitor", failure: Failure(.timedOut, "no greeting within 2 s"), seconds: 2)
        ])))

  /// Five minutes with a time in which the monitor was silent, a reset, and statistics that stop.
  static let reportSeries: Scenario = {
    var evidence = running()
    evidence.configuration.target = .observed(640 << 20, host("query-balloon"))
    evidence.collection.started = now - 300
    evidence.collection.finished = now
    evidence.readings = (0...60).map { index in
      let isSilent = (22...27).contains(index)
      let wave = UInt64((index * 37 % 17) * 6) << 20
      return reading(
        Double(index) * 5 - 240, actual: isSilent ? nil : index < 12 ? 1 << 30 : index < 40 ? 640 << 20 : 768 << 20,
        free: isSilent ? nil : (200 << 20) + wave, available: isSilent ? nil : (420 << 20) + wave,
        total: isSilent ? nil : index < 12 ? 960 << 20 : 600 << 20,
        update: isSilent ? nil : index < 45 ? Double(index) * 5 - 242 : -17, rss: isSilent ? nil : 900 << 20)
    }
    evidence.guest = GuestEvidence(
      Unknown(failure: Failure(.disconnected, "the guest closed the port"), provenance: guest("agent.hello")))
    evidence.events = [
      MachineEvent(time: now - 240, name: "BALLOON_CHANGE", actual: 640 << 20),
      MachineEvent(time: now - 190, name: "STOP"), MachineEvent(time: now - 165, name: "RESUME"),
      MachineEvent(time: now - 100, name: "BALLOON_CHANGE", actual: 768 << 20),
      MachineEvent(time: now - 99, name: "BALLOON_CHANGE", actual: 768 << 20),
      MachineEvent(time: now - 20, name: "RESET"),
    ]
    return judged("report-series", evidence)
  }()

  /// A guest of Xen, whose balloon is no device.
  static let reportXen: Scenario = {
    var evidence = Evidence.unknown(
      Failure(.unsupported, "Xen has no QEMU monitor for it"),
      target: Target(kind: .libvirt, name: "pv", uuid: "8f00", location: "xen:///system"),
      collection: Collection(tool: "0.1.0", started: now, finished: now + 1, sampled: false))
    evidence.domain.state = .observed("running", host("virDomainGetState"))
    evidence.domain.hypervisor = .observed("xen", host("virDomainGetXMLDesc"))
    evidence.configuration.model = .observed("xen", host("virDomainGetXMLDesc"))
    evidence.configuration.maximum = .observed(4 << 30, host("virDomainGetXMLDesc"))
    evidence.readings = [
      Reading(
        time: now, actual: .observed(3 << 30, host("virDomainMemoryStats")),
        lastUpdate: .absent(host("virDomainMemoryStats")), statistics: .observed([:], host("virDomainMemoryStats")),
        rss: .absent(host("virDomainMemoryStats")))
    ]
    return judged("report-xen", evidence)
  }()

  /// The two sides tell different ways, and libvirt a controller's index.
  static let reportPaths: Scenario = {
    var evidence = running()
    evidence.configuration.address = .observed(address("0000:07:00.0"), host("virDomainGetXMLDesc"))
    evidence.device.path = .observed(path("02.1/00.0/03.0"), host("query-pci"))
    evidence.device.address = .observed(address("0000:03:03.0"), host("query-pci"))
    var functions = evidence.guest.functions.value ?? []
    if !functions.isEmpty {
      functions[0].path = .observed(path("02.4/00.0"), guest("pci.functions: sysfs"))
      functions[0].address = .observed(address("0000:06:00.0"), guest("pci.functions: sysfs"))
    }
    evidence.guest.functions = .observed(functions, guest("pci.functions"))
    for index in evidence.readings.indices {
      evidence.readings[index].actual = .failed(Failure(.timedOut, "no answer within 2 s"), host("query-balloon"))
    }
    return judged("report-paths", evidence)
  }()
}
