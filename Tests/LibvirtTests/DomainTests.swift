// SPDX-License-Identifier: GPL-3.0-or-later
import Testing

@testable import Libvirt

@Suite("Domain")
struct DomainTests {
  @Test("Active domains are listed with id, UUID and state; the shut-off one only among all")
  func list() async throws {
    let connection = try await TestNode.open()
    let active = try await connection.domains(.active, until: .soon)
    #expect(Set(active.map(\.domain.name)) == ["windows", "7", "1"])
    let windows = try #require(active.first { $0.domain.name == "windows" })
    #expect(windows.domain.uuid == TestNode.windowsUUID)
    #expect(windows.domain.id == 1)
    #expect(windows.status?.state == .running)
    let all = try await connection.domains(.all, until: .soon)
    #expect(all.count == 4)
    let off = try #require(all.first { $0.domain.name == TestNode.oddName })
    #expect(off.domain.id == nil)
    #expect(off.status?.state == .shutOff)
    #expect(off.status?.isActive == false)
  }

  @Test("The test driver's own node lists its one domain")
  func listDefault() async throws {
    let connection = try await Connection.open("test:///default", readOnly: true, until: .soon)
    #expect(try await connection.domains(.active, until: .soon).map(\.domain.name) == ["test"])
  }

  @Test(
    "A domain is found by id, UUID and name, in this order",
    arguments: [
      ("windows", "windows"), (TestNode.windowsUUID, "windows"), (TestNode.windowsUUID.uppercased(), "windows"),
      ("1", "windows"), ("7", "7"), (TestNode.oddName, TestNode.oddName),
    ])
  func lookup(identifier: String, name: String) async throws {
    let connection = try await TestNode.open()
    #expect(try await connection.domain(identifier, until: .soon).name == name)
  }

  @Test(
    "What no domain is called is noDomain",
    arguments: [
      "absent", "99", "-1", "99999999999999999999", "00000000-0000-0000-0000-000000000000", "a b",
    ])
  func noDomain(identifier: String) async throws {
    let connection = try await TestNode.open()
    let error = await #expect(throws: LibvirtError.self) { try await connection.domain(identifier, until: .soon) }
    #expect(error?.isNoDomain == true, "\(String(describing: error))")
  }

  @Test("A name with NUL in it does not find the domain whose name it begins with")
  func nameWithNUL() async throws {
    let connection = try await TestNode.open()
    let error = await #expect(throws: LibvirtError.self) {
      try await connection.domain("windows\u{0}x", until: .soon)
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test("State and reason are told apart, and have virsh's words")
  func status() async throws {
    let connection = try await TestNode.open()
    let running = try await connection.domain("windows", until: .soon).status(until: .soon)
    #expect(running.state == .running)
    #expect(running.isActive == true)
    #expect(running.reasonName != nil)
    let paused = try await connection.domain("3", until: .soon).status(until: .soon)
    #expect(paused.state == .paused)
    #expect(paused.isActive == true)
  }

  @Test("Numbers of a newer libvirt are carried along")
  func unknownNumbers() {
    let unknown = DomainStatus(state: DomainState(rawValue: 99), reason: 7)
    #expect(unknown.state.description == "state 99")
    #expect(unknown.reasonName == nil)
    #expect(unknown.isActive == nil)
    #expect(DomainStatus(state: .running, reason: 5).reasonName == "unpaused")
    #expect(DomainStatus(state: .paused, reason: 5).reasonName == "I/O error")
    #expect(DomainStatus(state: .running, reason: .max).reasonName == nil)
    #expect(DomainStatus(state: .running, reason: -1).reasonName == nil)
    #expect(LibvirtError.Code(rawValue: 4711).rawValue == 4711)
  }

  @Test("The XML comes as bytes, live and persistent")
  func xml() async throws {
    let connection = try await TestNode.open()
    let domain = try await connection.domain("windows", until: .soon)
    let live = String(decoding: try await domain.xml(.live, until: .soon), as: UTF8.self)
    #expect(live.contains("<domain type='test' id='1'>"))
    #expect(live.contains("<stats period='5'/>"))
    let persistent = String(decoding: try await domain.xml(.persistent, until: .soon), as: UTF8.self)
    #expect(persistent.contains("<domain type='test'>"))
    #expect(persistent.contains("<currentMemory unit='KiB'>2097152</currentMemory>"))
  }

  @Test("Maximum memory is in KiB, and the domain of a node file is persistent")
  func maximumMemory() async throws {
    let connection = try await TestNode.open()
    let domain = try await connection.domain("windows", until: .soon)
    #expect(try await domain.maximumMemory(until: .soon) == 4_194_304)
    #expect(try await domain.isPersistent(until: .soon))
  }

  @Test("Memory statistics are readable on a read-only connection, each with its tag")
  func memoryStatistics() async throws {
    let connection = try await TestNode.open(readOnly: true)
    let statistics = try await connection.domain("windows", until: .soon).memoryStatistics(until: .soon)
    // The test driver's constants (src/test/test_driver.c, testDomainMemoryStats).
    #expect(statistics[.actual] == 2_097_152)
    #expect(statistics[.available] == 2_097_152)
    #expect(statistics[.unused] == 1_048_576)
    #expect(statistics[.usable] == 1_048_576)
    #expect(statistics[.lastUpdate] == 627_319_920)
    #expect(statistics[.swapIn] == 0)
    #expect(statistics.entries.count == 13)
  }

  @Test("A tag that is not known is kept, one that is not there is nil, and 2^64-1 is not a number")
  func statisticsTags() {
    let statistics = MemoryStatistics(entries: [
      .init(tag: .init(rawValue: 4711), value: 5), .init(tag: .unused, value: .max),
    ])
    #expect(statistics[.init(rawValue: 4711)] == 5)
    #expect(statistics[.unused] == nil)
    #expect(statistics[.usable] == nil)
    #expect(statistics.entries.count == 2)
  }

  @Test("Statistics of a domain that does not run are refused as invalid now")
  func statisticsShutOff() async throws {
    let connection = try await TestNode.open()
    let domain = try await connection.domain(TestNode.oddName, until: .soon)
    let error = await #expect(throws: LibvirtError.self) { try await domain.memoryStatistics(until: .soon) }
    #expect(error?.isInvalidNow == true, "\(String(describing: error))")
  }

  @Test("The control interface of an idle domain is ready, and counts no time")
  func controlStatus() async throws {
    let connection = try await TestNode.open()
    let status = try await connection.domain("windows", until: .soon).controlStatus(until: .soon)
    #expect(status.state == .ready)
    #expect(status.duration == nil)
  }

  @Test("A monitor command is denied on a read-only connection, and unsupported by a driver that has no monitor")
  func monitorCommand() async throws {
    var domain = try await TestNode.open(readOnly: true).domain("windows", until: .soon)
    var error = await #expect(throws: LibvirtError.self) {
      try await domain.monitorCommand(#"{"execute":"query-status"}"#, until: .soon)
    }
    #expect(error?.code == .operationDenied)
    #expect(error?.isDenied == true)
    domain = try await TestNode.open(readOnly: false).domain("windows", until: .soon)
    error = await #expect(throws: LibvirtError.self) {
      try await domain.monitorCommand(#"{"execute":"query-status"}"#, until: .soon)
    }
    #expect(error?.code == .noSupport)
    #expect(error?.isUnsupported == true)
    #expect(error?.isDenied == false)
  }

  @Test("A command for qemu-ga is denied on a read-only connection, and unsupported by a driver without an agent")
  func agentCommand() async throws {
    let expected: [(readOnly: Bool, code: LibvirtError.Code)] = [(true, .operationDenied), (false, .noSupport)]
    for (readOnly, code) in expected {
      let domain = try await TestNode.open(readOnly: readOnly).domain("windows", until: .soon)
      let error = await #expect(throws: LibvirtError.self) {
        try await domain.agentCommand(#"{"execute":"guest-info"}"#, seconds: 1, until: .soon)
      }
      #expect(error?.code == code)
      #expect(error?.isDenied == readOnly && error?.isUnsupported == !readOnly)
    }
  }

  @Test("A missing monitor library is libraryMissing, and the connection stays good")
  func monitorLibraryMissing() async throws {
    let domain = try await TestNode.open(readOnly: false).domain("windows", until: .soon)
    let error = await #expect(throws: LibvirtError.self) {
      try await domain.monitorCommand("{}", library: "libvirt-qemu-absent.so.0", until: .soon)
    }
    #expect(error?.code == .libraryMissing)
    #expect(try await domain.status(until: .soon).state == .running)
  }

  @Test("A channel is denied on a read-only connection, and unsupported by the test driver")
  func channel() async throws {
    let expected: [(readOnly: Bool, code: LibvirtError.Code)] = [(true, .operationDenied), (false, .noSupport)]
    for (readOnly, code) in expected {
      let connection = try await Connection.open("test:///default", readOnly: readOnly, until: .soon)
      let domain = try await connection.domain("test", until: .soon)
      let error = await #expect(throws: LibvirtError.self) {
        try await domain.openChannel("org.virt-balloon.agent.0", until: .soon)
      }
      #expect(error?.code == code)
    }
  }

  @Test("A domain outlives the variable that its connection was in")
  func domainKeepsConnection() async throws {
    let domain = try await TestNode.open().domain("windows", until: .soon)
    #expect(try await domain.status(until: .soon).state == .running)
  }
}
