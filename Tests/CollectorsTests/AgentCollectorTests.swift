// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import Testing
import Transports

@testable import Collectors

@Suite("Asking an agent")
struct AgentCollectorTests {
  private func collect(_ agent: ScriptedAgent, deadline: Duration = .seconds(20)) async -> GuestEvidence {
    await AgentCollector(clock: WallClock { 7 }, deadline: deadline).collect(over: agent)
  }

  @Test("Asks for what the hello names, and for nothing else")
  func methods() async {
    let agent = ScriptedAgent { request in
      request.method == "agent.hello" ? ScriptedAgent.hello(request, methods: [.hello, .os]) : .result([:])
    }
    let guest = await collect(agent)
    #expect(agent.asked == ["agent.hello", "guest.os"])
    #expect(guest.agent.value == AgentIdentity(name: "scripted", version: "1", protocolVersion: 1))
    #expect(guest.osName.failure?.reason == .unsupported)
    #expect(guest.memory.failure?.reason == .unsupported && guest.log.failure?.reason == .unsupported)
  }

  @Test("A lean collection asks for no log and no memory, and says so")
  func lean() async {
    let agent = ScriptedAgent { request in
      request.method == "agent.hello" ? ScriptedAgent.hello(request) : .error(ProtocolError(.unsupported, "no"))
    }
    let guest = await AgentCollector(clock: WallClock { 7 }, deadline: .seconds(20), lean: true).collect(over: agent)
    #expect(!agent.asked.contains("guest.memory") && !agent.asked.contains("log.balloon"))
    #expect(agent.asked.contains("balloon.stats") && agent.asked.contains("pci.functions"))
    #expect(guest.memory.failure?.reason == .notAsked && guest.log.failure?.reason == .notAsked)
  }

  @Test("A method that fails costs its own leaves only")
  func oneFails() async {
    let agent = ScriptedAgent { request in
      switch request.method {
      case "agent.hello": ScriptedAgent.hello(request)
      case "guest.os": .error(ProtocolError(.denied, "no"))
      case "guest.memory": .result("no object")
      case "balloon.stats": .result(["totalMemory": ["status": "observed", "value": .integer(5), "source": "x"]])
      case "pci.functions": .result(["functions": ["no function", [:]]])
      case "driver.services": .error(ProtocolError(.unsupported, "no"))
      default: .result(["lines": [["text": "virtio_balloon: hello", "source": "kmsg"]]])
      }
    }
    let guest = await collect(agent)
    #expect(guest.osName.failure?.reason == .denied && guest.uptime.failure?.reason == .denied)
    #expect(guest.memory.failure?.reason == .malformed)
    #expect(guest.statistics.value?["totalMemory"]?.value == 5)
    #expect(guest.functions.value?.count == 1)
    #expect(guest.services.failure?.reason == .unsupported)
    #expect(guest.log.value == ["virtio_balloon: hello"])
  }

  @Test("An agent that falls silent uses up one deadline, not one a method, and keeps what it has said")
  func fallsSilent() async {
    let agent = ScriptedAgent { request in
      switch request.method {
      case "agent.hello": ScriptedAgent.hello(request)
      case "guest.os": .result(["name": ["status": "observed", "value": "Debian", "source": "x"]])
      default: .nothing
      }
    }
    let guest = await collect(agent, deadline: .milliseconds(300))
    #expect(guest.agent.value?.name == "scripted" && guest.osName.value == "Debian")
    #expect(guest.memory.failure?.reason == .timedOut && guest.log.failure?.reason == .timedOut)
    // Each was asked once; no second hello was waited for.
    #expect(agent.asked == Method.all.map { $0.name }.filter { $0 != "agent.ping" })
  }

  @Test("One that ends in the middle leaves the rest disconnected")
  func ends() async {
    let agent = ScriptedAgent { request in
      request.method == "agent.hello" ? ScriptedAgent.hello(request) : .end
    }
    let guest = await collect(agent)
    #expect(guest.agent.value != nil)
    #expect(guest.osName.failure?.reason == .disconnected && guest.log.failure?.reason == .disconnected)
  }

  @Test("One that never speaks, speaks otherwise, or refuses the hello leaves every leaf with that reason")
  func noHello() async {
    let silent = await collect(ScriptedAgent { _ in .nothing }, deadline: .milliseconds(100))
    #expect(silent.agent.failure?.reason == .timedOut && silent.functions.failure?.reason == .timedOut)
    let garbage = await collect(ScriptedAgent { _ in .bytes(Array("hello\n".utf8)) }, deadline: .milliseconds(100))
    #expect(garbage.agent.failure?.reason == .incompatible)
    let older = await collect(ScriptedAgent { _ in .error(ProtocolError(.methodNotFound, "")) })
    #expect(older.agent.failure?.reason == .incompatible)
    let refusing = await collect(ScriptedAgent { _ in .error(ProtocolError(.denied, "")) })
    #expect(refusing.agent.failure?.reason == .denied)
  }
}
