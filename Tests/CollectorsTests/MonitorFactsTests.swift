// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import QMP
import PCI
import Testing

@testable import Collectors

/// A monitor that answers from values; the shapes are those of QEMU 7.2 (Tests/Fuzz/fuzz-qmp/seeds has captured ones).
private struct ScriptedMonitor: MonitorCommands {
  /// Property values by `path property`, and the children of a path as `child<type>`.
  var properties: [String: JSON] = [:]
  /// Replies by command.
  var replies: [String: Result<JSON, QMPError>] = [:]
  var status: Result<JSON, QMPError> = .failure(unknownCommand)

  static let unknownCommand = QMPError(.unsupported, "QEMU: no such command", errorClass: "CommandNotFound")

  func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QMPError) -> JSON {
    let path = arguments?["path"]?.string ?? ""
    if let reply = replies[command] { return try reply.get() }
    switch command {
    case "x-query-virtio-status": return try status.get()
    case "qom-get":
      guard let value = properties["\(path) \(arguments?["property"]?.string ?? "")"] else {
        throw QMPError(.refused, "QEMU: no such property", errorClass: "GenericError")
      }
      return value
    case "qom-list":
      let names = properties.keys.filter { $0.hasPrefix(path + " ") }.sorted()
      return .array(
        names.map { ["name": .string(String($0.dropFirst(path.count + 1))), "type": properties[$0] ?? .null] })
    default: throw Self.unknownCommand
    }
  }

  /// A balloon at 00:05.0 of a q35 machine, with `x-query-virtio` unless `version` is older than 7.2.
  static func machine(hasVirtioQueries: Bool = true, listed: Bool = true) -> ScriptedMonitor {
    let balloon = "/machine/peripheral/balloon0"
    var monitor = ScriptedMonitor()
    monitor.properties = [
      "/machine/peripheral balloon0": "child<virtio-balloon-pci>", "\(balloon) addr": .integer(0x28),
      "\(balloon) parent_bus": "/machine/q35/pcie.0", "\(balloon) guest-stats-polling-interval": .integer(5),
      "\(balloon) guest-stats": [
        "last-update": .integer(1_700_000_000),
        "stats": ["stat-free-memory": .integer(4_096), "stat-swap-in": .integer(-1), "stat-new": .integer(3)],
      ],
    ]
    let function: JSON = [
      "bus": .integer(0), "slot": .integer(5), "function": .integer(0),
      "id": ["vendor": .integer(0x1af4), "device": .integer(0x1002)], "class_info": ["class": .integer(0xff)],
      "qdev_id": "balloon0",
    ]
    monitor.replies["query-pci"] = .success([["bus": .integer(0), "devices": listed ? [function] : []]])
    monitor.replies["query-balloon"] = .success(["actual": .integer(1 << 29)])
    if hasVirtioQueries {
      monitor.replies["x-query-virtio"] = .success([
        ["name": "virtio-balloon", "path": .string(balloon + "/virtio-backend")],
        ["name": "virtio-serial", "path": "/machine/peripheral/vs0/virtio-backend"],
      ])
      let features: JSON = [
        "dev-features": ["VIRTIO_BALLOON_F_STATS_VQ: Guest memory statistics"], "transports": [],
      ]
      monitor.status = .success([
        "name": "virtio-balloon", "status": ["statuses": ["VIRTIO_CONFIG_S_DRIVER_OK: Driver setup and ready"]],
        "guest-features": features, "host-features": features,
      ])
    }
    return monitor
  }
}

@Suite("A monitor's facts")
struct MonitorFactsTests {
  private func facts(_ monitor: ScriptedMonitor) -> MonitorFacts<ScriptedMonitor> {
    let options = CollectionOptions(quick: true, monitor: true, deadline: .seconds(5), tool: "test")
    return MonitorFacts(monitor: monitor, collector: GuestCollector(options, clock: WallClock { 7 }))
  }

  @Test("Have the device, its function, its status and its siblings")
  func whole() async {
    let device = await facts(.machine()).device()
    #expect(device.qomPath.value == "/machine/peripheral/balloon0")
    #expect(device.address.value?.description == "0000:00:05.0" && device.path.value?.description == "05.0")
    #expect(device.identity.value?.id == "1af4:1002" && device.pollingInterval.value == 5)
    #expect(device.status.value == ["DRIVER_OK"] && device.guestFeatures.value == ["STATS_VQ"])
    #expect(device.siblings.value?.map(\.name) == ["virtio-serial"] && device.decoys.value == [])
  }

  @Test("Of a QEMU before 7.2 lack the status alone, which is unsupported and not empty")
  func withoutVirtioQueries() async {
    let device = await facts(.machine(hasVirtioQueries: false)).device()
    #expect(device.qomPath.value == "/machine/peripheral/balloon0" && device.path.value?.description == "05.0")
    #expect(device.identity.value?.id == "1af4:1002")
    #expect(device.status.failure?.reason == .unsupported && device.guestFeatures.failure?.reason == .unsupported)
    #expect(device.siblings.failure?.reason == .unsupported)
  }

  @Test("Without virtio queries say why, by QEMU's version and the error's class, and never by its text")
  func withoutVirtioQueriesBecause() async throws {
    func version(_ major: Int, _ minor: Int) -> Result<JSON, QMPError> {
      .success(["qemu": ["major": .integer(major), "minor": .integer(minor), "micro": .integer(0)], "package": ""])
    }
    var monitor = ScriptedMonitor.machine(hasVirtioQueries: false)
    monitor.replies["query-version"] = version(6, 2)
    let old = try #require(await facts(monitor).device().status.failure)
    #expect(old.reason == .unsupported && old.detail == "QEMU 6.2.0 has no x-query-virtio; 7.2 and later do")
    monitor.replies["query-version"] = version(9, 1)
    let refused = try #require(await facts(monitor).device().siblings.failure)
    #expect(refused.detail.hasPrefix("QEMU 9.1.0 refuses x-query-virtio (CommandNotFound)"))

    // The list is there, and the status has another name.
    monitor = .machine()
    monitor.replies["query-version"] = version(12, 0)
    monitor.status = .failure(ScriptedMonitor.unknownCommand)
    let renamed = await facts(monitor).device()
    #expect(renamed.qomPath.value == "/machine/peripheral/balloon0")
    #expect(renamed.status.failure?.detail.contains("QEMU 12.0.0 refuses x-query-virtio-status") == true)
    #expect(renamed.siblings.failure?.reason == .unsupported)
  }

  @Test("Of an accelerator that cannot serve a balloon say unsupported, and of Proxmox's QEMU what it adds")
  func otherBuilds() async {
    var monitor = ScriptedMonitor.machine()
    monitor.replies["query-balloon"] = .failure(QMPError(.unsupported, "QEMU: x", errorClass: "KVMMissingCap"))
    let facts = facts(monitor)
    let place = Observation<String>.observed("/machine/peripheral/balloon0", facts.source("test"))
    #expect(await facts.reading(place).actual.failure?.reason == .unsupported)
    monitor.replies["query-balloon"] = .success([
      "actual": .integer(1 << 29), "max_mem": .integer(1 << 30), "last_update": .integer(9),
      "free_mem": .integer(5),
    ])
    let both = await self.facts(monitor).reading(place)
    #expect(both.lastUpdate.value == 1_700_000_000 && both.values[StatisticsField.freeMemory] == 4_096)
    monitor.properties["/machine/peripheral/balloon0 guest-stats"] = nil
    let patched = await self.facts(monitor).reading(place)
    #expect(patched.lastUpdate.value == 9 && patched.values == [StatisticsField.freeMemory: 5])
    #expect(patched.statistics.value?[StatisticsField.totalMemory]?.isAbsent == true)
  }

  @Test("Of a function that query-pci omits have no address, and the identity from the device tree or none")
  func notListed() async {
    var monitor = ScriptedMonitor.machine(listed: false)
    let none = await facts(monitor).device()
    #expect(none.qomPath.value != nil && none.address.isAbsent && none.identity.failure?.reason == .unsupported)
    monitor.replies["human-monitor-command"] = .success(
      .string(
        """
        bus: main-system-bus
          dev: q35-pcihost, id ""
            bus: pcie.0
              dev: virtio-balloon-pci, id "balloon0"
                addr = 05.0
                class Class 00ff, addr 00:05.0, pci id 1af4:1002 (sub 1af4:0005)
        """))
    let shown = await facts(monitor).device()
    #expect(shown.address.isAbsent && shown.identity.value?.id == "1af4:1002")
  }

  @Test("Of a machine without a balloon say that there is none")
  func noBalloon() async {
    var monitor = ScriptedMonitor()
    monitor.replies = [
      "query-pci": .success([["bus": .integer(0), "devices": []]]), "x-query-virtio": .success([]),
      "query-balloon": .failure(QMPError(.absent, "QEMU: no balloon", errorClass: "DeviceNotActive")),
    ]
    let device = await facts(monitor).device()
    #expect(device.qomPath.isAbsent && device.status.isAbsent)
    let reading = await facts(monitor).reading(device.qomPath)
    #expect(reading.actual.isAbsent && reading.lastUpdate.failure?.reason == .notFound)
  }

  @Test("Have what backs the machine's memory, and what pins it")
  func host() async throws {
    var monitor = ScriptedMonitor.machine()
    monitor.properties.merge([
      "/machine memory-backend": "/objects/m", "/objects/m type": "memory-backend-memfd",
      "/objects/m share": .bool(true), "/machine confidential-guest-support": "",
      "/machine/peripheral gpu": "child<vfio-pci>", "/machine/peripheral vgpu": "child<vfio-pci-nohotplug>",
      "/machine/peripheral friend": "child<vfio-pci>",
      "/machine/peripheral/gpu sysfsdev": "/sys/bus/pci/devices/0000:65:00.0",
      "/machine/peripheral/vgpu sysfsdev": "/sys/bus/mdev/devices/c2177883-f1bb-47f0-914d-32a22e3a8804",
      "/machine/peripheral/friend x-balloon-allowed": .bool(true), "/machine/peripheral-anon type": "string",
    ]) { $1 }
    monitor.replies["human-monitor-command"] = .success(
      "  Block Name    PSize  Offset\n  m    2 MiB  0x0 0x0 0x0\n pc.bios    4 KiB  0x0 0x0 0x0\n")
    // Captured: query-memory-devices of QEMU 7.2.22 with virtio-mem, a DIMM and an NVDIMM, shortened.
    monitor.replies["query-memory-devices"] = .success([
      ["type": "virtio-mem", "data": ["size": .integer(128 << 20), "max-size": .integer(512 << 20)]],
      ["type": "dimm", "data": ["size": .integer(256 << 20)]],
      ["type": "nvdimm", "data": ["size": .integer(64 << 20)]],
    ])
    monitor.replies["query-memory-size-summary"] = .success([
      "base-memory": .integer(640 << 20), "plugged-memory": .integer(448 << 20),
    ])
    monitor.replies["query-kvm"] = .success(["enabled": .bool(true), "present": .bool(true)])
    let source = Provenance("test", trust: .host, time: 7)
    func configuration(_ monitor: ScriptedMonitor, locked: UInt64) async throws -> ConfigurationEvidence {
      var evidence = ConfigurationEvidence(Unknown(failure: Failure(.notFound, "no record"), provenance: source))
      await facts(monitor).memory(&evidence)
      let status = "VmSize:\t4194304 kB\nVmRSS:\t2097152 kB\nVmLck:\t\(locked >> 10) kB\n"
      let memory = try #require(ProcessMemory(status: status))
      await facts(monitor).host(&evidence, process: .observed(memory, source))
      return evidence
    }
    let whole = try await configuration(monitor, locked: 2 << 30)
    #expect(whole.hugepages.value == true && whole.memorySource.value == "memfd" && whole.sharedMemory.value == true)
    #expect(whole.pinningDevices.value == ["pci", "mdev"] && whole.launchSecurity.isAbsent)
    #expect(whole.virtioMemory.value == 128 << 20 && whole.dimmMemory.value == 256 << 20)
    #expect(whole.baseMemory.value == 640 << 20)
    #expect(whole.maximum.value == 1 << 30, "an NVDIMM is no RAM")
    #expect(whole.maximum.provenance.source.contains("NVDIMM"))
    #expect(whole.locked.failure?.reason == .unsupported, "VFIO's pages count as locked")
    #expect(await facts(monitor).hypervisor(machine: .observed("pc-q35-7.2", source)).value == "kvm")
    #expect(await facts(monitor).hypervisor(machine: .observed("xenfv-4.2", source)).value == "xen")
    for device in ["gpu", "vgpu"] { monitor.properties["/machine/peripheral \(device)"] = nil }
    #expect(try await configuration(monitor, locked: 2 << 30).locked.value == true)
    #expect(try await configuration(monitor, locked: 64 << 10).locked.value == false)
    monitor.properties["/machine confidential-guest-support"] = "/objects/sev0"
    monitor.properties["/objects/sev0 type"] = "sev-guest"
    #expect(try await configuration(monitor, locked: 0).launchSecurity.value == "sev")
    monitor.replies["human-monitor-command"] = .failure(ScriptedMonitor.unknownCommand)
    monitor.properties["/machine memory-backend"] = ""
    let less = try await configuration(monitor, locked: 0)
    #expect(less.hugepages.failure?.reason == .unsupported && less.sharedMemory.failure?.reason == .unsupported)
  }

  @Test("That were refused, malformed or late are that, each for itself, and claim no absence")
  func refused() async {
    var monitor = ScriptedMonitor.machine()
    monitor.replies["x-query-virtio"] = .failure(QMPError(.denied, "no"))
    monitor.replies["query-pci"] = .success("no list")
    let device = await facts(monitor).device()
    #expect(device.qomPath.failure?.reason == .denied && device.path.failure?.reason == .denied)
    #expect(device.decoys.failure?.reason == .malformed)
    let reading = await facts(monitor).reading(device.qomPath)
    #expect(reading.actual.value == 1 << 29)
    #expect(reading.lastUpdate.failure?.reason == .denied && reading.statistics.failure?.reason == .denied)

    monitor = .machine()
    monitor.status = .failure(QMPError(.timedOut, "late"))
    let late = await facts(monitor).device()
    #expect(late.status.failure?.reason == .timedOut && late.identity.value?.id == "1af4:1002")
  }

  @Test("Have the statistics by the protocol's names, and what is unset as absent")
  func reading() async {
    let facts = facts(.machine())
    let reading = await facts.reading(.observed("/machine/peripheral/balloon0", facts.source("test")))
    #expect(reading.actual.value == 1 << 29 && reading.lastUpdate.value == 1_700_000_000 && reading.time == 7)
    #expect(reading.values == [StatisticsField.freeMemory: 4_096, "stat-new": 3])
    #expect(reading.statistics.value?[StatisticsField.swapIn]?.isAbsent == true)
    #expect(reading.statistics.provenance.trust == .guest && reading.lastUpdate.provenance.trust == .host)
  }

  @Test("Of the agent's channel tell the port, who holds its ends, and where it leads")
  func channel() async {
    var monitor = ScriptedMonitor.machine()
    let absent = await facts(monitor).channel()
    #expect(absent.0.port.isAbsent && absent.0.guestOpen.isAbsent && absent.path == nil)
    let port = "/machine/peripheral-anon/device[1]"
    monitor.properties["/machine/peripheral-anon device[1]"] = "child<virtserialport>"
    monitor.properties["\(port) name"] = .string(AgentChannel.portName)
    monitor.properties["\(port) chardev"] = "ch0"
    let unknown = await facts(monitor).channel()
    #expect(unknown.0.port.value == AgentChannel.portName && unknown.0.guestOpen.failure?.reason == .unsupported)
    func chardev(_ filename: String, open: Bool) -> Result<JSON, QMPError> {
      .success([["label": "ch0", "filename": .string(filename), "frontend-open": .bool(open)]])
    }
    monitor.replies["query-chardev"] = chardev("disconnected:unix:/run/agent.sock,server=on", open: true)
    let free = await facts(monitor).channel()
    #expect(free.0.guestOpen.value == true && free.0.heldByAnother.value == false && free.path == "/run/agent.sock")
    monitor.replies["query-chardev"] = chardev("unix:/run/agent.sock,server=on", open: false)
    let held = await facts(monitor).channel()
    #expect(held.0.guestOpen.value == false && held.0.heldByAnother.value == true)
    monitor.replies["query-chardev"] = chardev("pty:/dev/pts/3", open: true)
    let terminal = await facts(monitor).channel()
    #expect(terminal.0.heldByAnother.failure?.reason == .unsupported && terminal.path == "/dev/pts/3")
  }
}
