// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import PCI
import Rules

/// Synthesised evidence and hand-made diagnoses; the values have the shape of what real guests under QEMU 7.2 show
/// (statuses, ids, addresses), but nothing here was captured.
struct Scenario: Sendable {
  let name: String
  let evidence: Evidence
  let diagnosis: Diagnosis

  static let all = [healthy, generic, inconclusive, hostile, withoutAgent, paused]

  /// When the collections happened.
  static let now = 1_780_000_000.0

  static func host(_ source: String) -> Provenance { Provenance(source, trust: .host, time: now) }
  static func guest(_ source: String) -> Provenance { Provenance("agent \(source)", trust: .guest, time: now) }

  static func address(_ text: String) -> PCIAddress { valid(PCIAddress(parsing: text), text) }
  static func path(_ text: String) -> PCIPath { valid(PCIPath(parsing: text), text) }
  private static func valid<Value>(_ value: Value?, _ text: String) -> Value {
    guard let value else { fatalError("the fixture's text is not valid: \(text)") }
    return value
  }
}

extension Scenario {
  /// A bare QEMU with our agent, behind a root port, in which everything works.
  static let healthy: Scenario = {
    let evidence = running()
    return Scenario(
      name: "healthy", evidence: evidence,
      diagnosis: Diagnosis(
        verdict: .healthy, findings: [], inconclusive: [],
        healthy: [
          Passed(id: "driver.none", statement: "virtio_balloon drives the function.", evidence: []),
          Passed(
            id: "stats.frozen", statement: "The statistics advance.",
            evidence: [
              Citation(path: "readings.1.lastUpdate", value: "1779999997", source: "guest-stats", trust: .host)
            ]),
        ],
        notApplicable: [
          Passed(id: "driver.virtio-win-absent", statement: "The guest runs Linux.", evidence: [])
        ],
        witnesses: [
          Witness(
            name: "the device itself", trust: .host, testimony: .operating,
            statement: "virtio status has DRIVER_OK", evidence: []),
          Witness(
            name: "the guest's device manager", trust: .guest, testimony: .operating,
            statement: "virtio_balloon is bound", evidence: []),
          Witness(
            name: "the statistics", trust: .host, testimony: .operating, statement: "they advance", evidence: []),
        ]))
  }()

  /// As ``healthy``, but uio_pci_generic holds the function.
  static let generic: Scenario = {
    var evidence = running()
    evidence.device.status = .observed([], host("x-query-virtio-status"))
    evidence.device.guestFeatures = .observed([], host("x-query-virtio-status"))
    for index in evidence.readings.indices {
      evidence.readings[index].lastUpdate = .absent(host("guest-stats"))
      evidence.readings[index].actual = .observed(1 << 30, host("query-balloon"))
      evidence.readings[index].statistics = .observed(
        ["totalMemory": .absent(host("guest-stats")), "freeMemory": .absent(host("guest-stats"))], host("guest-stats"))
    }
    var function = valid(evidence.guest.functions.value?.first, "functions")
    function.driver = .observed("uio_pci_generic", guest("pci.functions: sysfs driver"))
    function.virtioDriver = .absent(guest("pci.functions: sysfs virtio"))
    evidence.guest.functions = .observed([function], guest("pci.functions"))
    let cited = [
      Citation(
        path: "guest.functions.value.0.driver", value: "uio_pci_generic", source: "agent pci.functions: sysfs driver",
        trust: .guest),
      Citation(path: "device.status", value: "none", source: "x-query-virtio-status", trust: .host),
    ]
    return Scenario(
      name: "generic-driver", evidence: evidence,
      diagnosis: Diagnosis(
        verdict: .problem,
        findings: [
          Finding(
            id: "balloon.config.current-below-maximum", severity: .note, confidence: .established,
            title: "The guest was given less than its maximum",
            summary: "512 MiB of 1 GiB were asked for.", evidence: [], remedy: [], explains: [], links: []),
          Finding(
            id: "driver.generic", severity: .problem, confidence: .inferred,
            title: "A generic driver holds the balloon function",
            summary: "The balloon function is held by uio_pci_generic, not by its driver. The function 0000:03:00.0 "
              + "answers no request of the host while it is so.",
            evidence: cited,
            remedy: [
              RemedyStep(
                .guest, "Release the function, so that its own driver can have it.",
                command: "echo 0000:03:00.0 | sudo tee /sys/bus/pci/drivers/uio_pci_generic/unbind"),
              RemedyStep(
                .guest, "Hand it to virtio-pci.",
                command: "echo virtio-pci | sudo tee /sys/bus/pci/devices/0000:03:00.0/driver_override && "
                  + "echo 0000:03:00.0 | sudo tee /sys/bus/pci/drivers_probe"),
              RemedyStep(.guest, "Find what bound the generic driver at boot, and take it out."),
            ],
            explains: ["driver.not-operating", "stats.not-delivered"],
            links: ["https://docs.kernel.org/driver-api/uio-howto.html"]),
        ],
        inconclusive: [], healthy: [Passed(id: "pci.identity.unexpected", statement: "As expected.", evidence: cited)],
        notApplicable: [],
        witnesses: [
          Witness(
            name: "the device itself", trust: .host, testimony: .notOperating, statement: "no status bit is set",
            evidence: []),
          Witness(
            name: "the guest's device manager", trust: .guest, testimony: .notOperating,
            statement: "uio_pci_generic is bound", evidence: []),
          Witness(
            name: "the statistics", trust: .host, testimony: .undecided, statement: "none ever came", evidence: []),
        ]))
  }()

  /// A read-only libvirt connection: neither the monitor nor the channel may be used.
  static let inconclusive: Scenario = {
    let denied = Failure(
      .denied, "a read-only connection cannot open the channel",
      ask: "virt-balloon diagnose --connect qemu:///system web")
    let notAsked = Failure(
      .notAsked, "the device's status needs QEMU's monitor", ask: "virt-balloon diagnose --monitor web")
    var evidence = Evidence.unknown(
      notAsked, target: Target(kind: .libvirt, name: "web", uuid: "6c1a", location: "qemu:///system"),
      collection: Collection(
        tool: "0.1.0", started: now, finished: now + 1, sampled: false,
        sources: [
          SourceOutcome(name: "libvirt", failure: nil, seconds: 0.012),
          SourceOutcome(name: "agent", failure: denied, seconds: 0.001),
        ],
        notices: ["The domain was found on qemu:///system, opened read-only, because no URI was given."]))
    let guestUnknown = Unknown(failure: denied, provenance: guest("agent.hello"))
    evidence.guest = GuestEvidence(guestUnknown)
    evidence.domain.state = .observed("running", host("virDomainGetState"))
    evidence.domain.libvirt = .observed("9.0.0", host("virConnectGetLibVersion"))
    evidence.domain.osFamily = .observed("windows", host("libosinfo metadata"))
    evidence.configuration.maximum = .observed(8 << 30, host("virDomainGetXMLDesc"))
    evidence.configuration.target = .observed(4 << 30, host("persistent XML"))
    evidence.configuration.statsPeriod = .observed(5, host("virDomainGetXMLDesc"))
    evidence.configuration.address = .observed(address("0000:05:00.0"), host("virDomainGetXMLDesc"))
    evidence.configuration.path = .observed(path("02.4/00.0"), host("virDomainGetXMLDesc"))
    evidence.channel.port = .observed("org.virt-balloon.agent.0", host("virDomainGetXMLDesc"))
    evidence.channel.guestOpen = .observed(false, host("virDomainGetXMLDesc"))
    evidence.readings = [
      Reading(
        time: now, actual: .observed(4 << 30, host("virDomainMemoryStats")),
        lastUpdate: .failed(Failure(.unsupported, "libvirt 1.3 tells no last update"), host("virDomainMemoryStats")),
        statistics: .observed(
          ["totalMemory": .observed(4_187_593_113, host("virDomainMemoryStats"))],
          host("virDomainMemoryStats")), rss: .absent(host("virDomainMemoryStats")))
    ]
    let monitor = Missing(
      path: "device.status", reason: "not-asked: the device's status needs QEMU's monitor",
      ask: "virt-balloon diagnose --monitor web")
    let agent = Missing(
      path: "guest.functions", reason: "denied: a read-only connection cannot open the channel",
      ask: "virt-balloon diagnose --connect qemu:///system web")
    let window = Missing(path: "readings.1", reason: "there is one reading only", ask: nil)
    let rules = [
      ("driver.none", [monitor, agent]), ("driver.generic", [agent]), ("driver.not-operating", [monitor]),
      ("driver.contradicted", [monitor, agent]), ("stats.frozen", [window]), ("pci.address.renumbered", [agent]),
      ("balloon.target.ignored", [window, monitor]),
    ]
    return Scenario(
      name: "inconclusive-read-only", evidence: evidence,
      diagnosis: Diagnosis(
        verdict: .inconclusive, findings: [],
        inconclusive: rules.map { Inconclusive(id: $0.0, title: $0.0, missing: $0.1) },
        healthy: [Passed(id: "balloon.device.absent", statement: "The XML has a memballoon.", evidence: [])],
        notApplicable: [],
        witnesses: [
          Witness(
            name: "the device itself", trust: .host, testimony: .silent, statement: "not asked", evidence: [])
        ]))
  }()

  /// ``generic`` from a guest that tries to play with the reader's terminal.
  static let hostile: Scenario = {
    var evidence = generic.evidence
    let evil = "ok\u{1B}[2J\u{1B}]0;owned\u{07}\u{202E}gnp.exe\u{2066}\u{200B}\u{9B}31m\r\nhost: all is well"
    evidence.target.name = "web\u{202E}bew"
    evidence.guest.osName = .observed(evil, guest("guest.os: \(evil)"))
    evidence.guest.kernel = .observed(String(repeating: "6.1-", count: 5000), guest("guest.os"))
    evidence.guest.agent = .observed(
      AgentIdentity(name: "agent\u{1B}[31m", version: String(repeating: "9", count: 400), protocolVersion: 1),
      guest("agent.hello"))
    var function = valid(evidence.guest.functions.value?.first, "functions")
    function.driver = .observed("uio\u{2028}_pci\u{FEFF}", guest("pci.functions"))
    function.module = .observed("z" + String(repeating: "\u{0336}", count: 300), guest("pci.functions"))
    evidence.guest.functions = .observed([function], guest("pci.functions"))
    evidence.guest.statistics = .observed(
      ["totalMemory": .observed(1 << 29, guest("balloon.stats")), evil: .observed(1, guest("balloon.stats"))],
      guest("balloon.stats"))
    var diagnosis = generic.diagnosis
    diagnosis.findings[1].summary = "The balloon function is held by \(evil), not by its driver."
    diagnosis.findings[1].evidence[0].value = evil
    diagnosis.findings[1].remedy[0].command = "virsh setmem 'web\u{202E}bew' 1G"
    return Scenario(name: "hostile", evidence: evidence, diagnosis: diagnosis)
  }()

  /// A libvirt guest without our channel, seen through the monitor.
  static let withoutAgent: Scenario = {
    var evidence = running()
    evidence.target = Target(kind: .libvirt, name: "db", uuid: "7d2b", location: "qemu:///system")
    evidence.collection.notices = ["--monitor was given: libvirt marks the domain as tainted (custom-monitor)."]
    let nobody = Failure(.notFound, "no port org.virt-balloon.agent.0 is configured")
    evidence.guest = GuestEvidence(Unknown(failure: nobody, provenance: guest("agent.hello")))
    evidence.channel = ChannelEvidence(Unknown(failure: nobody, provenance: host("virDomainGetXMLDesc")))
    evidence.channel.port = .absent(host("virDomainGetXMLDesc"))
    evidence.configuration.address = .observed(address("0000:04:00.0"), host("virDomainGetXMLDesc"))
    // The host that runs QEMU is another one, and its clock is ahead.
    evidence.readings[1].lastUpdate = .observed(UInt64(now) + 90, host("guest-stats"))
    return Scenario(
      name: "no-agent", evidence: evidence,
      diagnosis: Diagnosis(
        verdict: .warning,
        findings: [
          Finding(
            id: "agent.channel.absent", severity: .warning, confidence: .established,
            title: "The guest has no channel for the agent",
            summary: "No virtio-serial port named org.virt-balloon.agent.0 is configured.",
            evidence: [
              Citation(path: "channel.port", value: "absent", source: "virDomainGetXMLDesc", trust: .host)
            ],
            remedy: [
              RemedyStep(.host, "Add the channel.", command: "virsh -c qemu:///system edit db"),
              RemedyStep(.guest, "Install virt-balloon-agent."),
            ], explains: ["agent.silent"], links: [])
        ],
        inconclusive: [
          Inconclusive(
            id: "driver.generic", title: "A generic driver holds the balloon function",
            missing: [
              Missing(
                path: "guest.functions", reason: "not-found: no port org.virt-balloon.agent.0 is configured", ask: nil)
            ])
        ], healthy: [], notApplicable: [],
        witnesses: [
          Witness(
            name: "the device itself", trust: .host, testimony: .operating, statement: "virtio status has DRIVER_OK",
            evidence: []),
          Witness(
            name: "the guest's device manager", trust: .guest, testimony: .silent, statement: "no channel",
            evidence: []),
        ]))
  }()

  /// ``healthy``, paused by its owner.
  static let paused: Scenario = {
    var evidence = running()
    evidence.domain.state = .observed("paused", host("query-status"))
    evidence.domain.stateReason = .observed("user", host("query-status"))
    evidence.domain.interruptions = .observed(["STOP"], host("QMP events"))
    let silent = Failure(.timedOut, "no answer to agent.hello within 2 s")
    evidence.guest = GuestEvidence(Unknown(failure: silent, provenance: guest("agent.hello")))
    evidence.collection.sources.append(SourceOutcome(name: "agent", failure: silent, seconds: 2))
    evidence.readings[1].lastUpdate = .observed(UInt64(now) - 4000, host("guest-stats"))
    return Scenario(
      name: "paused", evidence: evidence,
      diagnosis: Diagnosis(
        verdict: .inconclusive,
        findings: [
          Finding(
            id: "guest.not-running", severity: .note, confidence: .established, title: "The guest is not running",
            summary: "The guest is paused (user), so nothing that changes can be judged.",
            evidence: [Citation(path: "domain.state", value: "paused", source: "query-status", trust: .host)],
            remedy: [RemedyStep(.host, "Resume the guest and diagnose it again.")], explains: [], links: [])
        ],
        inconclusive: [
          Inconclusive(
            id: "stats.frozen", title: "The statistics stand still",
            missing: [Missing(path: "domain.state", reason: "the guest is paused", ask: nil)])
        ], healthy: [], notApplicable: [], witnesses: []))
  }()

  /// A running guest on plain QEMU that has the balloon behind a root port, and an agent.
  static func running() -> Evidence {
    let unknown = Failure(.notAsked, "no libvirt behind this target")
    var evidence = Evidence.unknown(
      unknown, target: Target(kind: .qmp, name: "web", location: "/run/web/qmp.sock"),
      collection: Collection(
        tool: "0.1.0", started: now - 4, finished: now, sampled: true,
        sources: [
          SourceOutcome(name: "monitor", failure: nil, seconds: 0.008),
          SourceOutcome(name: "agent", failure: nil, seconds: 0.003),
        ]))
    evidence.domain.state = .observed("running", host("query-status"))
    evidence.domain.emulator = .observed("7.2.22", host("query-version"))
    evidence.domain.machine = .observed("pc-q35-7.2", host("qom-get"))
    evidence.domain.uptime = .observed(754, host("query-status"))
    evidence.configuration.maximum = .observed(1 << 30, host("query-memory-size-summary"))
    evidence.configuration.target = .absent(host("QMP"))
    evidence.configuration.path = .observed(path("02.1/00.0"), host("QOM"))
    evidence.device.qomPath = .observed("/machine/peripheral/balloon0", host("x-query-virtio"))
    evidence.device.identity = .observed(.balloonModern, host("query-pci"))
    evidence.device.address = .observed(address("0000:03:00.0"), host("query-pci"))
    evidence.device.path = .observed(path("02.1/00.0"), host("query-pci"))
    evidence.device.status = .observed(
      ["ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK"], host("x-query-virtio-status"))
    evidence.device.guestFeatures = .observed(["STATS_VQ", "DEFLATE_ON_OOM"], host("x-query-virtio-status"))
    evidence.device.hostFeatures = .observed(
      ["STATS_VQ", "DEFLATE_ON_OOM", "REPORTING"], host("x-query-virtio-status"))
    evidence.device.pollingInterval = .observed(2, host("guest-stats-polling-interval"))
    evidence.device.decoys = .observed(
      [
        HostFunction(
          address: address("0000:00:07.0"), path: path("07.0"),
          identity: PCIIdentity(vendor: 0x1af4, device: 0x1110, classCode: .ramController))
      ], host("query-pci"))
    let statistics: [String: Observation<UInt64>] = [
      "totalMemory": .observed(1_006_632_960, host("guest-stats")),
      "freeMemory": .observed(620_756_992, host("guest-stats")),
      "majorFaults": .observed(213, host("guest-stats")), "swapIn": .observed(0, host("guest-stats")),
      "hugetlbAllocations": .absent(host("guest-stats")),
    ]
    evidence.readings = [4.0, 0].map { before in
      Reading(
        time: now - before, actual: .observed(512 << 20, host("query-balloon")),
        lastUpdate: .observed(UInt64(now - before) - 3, host("guest-stats")),
        statistics: .observed(statistics, host("guest-stats")), rss: .observed(700 << 20, host("/proc/PID/status")))
    }
    evidence.channel.port = .observed("org.virt-balloon.agent.0", host("query-chardev"))
    evidence.channel.guestOpen = .observed(true, host("query-chardev"))
    evidence.channel.heldByAnother = .observed(false, host("query-chardev"))
    evidence.guest.agent = .observed(
      AgentIdentity(name: "virt-balloon-agent", version: "0.1.0", protocolVersion: 1), guest("agent.hello"))
    evidence.guest.osFamily = .observed("linux", guest("guest.os"))
    evidence.guest.osName = .observed("Debian GNU/Linux 12 (bookworm)", guest("guest.os: /etc/os-release"))
    evidence.guest.kernel = .observed("6.1.0-41-cloud-amd64", guest("guest.os: uname"))
    evidence.guest.statistics = .observed(
      [
        "totalMemory": .observed(1_006_632_960, guest("balloon.stats: /proc/meminfo MemTotal")),
        "freeMemory": .observed(618_659_840, guest("balloon.stats: /proc/meminfo MemFree")),
        "availableMemory": .failed(
          Failure(.denied, "open: Permission denied"), guest("balloon.stats: /proc/meminfo MemAvailable")),
      ], guest("balloon.stats"))
    evidence.guest.memory = .observed(
      ["total": .observed(1_006_632_960, guest("guest.memory: /proc/meminfo MemTotal"))], guest("guest.memory"))
    var function = GuestFunction(Unknown(failure: unknown, provenance: guest("pci.functions")))
    function.address = .observed(address("0000:03:00.0"), guest("pci.functions: sysfs"))
    function.path = .observed(path("02.1/00.0"), guest("pci.functions: sysfs"))
    function.identity = .observed(.balloonModern, guest("pci.functions: sysfs"))
    function.driver = .observed("virtio-pci", guest("pci.functions: sysfs driver"))
    function.virtioDriver = .observed("virtio_balloon", guest("pci.functions: sysfs virtio"))
    function.module = .observed("virtio_pci", guest("pci.functions: sysfs module"))
    evidence.guest.functions = .observed([function], guest("pci.functions"))
    return evidence
  }
}
