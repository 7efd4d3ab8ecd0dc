// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

/// One booted guest, and the stages that it is brought through: a boot costs seconds, so stages share it.
struct Scenario: Sendable, CustomTestStringConvertible {
  struct Stage: Sendable {
    var name: String
    /// What is done to the guest before it is looked at.
    var prepare: @Sendable (Guest) async throws -> Void = { _ in }
    var host: HostExpectation
    /// What `virt-balloon diagnose` is to say.
    var diagnosis: DiagnosisExpectation
  }
  var name: String
  var configuration: GuestConfiguration
  var stages: [Stage]

  var testDescription: String { name }

  init(_ name: String, _ configuration: GuestConfiguration, _ stages: [Stage]) {
    self.name = name
    self.configuration = configuration
    self.stages = stages
  }
}

extension Scenario {
  static let transitional = "1af4:1002 1af4:0005 00ff"
  static let modern = "1af4:1045 1af4:1100 00ff"

  private static func healthy(_ identity: String, bus: Int64 = 0, name: String = "healthy") -> Stage {
    Stage(
      name: name,
      host: HostExpectation(
        balloon: HostExpectation.operating, statistics: .moving, follows: true, identity: identity, bus: bus),
      diagnosis: .healthy)
  }
  private static func unserved(
    _ name: String, _ identity: String = transitional, _ diagnosis: DiagnosisExpectation = .problem("driver.none")
  ) -> Stage {
    Stage(
      name: name, host: HostExpectation(balloon: [], statistics: .never, follows: false, identity: identity),
      diagnosis: diagnosis)
  }

  /// Linux leaves ACKNOWLEDGE set when a driver goes (`virtio_dev_remove` acknowledges the device again), so this looks
  /// like S1b from the host but for last-update.
  private static let unbound = Stage(
    name: "driver unbound later", prepare: { try await $0.control("vb balloon unbind") },
    host: HostExpectation(balloon: ["ACKNOWLEDGE"], statistics: .frozen, follows: false),
    diagnosis: .problem("driver.none"))

  /// Every kind of guest that the rig makes, and what becomes of it.
  static let all: [Scenario] = [
    Scenario(
      "q35, balloon on the root bus", GuestConfiguration(),
      [
        healthy(transitional),
        Stage(
          name: "statistics polling off", prepare: { try await $0.monitor.setStatsPeriod(0) },
          host: HostExpectation(balloon: HostExpectation.operating, statistics: .frozen, follows: true),
          diagnosis: .warning("balloon.config.stats-period-unset")),
        Stage(
          name: "paused",
          prepare: {
            try await $0.monitor.setStatsPeriod(1)
            try await $0.monitor.pause()
          },
          host: HostExpectation(
            balloon: HostExpectation.operating, statistics: .frozen, follows: false, runState: "paused"),
          diagnosis: .warning("guest.not-running")),
        Stage(
          name: "running again", prepare: { try await $0.monitor.resume() },
          host: HostExpectation(balloon: HostExpectation.operating, statistics: .moving), diagnosis: .healthy),
        Stage(
          name: "in its firmware again",
          prepare: {
            // Halted where it is reset, so that the firmware's short moment can be looked at.
            try await $0.monitor.pause()
            try await $0.reset()
            let guest = $0
            try await waitUntil("the reset was done") {
              try await HostView(guest.monitor).balloon?.status.isEmpty == true
            }
          },
          host: HostExpectation(balloon: [], serial: [], statistics: .frozen, runState: "prelaunch"),
          diagnosis: .open("guest.not-running")),
        Stage(
          name: "rebooted",
          prepare: {
            try await $0.monitor.resume()
            try await $0.reboot()
          },
          host: HostExpectation(balloon: HostExpectation.operating, statistics: .moving, follows: true),
          diagnosis: .healthy),
        unbound,
        Stage(
          name: "generic driver bound later", prepare: { try await $0.control("vb balloon generic") },
          host: HostExpectation(balloon: ["ACKNOWLEDGE"], statistics: .frozen, follows: false),
          diagnosis: .problem("driver.generic")),
        Stage(
          name: "driver bound again", prepare: { try await $0.control("vb balloon bind") },
          host: HostExpectation(balloon: HostExpectation.operating, statistics: .moving), diagnosis: .healthy),
      ]),
    Scenario(
      "i440fx, balloon on the root bus", GuestConfiguration { $0.machine = .i440fx }, [healthy(transitional)]),
    Scenario("behind a root port", GuestConfiguration { $0.balloon = .rootPort }, [healthy(modern, bus: 1), unbound]),
    Scenario(
      "non-transitional on the root bus", GuestConfiguration { $0.balloon = .nonTransitional }, [healthy(modern)]),
    Scenario(
      "behind the second root port, a bridge below the first",
      GuestConfiguration { $0.balloon = .secondRootPort }, [healthy(modern, bus: 3)]),
    Scenario(
      "on a bus that firmware did not number", GuestConfiguration { $0.balloon = .unnumberedBus },
      [unserved("unserved", "omitted", .problem("pci.function.missing-in-guest"))]),
    Scenario(
      "transport bound, balloon driver not loaded", GuestConfiguration { $0.driver = .none },
      [
        Stage(
          name: "no driver (S1b)",
          host: HostExpectation(balloon: ["ACKNOWLEDGE"], statistics: .never, follows: false, identity: transitional),
          diagnosis: .problem("driver.none")),
        Stage(
          name: "driver loaded late", prepare: { try await $0.control("vb modules virtio_balloon") },
          host: HostExpectation(balloon: HostExpectation.operating, statistics: .moving), diagnosis: .healthy),
      ]),
    Scenario(
      "no driver on the balloon's function", GuestConfiguration { $0.driver = .unclaimed }, [unserved("no driver (S1)")]
    ),
    Scenario(
      "generic driver on the balloon's function", GuestConfiguration { $0.driver = .generic },
      [
        unserved("generic driver", transitional, .problem("driver.generic")),
        Stage(
          name: "the driver took over", prepare: { try await $0.control("vb balloon bind") },
          host: HostExpectation(balloon: HostExpectation.operating, statistics: .moving), diagnosis: .healthy),
      ]),
    Scenario(
      "no virtio driver at all", GuestConfiguration { $0.boot = .withoutModules },
      [
        Stage(
          name: "unserved", host: HostExpectation(balloon: [], serial: [], statistics: .never, follows: false),
          diagnosis: .open("guest.still-booting"))
      ]),
    Scenario(
      "firmware without anything to boot", GuestConfiguration { $0.boot = .firmware },
      [
        Stage(
          name: "still booting", host: HostExpectation(balloon: [], serial: [], statistics: .never, follows: false),
          diagnosis: .open("guest.still-booting"))
      ]),
    Scenario(
      "an ivshmem decoy and no driver on the balloon",
      GuestConfiguration {
        $0.decoy = true
        $0.driver = .unclaimed
      },
      [
        Stage(
          name: "decoy",
          prepare: { guest in
            let functions = try await HostView(guest.monitor).functions
            #expect(functions.map(\.identity).contains("1af4:1110 1af4:1100 0500"))
          },
          host: HostExpectation(balloon: [], statistics: .never, identity: transitional),
          diagnosis: .problem("driver.none", "pci.identity.decoy"))
      ]),
    Scenario(
      "no balloon", GuestConfiguration { $0.balloon = .none },
      [
        Stage(
          name: "none",
          prepare: { guest in
            let error = await #expect(throws: RigError.self) { try await guest.monitor.execute("query-balloon") }
            #expect(error?.message.contains("No balloon device") == true)
            let view = try await HostView(guest.monitor)
            #expect(view.balloon == nil)
          }, host: HostExpectation(identity: "omitted"), diagnosis: .problem("balloon.device.absent"))
      ]),
    Scenario(
      "no channel", GuestConfiguration { $0.agentChannel = false },
      [
        Stage(
          name: "no port in the guest",
          prepare: { guest in
            await #expect(throws: RigError.self) { try await guest.control("vb port \(GuestConfiguration.agentPort)") }
            let view = try await HostView(guest.monitor)
            #expect(view.agentPortOpen == nil)
          },
          host: HostExpectation(balloon: HostExpectation.operating, statistics: .moving),
          diagnosis: .healthy("agent.channel.absent"))
      ]),
    Scenario(
      "a channel without an agent", GuestConfiguration { $0.agent = false },
      [
        Stage(
          name: "nobody has the port open", host: HostExpectation(agentPortOpen: false),
          diagnosis: .healthy("agent.channel.disconnected")),
        Stage(
          name: "agent started",
          prepare: { guest in
            try await guest.control("vb agent start")
            try await waitUntil("the agent opened its port") {
              try await HostView(guest.monitor).agentPortOpen == true
            }
          }, host: HostExpectation(agentPortOpen: true), diagnosis: .healthy),
        Stage(
          name: "port unplugged and plugged",
          prepare: { guest in
            try await guest.unplugAgentPort()
            try await guest.plugAgentPort()
            try await waitUntil("the agent opened its port again") {
              try await HostView(guest.monitor).agentPortOpen == true
            }
          }, host: HostExpectation(agentPortOpen: true), diagnosis: .healthy),
        Stage(
          name: "agent stopped", prepare: { try await $0.control("vb agent stop; vb agent status | grep '^State:.T'") },
          host: HostExpectation(agentPortOpen: true), diagnosis: .warning("agent.silent")),
        Stage(
          name: "agent killed",
          prepare: { guest in
            try await guest.control("vb agent kill")
            try await waitUntil("the port was closed") { try await HostView(guest.monitor).agentPortOpen == false }
          }, host: HostExpectation(agentPortOpen: false), diagnosis: .healthy("agent.channel.disconnected")),
      ]),
  ]
}
