// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import PCI
import Testing

@testable import QMP

private let balloon = "/machine/peripheral/balloon0"

@Suite("Replies of QEMU's monitor, captured with 7.2")
struct DecodingTests {
  @Test("The greeting and query-version tell the version")
  func version() throws {
    let session = try CapturedSession("before-firmware")
    guard case .greeting(let greeting) = session.messages.first else {
      Issue.record("no greeting")
      return
    }
    #expect(greeting.capabilities == ["oob"])
    let version = try QEMUVersion(decoding: session.reply("query-version"))
    #expect(version == greeting.version)
    #expect(version.description == "7.2.22")
    #expect(version.package == "Debian 1:7.2+dfsg-7+deb12u18+b3")
    let old = try #require(try CapturedSession("made-other-versions").messages.first)
    guard case .greeting(let oldGreeting) = old else {
      Issue.record("no greeting")
      return
    }
    #expect(oldGreeting.version < version)
    #expect(oldGreeting.version.package == nil)
  }

  @Test("The machine's state, name, UUID, type and memory are read")
  func machine() throws {
    let session = try CapturedSession("before-firmware")
    let state = try RunState(decoding: session.reply("query-status"))
    #expect(state.status == "prelaunch" && !state.isRunning)
    #expect(try Machine.name(session.reply("query-name")) == "ports")
    #expect(try Machine.uuid(session.reply("query-uuid")) == "11112222-3333-4444-5555-666677778888")
    #expect(try Machine.type(session.reply("qom-get /machine type")) == "pc-q35-7.2")
    let memory = try MemorySize(decoding: session.reply("query-memory-size-summary"))
    #expect(memory.base == 64 << 20 && memory.plugged == 0)
    #expect(try RunState(decoding: try CapturedSession("healthy").reply("query-status")).status == "paused")
  }

  @Test("A machine without name and UUID has none, rather than empty ones")
  func unnamed() throws {
    let session = try CapturedSession("no-balloon")
    #expect(try Machine.name(session.reply("query-name")) == nil)
    #expect(try Machine.uuid(session.reply("query-uuid")) == nil)
  }

  @Test("query-pci on the root bus gives the transitional balloon its ids, address and path")
  func rootBus() throws {
    let functions = try MachineFunction.list(decoding: CapturedSession("healthy").reply("query-pci"))
    let found = try #require(functions.first { $0.identity.isBalloon })
    #expect(found.address.description == "0000:00:05.0")
    #expect(found.path.description == "05.0")
    #expect(found.qdevID == "balloon0")
    #expect(found.identity.id == "1af4:1002")
    #expect(found.identity.subsystemID == "1af4:0005")
    #expect(found.identity.classCode == .unclassified)
    #expect(found.identity.revision == nil)
    #expect(found.secondaryBus == nil)
    let serial = try #require(functions.first { $0.identity.isVirtioSerial })
    #expect(serial.qdevID == "vs0")
  }

  @Test("query-pci behind bridges gives the bridge path beside the firmware's bus number")
  func bridges() throws {
    let functions = try MachineFunction.list(decoding: CapturedSession("ports").reply("query-pci"))
    let found = try #require(functions.first { $0.identity.isBalloon })
    #expect(found.address.description == "0000:03:00.0")
    #expect(found.path.description == "03.0/00.0")
    #expect(found.identity.id == "1af4:1045" && found.identity.subsystemID == "1af4:1100")
    let decoy = try #require(functions.first { $0.identity.isSharedMemory })
    #expect(decoy.path.description == "02.0/00.0/04.0")
    #expect(decoy.identity.isBalloonDecoy)
    #expect(decoy.qdevID == nil)
    let port = try #require(functions.first { $0.qdevID == "rp1" })
    #expect(port.secondaryBus == 3 && port.identity.classCode?.isBridge == true)
    #expect(port.identity.subsystem == nil)
  }

  @Test("query-pci omits what stands behind a bridge that firmware has not numbered")
  func unnumbered() throws {
    for name in ["before-firmware", "omitted"] {
      let functions = try MachineFunction.list(decoding: CapturedSession(name).reply("query-pci"))
      #expect(functions.first { $0.identity.isBalloon } == nil)
      let port = try #require(functions.first { $0.qdevID?.hasPrefix("rp") == true })
      #expect(port.secondaryBus == 0)
    }
  }

  @Test("query-pci of a machine with two root buses keeps them apart")
  func severalRoots() throws {
    let functions = try MachineFunction.list(decoding: CapturedSession("pxb").reply("query-pci"))
    #expect(Set(functions.map(\.rootBus)) == [0, 128])
    let found = try #require(functions.first { $0.identity.isBalloon })
    #expect(found.rootBus == 128)
    #expect(found.path.description == "01.0/00.0")
    #expect(found.address.description == "0000:81:00.0")
  }

  @Test("query-pci behind a conventional bridge of an i440fx gives the transitional balloon")
  func conventional() throws {
    let session = try CapturedSession("i440fx")
    let found = try #require(
      MachineFunction.list(decoding: session.reply("query-pci")).first { $0.identity.isBalloon })
    #expect(found.identity.id == "1af4:1002")
    #expect(found.path.description == "06.0/03.0")
    #expect(found.qdevID == nil)
  }

  @Test("The device tree tells ids and path of a balloon that query-pci omits")
  func deviceTree() throws {
    let session = try CapturedSession("omitted")
    let found = try #require(
      TreeFunction.list(decoding: session.reply("human-monitor-command info qtree")).first { $0.identity.isBalloon })
    #expect(found.type == "virtio-balloon-pci")
    #expect(found.qdevID == "balloon0")
    #expect(found.path.description == "02.1/00.0")
    #expect(found.identity.id == "1af4:1045" && found.identity.subsystemID == "1af4:1100")
    #expect(found.identity.classCode == .unclassified)
  }

  @Test("The device tree and query-pci agree on every function with firmware's numbers", arguments: ["ports", "pxb"])
  func deviceTreeAgrees(name: String) throws {
    let session = try CapturedSession(name)
    let listed = try MachineFunction.list(decoding: session.reply("query-pci"))
    let tree = try TreeFunction.list(decoding: session.reply("human-monitor-command info qtree"))
    #expect(tree.count == listed.count)
    for function in listed {
      #expect(
        tree.contains {
          $0.path == function.path && $0.qdevID == function.qdevID && $0.identity.id == function.identity.id
            && $0.identity.subsystem == function.identity.subsystem
        })
    }
  }

  @Test("A balloon nobody drives has no status, no guest features, and an offer")
  func idleStatus() throws {
    let session = try CapturedSession("before-firmware")
    let status = try VirtioStatus(decoding: session.reply("x-query-virtio-status \(balloon)/virtio-backend"))
    #expect(status.name == "virtio-balloon")
    #expect(status.status.isEmpty && status.unknownStatus == nil)
    #expect(status.guest.device.isEmpty && status.guest.transport.isEmpty && status.guest.unknown == nil)
    #expect(status.host.device == ["PAGE_POISON", "STATS_VQ"])
    #expect(status.host.unknown == 1_100_585_369_600)
    #expect(status.isStarted == false && status.isBroken == false && status.queues == 3)
  }

  @Test("A driven balloon and its sibling show their status and what was negotiated")
  func drivenStatus() throws {
    let session = try CapturedSession("healthy")
    let status = try VirtioStatus(decoding: session.reply("x-query-virtio-status \(balloon)/virtio-backend"))
    #expect(status.status == ["ACKNOWLEDGE", "DRIVER", "FEATURES_OK", "DRIVER_OK"])
    #expect(status.guest.device == ["STATS_VQ"])
    #expect(status.guest.transport == ["EVENT_IDX", "VERSION_1"])
    #expect(status.isStarted == true)
    let serial = try VirtioStatus(
      decoding: session.reply("x-query-virtio-status /machine/peripheral/vs0/virtio-backend"))
    #expect(serial.name == "virtio-serial" && serial.status.contains("DRIVER_OK"))
    #expect(serial.guest.device == ["MULTIPORT"])
    let devices = try VirtioDevice.list(decoding: session.reply("x-query-virtio"))
    #expect(devices.first { $0.isBalloon }?.carrier == balloon)
    #expect(devices.count == 2)
  }

  @Test("A failed and broken device shows it, unknown bits too, and newer words are kept")
  func brokenStatus() throws {
    let status = try VirtioStatus(decoding: CapturedSession("made-other-versions").reply("x-query-virtio-status"))
    #expect(status.status == ["ACKNOWLEDGE", "FAILED", "NEEDS_RESET"])
    #expect(status.unknownStatus == 16)
    #expect(status.isBroken == true)
    #expect(status.host.device == ["REPORTING", "PROTOCOL_FEATURES", "NEWER"])
    #expect(status.host.transport == ["RING_PACKED"])
  }

  @Test("Statistics that the guest never set are unset, not numbers, and never updated")
  func unsetStatistics() throws {
    let session = try CapturedSession("before-firmware")
    let statistics = try GuestStatistics(decoding: session.reply("qom-get \(balloon) guest-stats"))
    #expect(statistics.values.isEmpty)
    #expect(statistics.unset.count == 10 && statistics.unset.contains("stat-htlb-pgfail"))
    #expect(statistics.lastUpdate == nil)
    #expect(try Balloon.pollingInterval(session.reply("qom-get \(balloon) guest-stats-polling-interval")) == 0)
  }

  @Test("Statistics of a driven balloon have values and a time")
  func statistics() throws {
    let session = try CapturedSession("healthy")
    let statistics = try GuestStatistics(decoding: session.reply("qom-get \(balloon) guest-stats"))
    #expect(statistics.unset.isEmpty && statistics.values.count == 10)
    #expect(statistics.values["stat-total-memory"] == 228_999_168)
    #expect(statistics.lastUpdate.map { $0 > 1_700_000_000 } == true)
    #expect(try Balloon.pollingInterval(session.reply("qom-get \(balloon) guest-stats-polling-interval")) == 1)
    #expect(try Balloon.actual(session.reply("query-balloon")) == 256 << 20)
  }

  @Test("Both of QEMU's forms of an unset statistic are unset, and names of newer versions are kept")
  func statisticsOfOtherVersions() throws {
    let statistics = try GuestStatistics(decoding: CapturedSession("made-other-versions").reply("guest-stats"))
    #expect(statistics.unset == ["stat-swap-in", "stat-free-memory", "stat-direct-scan"])
    #expect(statistics.values == ["stat-total-memory": 4_294_430_720, "stat-oom-kill": 3])
    #expect(statistics.lastUpdate == 1_371_221_540)
  }

  @Test("A statistic that is neither a count nor unset is refused")
  func badStatistics() throws {
    for value in [#"-2"#, #""5""#, #"1.5"#, #"null"#] {
      let json = try JSON(parsing: Array(#"{"stats": {"stat-x": \#(value)}, "last-update": 0}"#.utf8), limits: .monitor)
      #expect(throws: QMPError.self) { try GuestStatistics(decoding: json) }
    }
  }

  @Test("A machine without a balloon says so in QEMU's classes of error")
  func noBalloon() throws {
    let session = try CapturedSession("no-balloon")
    func failure(_ id: String) throws -> QMPError? {
      guard case .failure(let error) = try session.result(id) else { return nil }
      return error
    }
    let balloonError = try failure("query-balloon")
    #expect(balloonError?.code == .absent && balloonError?.errorClass == "DeviceNotActive")
    #expect(try failure("qom-get \(balloon) guest-stats")?.errorClass == "DeviceNotFound")
    let unknown = try failure("no-such-command")
    #expect(unknown?.code == .unsupported && unknown?.errorClass == "CommandNotFound")
    let other = try failure("qom-get /machine nothing")
    #expect(other?.code == .refused && other?.errorClass == "GenericError")
    #expect(other?.message == "QEMU: Property 'pc-q35-7.2-machine.nothing' not found")
    #expect(try failure("x-query-virtio-status \(balloon)/virtio-backend")?.code == .refused)
    #expect(try VirtioDevice.list(decoding: session.reply("x-query-virtio")).isEmpty)
  }

  @Test("A channel without a peer, one with, and a pty of which nothing is known")
  func chardevs() throws {
    let captured = try Chardev.list(decoding: CapturedSession("before-firmware").reply("query-chardev"))
    let channel = try #require(captured.first { $0.label == "ch0" })
    #expect(channel.isHostConnected == false && !channel.isFrontendOpen)
    #expect(channel.path == "agent.sock")
    #expect(captured.first { $0.label == "compat_monitor0" }?.isHostConnected == true)
    let made = try Chardev.list(decoding: CapturedSession("made-other-versions").reply("query-chardev"))
    #expect(made.map(\.isHostConnected) == [nil, false, nil])
    #expect(made.map(\.path) == ["/dev/pts/3", "/run/a,b.sock", nil])
  }

  @Test("Events on the way carry their name and time; a clock that failed gives none")
  func events() throws {
    let events = try CapturedSession("healthy").events
    #expect(events.map(\.name) == ["RESUME", "BALLOON_CHANGE", "BALLOON_CHANGE", "STOP", "RESET", "RESUME"])
    #expect(events.allSatisfy { $0.microseconds.map { $0 > 1_700_000_000_000_000 } == true })
    let made = try CapturedSession("made-other-versions").events
    #expect(made.map(\.name) == ["SHUTDOWN"] && made.map(\.microseconds) == [nil])
  }

  @Test("Events are counted by name and kept to a bound")
  func manyEvents() throws {
    var events = MonitorEvents()
    for number in 0..<1000 {
      events.append(try MonitorEvent(name: .string(number % 2 == 0 ? "RESET" : "EVENT_\(number)"), time: nil))
    }
    #expect(events.total == 1000)
    #expect(events.counts["RESET"] == 500)
    #expect(events.counts.count == MonitorEvents.limit && events.latest.count == MonitorEvents.limit)
    #expect(events.latest.last?.name == "EVENT_999")
    #expect(events.history.count == 500 && events.historyOmitted == 0)
  }

  @Test("What happens to the machine and its balloon is kept from the first on, whatever floods come between")
  func history() throws {
    func event(_ name: String, _ data: JSON?) throws -> MonitorEvent {
      try MonitorEvent(name: .string(name), time: ["seconds": .integer(5), "microseconds": .integer(6)], data: data)
    }
    var events = MonitorEvents()
    events.append(try event("BALLOON_CHANGE", ["actual": .integer(1 << 30)]))
    for _ in 0..<5_000 { events.append(try event("RTC_CHANGE", ["offset": .integer(1)])) }
    events.append(try event("STOP", ["actual": .integer(1)]))
    events.append(try event("BALLOON_CHANGE", ["actual": "much"]))
    #expect(events.history.map(\.name) == ["BALLOON_CHANGE", "STOP", "BALLOON_CHANGE"])
    #expect(events.history.map(\.actual) == [1 << 30, nil, nil] && events.history.first?.microseconds == 5_000_006)
    for _ in 0..<2_000 { events.append(try event("RESET", nil)) }
    #expect(events.history.count == MonitorEvents.historyLimit)
    #expect(events.historyOmitted == 2_003 - MonitorEvents.historyLimit)
  }
}

@Suite("Lines of a monitor")
struct MonitorLinesTests {
  @Test("A session divided anywhere gives the same lines", arguments: [1, 2, 3, 7, 1000])
  func divided(size: Int) throws {
    let bytes = try CapturedSession("healthy").bytes
    var (whole, pieces) = (MonitorLines(), MonitorLines())
    whole.append(bytes)
    var expected: [[UInt8]] = []
    while let line = try whole.next() { expected.append(line) }
    var lines: [[UInt8]] = []
    for start in stride(from: 0, to: bytes.count, by: size) {
      pieces.append(Array(bytes[start..<min(start + size, bytes.count)]))
      while let line = try pieces.next() { lines.append(line) }
    }
    #expect(lines == expected && expected.count > 10)
  }

  @Test("A line longer than the limit is refused, ended or not; one at the limit passes")
  func tooLong() throws {
    let line = [UInt8](repeating: 0x20, count: 10)
    var fits = MonitorLines(limit: 10)
    fits.append(line + [0x0a])
    #expect(try fits.next() == line)
    for rest: [UInt8] in [[0x20], [0x20, 0x0a]] {
      var long = MonitorLines(limit: 10)
      long.append(line + rest)
      #expect(throws: QMPError.self) { try long.next() }
    }
  }
}
