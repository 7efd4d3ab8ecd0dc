// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI

/// Evidence built in code, every leaf synthesised after what RIG's real guests and the field's sources show: a healthy
/// Linux guest on a monitor socket of one's own, from which each fixture departs by what it is about.
enum EvidenceFixture {
  /// The moment of the first reading, by both clocks.
  static let now: Double = 1_750_000_000

  static func observed<Value>(
    _ value: Value, _ source: String = "synthesised", trust: Trust = .host, time: Double? = now
  ) -> Observation<Value> { .observed(value, Provenance(source, trust: trust, time: time)) }

  static func told<Value>(_ value: Value) -> Observation<Value> { observed(value, "agent", trust: .guest) }

  static func absent<Value>(_ trust: Trust = .host) -> Observation<Value> {
    .absent(Provenance("synthesised", trust: trust, time: now))
  }

  static func failed<Value>(
    _ reason: Failure.Reason = .notAsked, trust: Trust = .host, ask: String? = nil
  ) -> Observation<Value> {
    .failed(Failure(reason, "synthesised", ask: ask), Provenance("synthesised", trust: trust, time: nil))
  }

  static let allStatistics: [String: Observation<UInt64>] = [
    "swapIn": observed(0), "swapOut": observed(0), "majorFaults": observed(120), "minorFaults": observed(52_000),
    "freeMemory": observed(600 << 20), "totalMemory": observed(980 << 20), "availableMemory": observed(700 << 20),
    "diskCaches": observed(90 << 20), "hugetlbAllocations": observed(0), "hugetlbFailures": observed(0),
  ]

  static let noStatistics: [String: Observation<UInt64>] = allStatistics.mapValues { _ in absent() }

  static func reading(
    at seconds: Double, actual: UInt64 = 1 << 30, lastUpdate: UInt64?, statistics: [String: Observation<UInt64>],
    time: Double? = now, rss: UInt64 = 400 << 20
  ) -> Reading {
    Reading(
      time: now + seconds, actual: observed(actual),
      lastUpdate: lastUpdate.map { observed($0, "guest-stats", time: time) }
        ?? .absent(Provenance("guest-stats", trust: .host, time: time)),
      statistics: observed(statistics, "guest-stats"), rss: observed(rss))
  }

  /// The guest's own PCI functions: the balloon, held by its driver, and virtio-serial.
  static func linuxFunctions(
    driver: Observation<String> = told("virtio-pci"), virtioDriver: Observation<String> = told("virtio_balloon"),
    virtioStatus: Observation<UInt16> = told(0x0f)
  ) -> [GuestFunction] {
    let unknown = Unknown(
      failure: Failure(.unsupported, "not on this system"), provenance: Provenance("agent", trust: .guest, time: now))
    var balloon = GuestFunction(unknown)
    balloon.address = told(PCIAddress(parsing: "0000:00:05.0")!)
    balloon.path = told(PCIPath(parsing: "05.0")!)
    balloon.identity = told(.balloonTransitional)
    balloon.driver = driver
    balloon.module = told("virtio_pci")
    balloon.virtioDriver = virtioDriver
    balloon.virtioStatus = virtioStatus
    balloon.provider = absent(.guest)
    balloon.driverVersion = absent(.guest)
    balloon.problemCode = absent(.guest)
    var serial = balloon
    serial.address = told(PCIAddress(parsing: "0000:00:06.0")!)
    serial.path = told(PCIPath(parsing: "06.0")!)
    serial.identity = told(
      PCIIdentity(
        vendor: 0x1af4, device: 0x1003, subsystemVendor: 0x1af4, subsystem: 3,
        classCode: PCIClass(baseAndSubclass: 0x0780), revision: 0))
    serial.driver = told("virtio-pci")
    serial.virtioDriver = told("virtio_console")
    serial.virtioStatus = told(0x0f)
    return [balloon, serial]
  }

  /// The balloon as Windows' device manager has it.
  static func windowsFunctions(
    service: Observation<String>, inf: Observation<String>, provider: Observation<String>,
    problem: Observation<UInt16> = told(0)
  ) -> [GuestFunction] {
    var function = linuxFunctions()[0]
    function.driver = service
    function.module = inf
    function.provider = provider
    function.problemCode = problem
    function.virtioDriver = failed(.unsupported, trust: .guest)
    function.virtioStatus = failed(.unsupported, trust: .guest)
    return [function]
  }

  static let started = ["ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK"]

  static func serial(_ status: [String]) -> VirtioSibling {
    VirtioSibling(name: "virtio-serial", qomPath: "/machine/peripheral/vs0/virtio-backend", status: status)
  }

  static func blank(_ failure: Failure = Failure(.notAsked, "synthesised"), kind: Target.Kind = .qmp) -> Evidence {
    Evidence.unknown(
      failure,
      target: kind == .qmp
        ? Target(kind: .qmp, name: "web1", location: "/run/web1.qmp")
        : Target(
          kind: .libvirt, name: "web1", uuid: "1b4e28ba-2fa1-11d2-883f-0016d3cca427", location: "qemu:///system"),
      collection: Collection(tool: "0.1.0", started: now - 1, finished: now + 5, sampled: true))
  }

  /// A healthy Linux guest, everything known: monitor, two readings over 3 s, agent.
  static func healthy(_ change: (inout Evidence) -> Void = { _ in }) -> Evidence {
    var evidence = blank()
    evidence.domain.state = observed("running")
    evidence.domain.stateReason = absent()
    evidence.domain.interruptions = absent()
    evidence.domain.emulator = observed("7.2.22")
    evidence.domain.machine = observed("pc-q35-7.2")
    evidence.domain.osFamily = absent()
    evidence.domain.uptime = observed(7_200)
    evidence.configuration.maximum = observed(1 << 30)
    evidence.configuration.target = absent()
    evidence.configuration.model = observed("virtio")
    evidence.configuration.statsPeriod = observed(1)
    evidence.configuration.address = absent()
    evidence.configuration.path = absent()
    evidence.domain.hypervisor = observed("kvm")
    evidence.configuration.autodeflate = observed(false)
    evidence.configuration.freePageReporting = observed(false)
    evidence.configuration.hugepages = observed(false)
    evidence.configuration.locked = observed(false)
    evidence.configuration.memorySource = observed("anonymous")
    evidence.configuration.sharedMemory = observed(false)
    evidence.configuration.pinningDevices = observed([])
    evidence.configuration.virtioMemory = absent()
    evidence.configuration.dimmMemory = absent()
    evidence.configuration.baseMemory = absent()
    evidence.configuration.launchSecurity = absent()
    evidence.device.qomPath = observed("/machine/peripheral/balloon0")
    evidence.device.identity = observed(.balloonTransitional)
    evidence.device.address = observed(PCIAddress(parsing: "0000:00:05.0")!)
    evidence.device.path = observed(PCIPath(parsing: "05.0")!)
    evidence.device.status = observed(started, "x-query-virtio-status")
    evidence.device.guestFeatures = observed(["STATS_VQ", "VERSION_1"])
    evidence.device.hostFeatures = observed(["STATS_VQ", "VERSION_1"])
    evidence.device.pollingInterval = observed(1)
    evidence.device.siblings = observed([serial(started)])
    evidence.device.decoys = observed([])
    let update = UInt64(now)
    evidence.readings = [
      reading(at: 0.4, lastUpdate: update, statistics: allStatistics),
      reading(at: 3.5, lastUpdate: update + 3, statistics: allStatistics),
    ]
    evidence.channel.port = observed("org.virt-balloon.agent.0")
    evidence.channel.guestOpen = observed(true)
    evidence.channel.heldByAnother = observed(false)
    evidence.guest.agent = told(AgentIdentity(name: "virt-balloon-agent", version: "0.1.0", protocolVersion: 1))
    evidence.guest.osFamily = told("linux")
    evidence.guest.osName = told("Debian GNU/Linux 12 (bookworm)")
    evidence.guest.kernel = told("6.1.0-31-cloud-amd64")
    evidence.guest.uptime = told(7_190)
    evidence.guest.functions = told(linuxFunctions())
    evidence.guest.services = told([])
    evidence.guest.log = told(["virtio_balloon virtio0: registered"])
    change(&evidence)
    return evidence
  }

  /// The same guest through a read-only libvirt connection: no monitor, no agent.
  static func readOnly(_ change: (inout Evidence) -> Void = { _ in }) -> Evidence {
    var evidence = blank(Failure(.notAsked, "needs --monitor"), kind: .libvirt)
    let whole = healthy()
    evidence.domain = whole.domain
    evidence.configuration = whole.configuration
    evidence.configuration.target = observed(1 << 30)
    evidence.configuration.address = observed(PCIAddress(parsing: "0000:00:05.0")!)
    evidence.configuration.path = observed(PCIPath(parsing: "05.0")!)
    evidence.readings = whole.readings
    evidence.channel = whole.channel
    evidence.channel.guestOpen = observed(false)
    evidence.guest = GuestEvidence(
      Unknown(
        failure: Failure(.denied, "the connection is read-only"),
        provenance: Provenance("agent", trust: .guest, time: now)))
    change(&evidence)
    return evidence
  }

  /// Without the agent: it cannot be reached.
  static func withoutAgent(_ evidence: inout Evidence, _ reason: Failure.Reason = .disconnected) {
    evidence.guest = GuestEvidence(
      Unknown(failure: Failure(reason, "synthesised"), provenance: Provenance("agent", trust: .guest, time: now)))
    evidence.channel.guestOpen = observed(false)
  }

  /// Nobody drives the device: the empty status, statistics unset, never answered (S1).
  static func unserved(_ evidence: inout Evidence, status: [String] = []) {
    evidence.device.status = observed(status, "x-query-virtio-status")
    evidence.device.guestFeatures = observed([])
    evidence.readings = [
      reading(at: 0.4, lastUpdate: nil, statistics: noStatistics),
      reading(at: 3.5, lastUpdate: nil, statistics: noStatistics),
    ]
  }

  /// The statistics stood still through the window.
  static func freeze(_ evidence: inout Evidence, statistics: [String: Observation<UInt64>] = allStatistics) {
    let update = UInt64(now) - 500
    evidence.readings = [
      reading(at: 0.4, lastUpdate: update, statistics: statistics),
      reading(at: 3.5, lastUpdate: update, statistics: statistics),
    ]
  }
}

extension EvidenceFixture {
  /// The balloon holds 6 of 8 GiB, and QEMU's process has become as small as the guest.
  static func inflated(rss: UInt64 = 2_200 << 20, _ evidence: inout Evidence) {
    evidence.configuration.maximum = observed(8 << 30)
    let update = UInt64(now)
    evidence.readings = [
      reading(at: 0.4, actual: 2 << 30, lastUpdate: update, statistics: allStatistics, rss: rss),
      reading(at: 3.5, actual: 2 << 30, lastUpdate: update + 3, statistics: allStatistics, rss: rss),
    ]
  }

  /// What a guest that is short of memory delivers.
  static let shortStatistics: [String: Observation<UInt64>] = {
    var statistics = allStatistics
    statistics["freeMemory"] = observed(6 << 20)
    statistics["availableMemory"] = observed(10 << 20)
    return statistics
  }()

  /// The guest is short of memory in every reading.
  static func squeeze(_ evidence: inout Evidence) {
    for index in evidence.readings.indices { evidence.readings[index].statistics = observed(shortStatistics) }
  }

  /// A domain of Xen's as its XML tells.
  static func xen(_ evidence: inout Evidence) {
    evidence.domain.hypervisor = observed("xen")
    evidence.domain.machine = observed("xenfv")
    evidence.configuration.model = observed("xen")
    evidence.device = DeviceEvidence(
      Unknown(failure: Failure(.notAsked, "needs --monitor"), provenance: Provenance("x", trust: .host, time: nil)))
    withoutAgent(&evidence, .notFound)
    (evidence.channel.port, evidence.channel.guestOpen, evidence.channel.heldByAnother) = (absent(), absent(), absent())
  }
}
