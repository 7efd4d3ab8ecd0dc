// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import GuestLink
import Libvirt
import PCI
import Synchronization
import Testing

@testable import Collectors

/// A qemu-ga that answers from texts; what it has no text for, it does not know.
private final class ScriptedQGA: QGACommands {
  private let replies: [String: Result<String, QGAError>]
  private let calls = Mutex<[String]>([])

  init(_ replies: [String: Result<String, QGAError>]) { self.replies = replies }

  var asked: [String] { calls.withLock { $0 } }

  func execute(
    _ command: String, _ arguments: JSONObject?, until deadline: ContinuousClock.Instant
  ) async throws(QGAError) -> JSON {
    calls.withLock { $0.append(command) }
    let text = try (replies[command] ?? .failure(QGAError(.refused, "no", errorClass: "CommandNotFound"))).get()
    do throws(JSONError) { return try JSON(parsing: Array(text.utf8), limits: QGA.limits) } catch {
      throw QGAError(.malformed, "\(error)")
    }
  }

  static func info(_ commands: [String: Bool]) -> Result<String, QGAError> {
    let list = commands.map { #"{"name": "\#($0.key)", "enabled": \#($0.value), "success-response": true}"# }
    return .success(#"{"version": "8.2.0", "supported_commands": [\#(list.joined(separator: ", "))]}"#)
  }

  /// Published forms (QEMU qga/qapi-schema.json), synthesised values.
  static let windows = #"""
    {"id": "mswindows", "name": "Microsoft Windows", "pretty-name": "Windows Server 2022 Datacenter",
     "version": "Microsoft Windows Server 2022", "kernel-release": "20348", "kernel-version": "10.0"}
    """#
  static let devices = #"""
    [{"driver-name": "VirtIO Balloon Driver", "driver-date": 1750118400000000000,
      "driver-version": "100.101.104.28500", "id": {"type": "pci", "vendor-id": 6900, "device-id": 4098}},
     {"driver-name": "no ids"}, {"driver-name": "bad", "id": {"type": "pci", "vendor-id": 6900, "device-id": -1}}]
    """#
}

@Suite("Asking qemu-ga")
struct QEMUGuestAgentCollectorTests {
  private func collect(_ agent: some QGACommands) async -> QEMUGuestAgentEvidence {
    await QEMUGuestAgentCollector(clock: WallClock { 7 }, deadline: .seconds(20)).collect(agent)
  }

  @Test("Has the system and the drivers of a Windows, each as the guest's word with its source")
  func windows() async throws {
    let agent = ScriptedQGA([
      "guest-info": ScriptedQGA.info(["guest-get-osinfo": true, "guest-get-devices": true, "guest-shutdown": true]),
      "guest-get-osinfo": .success(ScriptedQGA.windows), "guest-get-devices": .success(ScriptedQGA.devices),
    ])
    let evidence = await collect(agent)
    #expect(agent.asked == ["guest-info", "guest-get-osinfo", "guest-get-devices"])
    #expect(evidence.version.value == "8.2.0")
    #expect(evidence.commands.value == ["guest-get-osinfo": true, "guest-get-devices": true])
    #expect(evidence.osID.value == "mswindows" && evidence.osFamily == "windows" && evidence.kernel.value == "20348")
    #expect(evidence.osName.value == "Windows Server 2022 Datacenter")
    #expect(evidence.osName.provenance.source == "qemu-ga guest-get-osinfo: pretty-name")
    #expect(evidence.osName.provenance.trust == .guest)
    let drivers = try #require(evidence.devices.value)
    #expect(drivers.count == 3)
    #expect(drivers[0].identity.value == PCIIdentity(vendor: 0x1af4, device: 0x1002))
    #expect(drivers[0].version.value == "100.101.104.28500" && drivers[0].date.value == "2025-06-17")
    #expect(drivers[1].identity.isAbsent && drivers[1].version.isAbsent)
    #expect(drivers[2].identity.failure?.reason == .malformed)
  }

  @Test("Does not ask for what the agent says it has not, or may not tell")
  func notAllowed() async {
    let agent = ScriptedQGA([
      "guest-info": ScriptedQGA.info(["guest-get-osinfo": false]), "guest-get-osinfo": .success(ScriptedQGA.windows),
    ])
    let evidence = await collect(agent)
    #expect(agent.asked == ["guest-info"])
    #expect(evidence.osID.failure?.reason == .denied && evidence.devices.failure?.reason == .unsupported)
    #expect(evidence.osFamily == nil)
  }

  @Test("Goes on where guest-info alone is refused, and a command that fails costs its own leaves only")
  func partly() async {
    let agent = ScriptedQGA([
      "guest-info": .failure(QGAError(.refused, "blocked", errorClass: "CommandNotFound")),
      "guest-get-osinfo": .success(#"{"id": "debian", "kernel-release": "6.1.0"}"#),
      "guest-get-devices": .success("{}"),
    ])
    let evidence = await collect(agent)
    #expect(evidence.version.failure?.reason == .unsupported && evidence.commands.failure?.reason == .unsupported)
    #expect(evidence.osFamily == "linux" && evidence.osName.isAbsent && evidence.kernel.value == "6.1.0")
    #expect(evidence.devices.failure?.reason == .malformed)
  }

  @Test(
    "One that is silent is asked once",
    arguments: [
      (QGAError.Code.silent, Failure.Reason.timedOut), (.timedOut, .timedOut), (.garbage, .incompatible),
      (.flooded, .incompatible), (.closed, .disconnected), (.unserved, .disconnected), (.denied, .denied),
      (.unsupported, .unsupported), (.notFound, .notFound), (.transport, .failed),
    ])
  func silent(code: QGAError.Code, reason: Failure.Reason) async {
    let agent = ScriptedQGA(["guest-info": .failure(QGAError(code, "no"))])
    let evidence = await collect(agent)
    #expect(agent.asked == ["guest-info"])
    #expect(evidence.version.failure?.reason == reason && evidence.devices.failure?.reason == reason)
    #expect(evidence.osID.failure?.reason == reason)
  }

  @Test("A system that is neither Windows nor Linux is called by its own id")
  func otherSystems() async {
    for (id, family) in [("freebsd", "freebsd"), ("ubuntu", "linux"), ("mswindows", "windows")] {
      let agent = ScriptedQGA([
        "guest-info": ScriptedQGA.info(["guest-get-osinfo": true]),
        "guest-get-osinfo": .success(#"{"id": "\#(id)"}"#),
      ])
      #expect(await collect(agent).osFamily == family)
    }
  }

  @Test("libvirt's errors are told apart by their code")
  func libvirtErrors() {
    let expected: [(LibvirtError.Code, QGAError.Code)] = [
      (.operationDenied, .denied), (.noSupport, .unsupported), (.agentUnresponsive, .unserved),
      (.argumentUnsupported, .notFound), (.agentUnsynced, .garbage), (.timedOut, .timedOut),
      (.internalError, .refused), (.rpc, .transport),
    ]
    for (code, told) in expected { #expect(QGAError(LibvirtError(code, "")).code == told) }
  }

  @Test("libvirt's passthrough takes a whole reply, and keeps an error's class")
  func passthrough() async throws {
    let agent = QGAPassthrough { (command, _) async throws(QGAError) in
      command.contains("guest-info")
        ? Array(#"{"return": {"version": "8.2.0", "supported_commands": []}}"#.utf8)
        : Array(#"{"error": {"class": "CommandNotFound", "desc": "no"}}"#.utf8)
    }
    let evidence = await collect(agent)
    #expect(evidence.version.value == "8.2.0" && evidence.osID.failure?.reason == .unsupported)
    do throws(QGAError) {
      _ = try await agent.devices(until: .now + .seconds(1))
      Issue.record("answered")
    } catch { #expect(error.isCommandMissing) }
  }
}

@Suite("A port's place")
struct PortPlaceTests {
  private func place(given: String?, known: String?, open: Bool? = true, held: Bool = false) -> PortPlace {
    let source = Provenance("query-chardev", trust: .host, time: 0)
    var channel = ChannelEvidence(Unknown(failure: Failure(.unsupported, ""), provenance: source))
    if let open {
      channel.port = .observed(QGA.portName, source)
      channel.guestOpen = .observed(open, source)
      channel.heldByAnother = .observed(held, source)
    } else {
      channel.port = .absent(source)
    }
    return PortPlace(
      name: QGA.portName, owner: "qemu-ga", option: "--qemu-ga-socket", channel: channel, given: given, known: known)
  }

  private func reason(_ place: PortPlace) async -> Failure.Reason? {
    do throws(Failure) {
      _ = try await place.connect(until: .now + .seconds(5))
      return nil
    } catch { return error.reason }
  }

  @Test("Is not connected to when the monitor tells why that is of no use, unless the socket is another")
  func state() async {
    #expect(await reason(place(given: nil, known: "/nonexistent/a", open: nil)) == .notFound)
    #expect(await reason(place(given: nil, known: nil)) == .notAsked)
    #expect(await reason(place(given: nil, known: "/nonexistent/a", held: true)) == .busy)
    #expect(await reason(place(given: "/nonexistent/a", known: "/nonexistent/a", open: false)) == .disconnected)
    let elsewhere = place(given: "/nonexistent/b", known: "/nonexistent/a", open: false)
    #expect(elsewhere.isElsewhere && elsewhere.notice?.contains("/nonexistent/b") == true)
    #expect(await reason(elsewhere) == .notFound)
    #expect(place(given: "/nonexistent/a", known: "/nonexistent/a").notice == nil)
  }
}
