// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Synchronization
import Testing
import Transports

@testable import QMP

@Suite("A monitor's connection")
struct MonitorTests {
  private func failure(_ body: () async throws -> Void) async -> QMPError? {
    do {
      try await body()
      return nil
    } catch { return error as? QMPError }
  }

  private func open(_ peer: ScriptedPeer, until deadline: ContinuousClock.Instant = ample()) async throws -> Monitor {
    try await Monitor.connect(over: peer, named: "qmp.sock", until: deadline)
  }

  @Test("Negotiates after the greeting, before any command")
  func negotiates() async throws {
    let peer = ScriptedPeer(first: [greetingLine]) { [reply("{}", to: $0)] }
    let monitor = try await open(peer)
    #expect(monitor.greeting.version.description == "7.2.22")
    _ = try await monitor.execute("stop", until: ample())
    #expect(peer.received == ["qmp_capabilities", "stop"])
  }

  @Test("A greeting and replies that come in pieces, with events between, are read")
  func pieces() async throws {
    let greeting = [String(greetingLine.prefix(20)), String(greetingLine.dropFirst(20))]
    let peer = ScriptedPeer(first: greeting) { request in
      let answer = reply(#"{"status": "running", "running": true}"#, to: request)
      return [
        #"{"timestamp": {"seconds": 5, "microseconds": 6}, "event": "RESET"}"# + "\r\n" + answer.prefix(3),
        answer.dropFirst(3) + #"{"timestamp": {"seconds": 5, "microseconds": 7}, "event": "STOP"}"# + "\r\n",
      ]
    }
    let monitor = try await open(peer)
    #expect(try await monitor.runState(until: ample()).isRunning)
    let events = await monitor.events
    // The last STOP came after the reply, and waits for the next one to be read.
    #expect(events.latest.map(\.name) == ["RESET", "STOP", "RESET"])
    #expect(events.latest.first?.microseconds == 5_000_006)
  }

  @Test("A socket that stays silent is held by another client")
  func held() async throws {
    let error = await failure { _ = try await open(ScriptedPeer(first: []) { _ in [] }, until: soon()) }
    #expect(error?.code == .heldByAnother)
    #expect(
      error?.message
        == "qmp.sock: no greeting within a second: the monitor serves one client and another holds it")
  }

  @Test(
    "What is no QMP is told in one line",
    arguments: [
      ["SSH-2.0-OpenSSH_9.2\r\n"], ["half a line"], ["{}\n"], ["{\"QMP\": 1}\n"], ["\u{1b}]0;title\u{7}\n"],
      [String(repeating: "x", count: 100_000)], ["QEMU 7.2.22 monitor - type 'help' for more information\r\n(qemu) "],
    ])
  func notQMP(output: [String]) async throws {
    let error = await failure { _ = try await open(ScriptedPeer(first: output) { _ in [] }, until: soon()) }
    #expect(error?.code == .notQMP)
    #expect(error?.message.utf8.allSatisfy { $0 >= 0x20 } == true)
    #expect(error?.message.contains("qmp.sock") == true)
  }

  @Test("The human monitor is called by its name")
  func humanMonitor() async throws {
    let text = String(decoding: try CapturedSession("made-human-monitor").bytes, as: UTF8.self)
    let error = await failure { _ = try await open(ScriptedPeer(first: [text]) { _ in [] }, until: soon()) }
    #expect(error?.message.contains("human monitor") == true)
  }

  @Test("QEMU's refusal keeps its class and leaves the connection usable")
  func refusal() async throws {
    let peer = ScriptedPeer(first: [greetingLine]) { request in
      guard request["execute"]?.string == "x-query-virtio" else { return [reply("{}", to: request)] }
      let id = String(decoding: (request["id"] ?? .null).bytes, as: UTF8.self)
      return [#"{"id": \#(id), "error": {"class": "CommandNotFound", "desc": "not found"}}"# + "\r\n"]
    }
    let monitor = try await open(peer)
    let error = await failure { _ = try await monitor.virtioDevices(until: ample()) }
    #expect(error == QMPError(.unsupported, "QEMU: not found", errorClass: "CommandNotFound"))
    _ = try await monitor.execute("query-name", until: ample())
  }

  @Test("After a command that was not answered in time the connection is given up")
  func timeout() async throws {
    let peer = ScriptedPeer(first: [greetingLine]) { request in
      request["execute"]?.string == "query-pci" ? [] : [reply("{}", to: request)]
    }
    let monitor = try await open(peer)
    let error = await failure { _ = try await monitor.pciFunctions(until: soon()) }
    #expect(error?.code == .timedOut && error?.message.contains("query-pci") == true)
    #expect(await failure { _ = try await monitor.version(until: ample()) }?.code == .closed)
    #expect(peer.received == ["qmp_capabilities", "query-pci"])
  }

  @Test("A peer that sends events without end does not outlast the deadline")
  func flood() async throws {
    let line = #"{"timestamp": {"seconds": 5, "microseconds": 6}, "event": "RESET"}"# + "\r\n"
    let flood = String(repeating: line, count: 900)
    let peer = ScriptedPeer(first: [greetingLine]) { request in
      guard request["execute"]?.string == "query-pci" else { return [reply("{}", to: request)] }
      return Array(repeating: flood, count: 2000)
    }
    let monitor = try await open(peer)
    #expect(await failure { _ = try await monitor.pciFunctions(until: soon()) }?.code == .timedOut)
    #expect(await monitor.events.latest.count <= MonitorEvents.limit)
  }

  @Test(
    "A reply that answers something else, or is no JSON, ends the connection",
    arguments: [#"{"return": {}, "id": 99}"#, "{", #"{"a": 1, "a": 2}"#, greetingLine, #"{"neither": 1}"#])
  func wrongReply(line: String) async throws {
    let peer = ScriptedPeer(first: [greetingLine]) { request in
      request["execute"]?.string == "query-pci" ? [line + "\r\n"] : [reply("{}", to: request)]
    }
    let monitor = try await open(peer)
    #expect(await failure { _ = try await monitor.pciFunctions(until: ample()) }?.code == .malformed)
    #expect(await failure { _ = try await monitor.version(until: ample()) }?.code == .closed)
  }

  @Test("A monitor that closes says so")
  func closes() async throws {
    let peer = ScriptedPeer(first: [greetingLine]) { request in
      request["execute"]?.string == "query-pci" ? nil : [reply("{}", to: request)]
    }
    let monitor = try await open(peer)
    #expect(await failure { _ = try await monitor.pciFunctions(until: ample()) }?.code == .closed)
    let ended = ScriptedPeer(first: [""]) { _ in [] }
    #expect(await failure { _ = try await open(ended) }?.code == .notQMP)
  }

  @Test("Commands of many tasks take turns, and each gets its own reply")
  func turns() async throws {
    let peer = ScriptedPeer(first: [greetingLine]) { request in
      [reply(#""\#(request["execute"]?.string ?? "")""#, to: request)]
    }
    let monitor = try await open(peer)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<50 {
        group.addTask {
          let answer = try await monitor.execute("command-\(number)", until: ample())
          #expect(answer.string == "command-\(number)")
        }
      }
      try await group.waitForAll()
    }
    #expect(Set(peer.received).count == 51)
  }

  @Test("A command that gets no turn ends at its own deadline, and the connection stays")
  func noTurn() async throws {
    let peer = ScriptedPeer(first: [greetingLine]) { request in
      request["execute"]?.string == "slow" ? [] : [reply("{}", to: request)]
    }
    let monitor = try await open(peer)
    let slow = Task { try await monitor.execute("slow", until: .now + .seconds(600)) }
    while !peer.received.contains("slow") { await Task.yield() }
    #expect(await failure { _ = try await monitor.version(until: soon()) }?.code == .timedOut)
    slow.cancel()
    #expect(await failure { _ = try await slow.value }?.code == .cancelled)
    #expect(!peer.received.contains("query-version"))
  }

  @Test("A monitor let go answers no more")
  func letGo() async throws {
    let monitor = try await open(ScriptedPeer(first: [greetingLine]) { [reply("{}", to: $0)] })
    await monitor.close()
    #expect(await failure { _ = try await monitor.version(until: ample()) }?.code == .closed)
  }

  @Test("A path where nothing is, and one that cannot be, are told apart")
  func noSocket() async {
    let missing = await failure { _ = try await Monitor.connect(to: "/nonexistent/qmp.sock", until: ample()) }
    #expect(missing?.code == .notFound && missing?.message.contains("/nonexistent/qmp.sock") == true)
    #expect(await failure { _ = try await Monitor.connect(to: "/etc/passwd", until: ample()) }?.code == .invalid)
  }
}

@Suite("A monitor through somebody else")
struct MonitorPassthroughTests {
  private func failure(_ send: @escaping MonitorPassthrough.Send) async -> QMPError? {
    do {
      _ = try await MonitorPassthrough(send: send).execute("query-name", until: .now + .milliseconds(200))
      return nil
    } catch { return error }
  }

  @Test("Sends the command's JSON and reads the whole reply")
  func passes() async throws {
    let sent = Mutex("")
    let statistics = try await MonitorPassthrough { text in
      sent.withLock { $0 = text }
      return #"{"return":{"stats":{"stat-swap-in":-1},"last-update":0},"id":"libvirt-12"}"#
    }.guestStatistics(of: "/machine/peripheral/balloon0", until: ample())
    #expect(statistics.unset == ["stat-swap-in"])
    #expect(
      sent.withLock { $0 }
        == #"{"execute":"qom-get","arguments":{"path":"/machine/peripheral/balloon0","property":"guest-stats"}}"#)
  }

  @Test("Failures keep their kind")
  func failures() async {
    #expect(await failure { _ in throw TransportError(.denied, "no") } == QMPError(.denied, "no"))
    #expect(await failure { _ in throw QMPError(.unsupported, "old") } == QMPError(.unsupported, "old"))
    #expect(await failure { _ in throw CancellationError() }?.code == .cancelled)
    #expect(await failure { _ in "" }?.code == .malformed)
    #expect(await failure { _ in #"{"event":"STOP"}"# }?.code == .malformed)
    let refusal = await failure { _ in #"{"id":"x","error":{"class":"DeviceNotActive","desc":"none"}}"# }
    #expect(refusal?.code == .absent && refusal?.errorClass == "DeviceNotActive")
    let late = await failure { _ in
      try await Task.sleep(for: .seconds(600))
      return ""
    }
    #expect(late?.code == .timedOut)
  }
}

@Suite("Queries of several commands")
struct CompositeQueryTests {
  private let refused = QMPError(.refused, "QEMU: no", errorClass: "GenericError")

  @Test("The balloon is found by x-query-virtio")
  func byVirtio() async throws {
    let reply = try CapturedSession("i440fx").reply("x-query-virtio")
    let paths = try await TreeMonitor(replies: ["x-query-virtio": .success(reply)]).balloonPaths(until: ample())
    #expect(paths == ["/machine/peripheral-anon/device[0]"])
  }

  @Test("The balloon is found among the devices where x-query-virtio is missing")
  func byWalking() async throws {
    let monitor = TreeMonitor(properties: [
      "/machine/peripheral rp0": "child<pcie-root-port>", "/machine/peripheral type": "string",
      "/machine/peripheral-anon device[3]": "child<virtio-balloon-pci-non-transitional>",
      "/machine/peripheral-anon device[4]": "child<virtio-serial-pci>",
    ])
    #expect(try await monitor.balloonPaths(until: ample()) == ["/machine/peripheral-anon/device[3]"])
  }

  @Test("Any other failure of x-query-virtio is reported, not walked around")
  func virtioFails() async {
    let monitor = TreeMonitor(replies: ["x-query-virtio": .failure(refused)])
    await #expect(throws: refused) { try await monitor.balloonPaths(until: ample()) }
  }

  @Test("A bus that is its own parent, and values that are none, are refused")
  func hostileTopology() async {
    let endless = TreeMonitor(properties: ["/d addr": .integer(8), "/d parent_bus": "/d/bus"])
    await #expect(throws: QMPError.self) { try await endless.location(of: "/d", until: ample()) }
    for (address, bus): (JSON, JSON) in [(.integer(256), "/d/bus"), ("8", "/d/bus"), (.integer(8), "bus")] {
      let monitor = TreeMonitor(properties: ["/d addr": address, "/d parent_bus": bus])
      await #expect(throws: QMPError.self) { try await monitor.location(of: "/d", until: ample()) }
    }
  }

  @Test("No balloon is nil, another refusal is an error")
  func absent() async throws {
    let none = QMPError(refusal: "No balloon device has been activated", class: "DeviceNotActive")
    #expect(try await TreeMonitor(replies: ["query-balloon": .failure(none)]).balloonActual(until: ample()) == nil)
    let other = TreeMonitor(replies: ["query-balloon": .failure(refused)])
    await #expect(throws: refused) { try await other.balloonActual(until: ample()) }
  }
}
