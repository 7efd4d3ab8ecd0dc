// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import BalloonEvidence
import DomainXML
import PCI
import Testing

@testable import Collectors

@Suite("A domain of libvirt")
struct LibvirtSourceTests {
  private func collect(
    _ name: String, readOnly: Bool = true, monitor: Bool = false
  ) async throws -> Evidence {
    let options = CollectionOptions(quick: true, monitor: monitor, deadline: .seconds(20), tool: "test")
    let session = try await LibvirtSession.find(
      name, uri: "test:///default", readOnly: readOnly, deadline: options.deadline)
    return try await GuestCollector(options, clock: WallClock { 7 }).collect(session)
  }

  @Test("Gives its state, configuration and statistics over a read-only connection")
  func readOnly() async throws {
    let evidence = try await collect("test")
    #expect(evidence.target.kind == .libvirt && evidence.target.name == "test")
    #expect(evidence.target.location == "test:///default" && evidence.target.uuid?.utf8.count == 36)
    #expect(evidence.domain.state.value == "running" && evidence.domain.libvirt.value != nil)
    #expect(evidence.configuration.maximum.value == 8 << 30 && evidence.configuration.model.value == "virtio")
    #expect(evidence.configuration.statsPeriod.isAbsent)
    #expect(evidence.readings.count == 1 && evidence.readings.first?.actual.value == 2 << 30)
    #expect(evidence.domain.interruptions.isAbsent)
    #expect(evidence.collection.sources.map(\.name).contains("domain XML"))
  }

  @Test("Without the agent's channel has no agent; its monitor is not asked without leave, and says how")
  func notAsked() async throws {
    let evidence = try await collect("test")
    #expect(evidence.channel.port.isAbsent && evidence.guest.agent.failure?.reason == .notFound)
    #expect(evidence.device.qomPath.failure?.reason == .notAsked)
    #expect(
      evidence.device.qomPath.failure?.ask == "virt-balloon diagnose --monitor --connect test:///default test")
    #expect(evidence.device.status.failure?.reason == .notAsked)
  }

  @Test("Whose monitor is asked for and cannot be had keeps all else")
  func noMonitor() async throws {
    let refused = try await collect("test", monitor: true)
    #expect(refused.device.qomPath.failure?.reason == .denied)
    let unsupported = try await collect("test", readOnly: false, monitor: true)
    #expect(unsupported.device.qomPath.failure?.reason == .unsupported)
    for evidence in [refused, unsupported] {
      #expect(evidence.readings.first?.actual.value == 2 << 30 && evidence.configuration.model.value == "virtio")
      #expect(evidence.collection.sources.contains { $0.name == "QEMU monitor" && $0.failure != nil })
    }
  }

  @Test("That is not there, or whose libvirt is not, is the only error")
  func unavailable() async {
    func reason(_ name: String, _ uri: String) async -> Failure.Reason? {
      do throws(TargetError) {
        _ = try await LibvirtSession.find(name, uri: uri, readOnly: true, deadline: .seconds(20))
        return nil
      } catch { return error.failure.reason }
    }
    #expect(await reason("nobody", "test:///default") == .notFound)
    #expect(await reason("test", "qemu+unix:///system?socket=/nonexistent/socket") != nil)
  }

  // MARK: Its XML

  private func facts(_ live: String) throws -> XMLFacts {
    XMLFacts(live: try DomainConfiguration(xml: "<domain type='kvm'>\(live)</domain>"), time: 7)
  }

  @Test("Has a target only by its persistent configuration: the live currentMemory is what the balloon is")
  func target() throws {
    let live = try facts(
      "<memory unit='KiB'>4096</memory><currentMemory unit='KiB'>1024</currentMemory><devices/>")
    let persistent = try DomainConfiguration(
      xml: "<domain><memory unit='KiB'>4096</memory><currentMemory unit='KiB'>2048</currentMemory></domain>")
    #expect(live.configuration(persistent: .success(persistent)).target.value == 2 << 20)
    let transient = live.configuration(persistent: .failure(Failure(.notFound, "transient")))
    #expect(transient.target.failure?.reason == .notFound && transient.maximum.value == 4 << 20)
    let whole = try DomainConfiguration(xml: "<domain><memory unit='KiB'>4096</memory></domain>")
    #expect(live.configuration(persistent: .success(whole)).target.value == 4 << 20)
    let empty = try DomainConfiguration(xml: "<domain/>")
    #expect(live.configuration(persistent: .success(empty)).target.isAbsent)
  }

  @Test("Has the balloon's place, or why there is none")
  func place() throws {
    func configuration(_ devices: String) throws -> ConfigurationEvidence {
      try facts("<devices>\(devices)</devices>").configuration(persistent: .failure(Failure(.notFound, "")))
    }
    let placed = try configuration(
      """
      <controller type='pci' index='0' model='pcie-root'/>
      <controller type='pci' index='3' model='pcie-root-port'>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x1'/></controller>
      <memballoon model='virtio'><stats period='5'/>
      <address type='pci' domain='0x0000' bus='0x03' slot='0x00' function='0x0'/></memballoon>
      """)
    #expect(placed.path.value?.description == "02.1/00.0" && placed.statsPeriod.value == 5)
    #expect(placed.address.value?.description == "0000:03:00.0")
    let unplaced = try configuration("<memballoon model='virtio'/>")
    #expect(unplaced.address.isAbsent && unplaced.path.failure != nil && unplaced.statsPeriod.isAbsent)
    let none = try configuration("<memballoon model='none'/>")
    #expect(none.model.value == "none" && none.path.failure?.reason == .notFound)
    #expect(try configuration("").model.isAbsent)
  }

  @Test("Has its firmware as it is said: chosen by name, or a loader in flash, which is EFI's")
  func firmware() throws {
    func firmware(_ os: String) throws -> Observation<String> {
      var domain = DomainEvidence(
        Unknown(failure: Failure(.notAsked, ""), provenance: Provenance("", trust: .host, time: 0)))
      try facts(os).describe(&domain)
      return domain.firmware
    }
    #expect(try firmware("<os firmware='efi'><type>hvm</type></os>").value == "efi")
    #expect(try firmware("<os firmware='bios'><type>hvm</type></os>").value == "bios")
    #expect(try firmware("<os><loader readonly='yes' type='pflash'>/x</loader></os>").value == "efi")
    #expect(try firmware("<os><loader type='rom'>/x</loader></os>").isAbsent)
    #expect(try firmware("<os><type>hvm</type></os>").isAbsent)
  }

  @Test("Has the agent's channel with the guest's end, as the live XML tells it")
  func channel() throws {
    func channel(_ attributes: String) throws -> ChannelEvidence {
      try facts("<devices><channel type='unix'><target type='virtio' \(attributes)/></channel></devices>")
        .channel(named: AgentChannel.portName)
    }
    let connected = try channel("name='org.virt-balloon.agent.0' state='connected'")
    #expect(connected.port.value == AgentChannel.portName && connected.guestOpen.value == true)
    #expect(try channel("name='org.virt-balloon.agent.0' state='disconnected'").guestOpen.value == false)
    #expect(try channel("name='org.virt-balloon.agent.0'").guestOpen.failure?.reason == .notAsked)
    #expect(try channel("name='org.qemu.guest_agent.0' state='connected'").port.isAbsent)
  }

  @Test("Whose XML is a bomb or too large is refused whole, as malformed")
  func hostile() throws {
    for xml in [
      "<!DOCTYPE d [<!ENTITY a 'x'>]><domain><name>&a;</name></domain>", "<domain><name>", "<network/>",
      "<domain>" + String(repeating: "x", count: 17 << 20) + "</domain>", String(repeating: "<a>", count: 100_000),
    ] {
      do throws(DomainXMLError) {
        _ = try DomainConfiguration(xml: xml)
        Issue.record("read: \(xml.prefix(40))")
      } catch { #expect(Failure(error).reason == .malformed) }
    }
  }
}
