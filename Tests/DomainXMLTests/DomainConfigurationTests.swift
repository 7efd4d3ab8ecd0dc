// SPDX-License-Identifier: GPL-3.0-or-later
import DomainXML
import PCI
import Testing

@Suite("The content of a domain's XML")
struct DomainConfigurationTests {
  @Test("A running q35 guest tells everything that ballooning depends on")
  func live() throws {
    let domain = try configuration("q35-live")
    #expect(domain.type == "qemu")
    #expect(domain.runningID == 1)
    #expect(domain.name == "live-q35")
    #expect(domain.uuid == "ce501c01-5797-44d7-8647-27a871f7d237")
    #expect(domain.title == nil)
    #expect(domain.system.type == "hvm")
    #expect(domain.system.architecture == "x86_64")
    #expect(domain.system.machine == "pc-q35-7.2")
    #expect(domain.system.family == nil)
    #expect(domain.memory.maximum == 256 << 20)
    #expect(domain.memory.current == 256 << 20)
    #expect(domain.memory.hotplugMaximum == nil)
    #expect(domain.hostDevices == HostDevices())
    #expect(!domain.hostDevices.usesVFIO)
    let balloon = try #require(domain.balloon)
    #expect(balloon.model == .virtio)
    #expect(balloon.autodeflate == nil)
    #expect(balloon.freePageReporting == nil)
    #expect(balloon.statsPeriod == 2)
    #expect(balloon.alias == "balloon0")
    #expect(try domain.balloonPath().description == "01.2/00.0")
    #expect(domain.balloonGeneration == .modern)
    #expect(domain.commandLine == nil)
    #expect(domain.remarks.isEmpty)
  }

  @Test("The inactive form of the same guest has its own memory, no id, no states and the same path")
  func inactive() throws {
    let live = try configuration("q35-live")
    let inactive = try configuration("q35-live-inactive")
    #expect(inactive.runningID == nil)
    #expect(inactive.memory.current == 128 << 20)
    #expect(inactive.channels.map(\.state) == [nil, nil])
    #expect(inactive.balloon?.alias == nil)
    #expect(try inactive.balloonPath() == live.balloonPath())
  }

  @Test("A Windows guest's metadata, balloon options, channels and decoy are read")
  func windows() throws {
    let domain = try configuration("q35-windows")
    #expect(domain.system.libosinfoID == "http://microsoft.com/win/11")
    #expect(domain.system.family == .windows)
    #expect(domain.balloon?.autodeflate == true)
    #expect(domain.balloon?.freePageReporting == true)
    #expect(domain.balloon?.statsPeriod == 5)
    #expect(domain.channels.map(\.targetName) == ["org.virt-balloon.agent.0", "org.qemu.guest_agent.0"])
    let decoy = try #require(domain.sharedMemory.first)
    #expect(decoy.name == "looking-glass")
    #expect(decoy.model == "ivshmem-plain")
    #expect(decoy.size == 4 << 20)
    #expect(try domain.topology.path(of: decoy.address).description == "01.1/00.0/01.0")
  }

  @Test("Channels tell their ends, state, and the controller that carries them")
  func channels() throws {
    let domain = try configuration("q35-live")
    let channel = try #require(domain.channels.first)
    #expect(channel.type == "unix")
    #expect(channel.targetType == "virtio")
    #expect(channel.targetName == "org.virt-balloon.agent.0")
    #expect(channel.state == .disconnected)
    #expect(channel.sourceMode == "bind")
    #expect(channel.sourcePath?.hasSuffix("/domain-1-live-q35/org.virt-balloon.agent.0") == true)
    #expect(channel.alias == "channel0")
    #expect(channel.port?.controller == 0)
    #expect(channel.port?.port == 1)
    #expect(domain.channels.last?.type == "pty")
    #expect(domain.channels.last?.port?.port == 2)
    let controller = try #require(domain.serialControllers.first)
    #expect(controller.index == 0)
    #expect(try domain.topology.path(of: controller.address).description == "01.1/00.0")
    #expect(try configuration("aarch64-virt").channels.first?.state == .connected)
  }

  @Test("A guest without a balloon but with the host's devices and huge pages says so")
  func passthrough() throws {
    let domain = try configuration("no-balloon-passthrough")
    #expect(domain.balloon?.model == MemoryBalloon.Model.none)
    #expect(domain.balloonGeneration == nil)
    #expect(code { () throws(DomainXMLError) in _ = try domain.balloonPath() } == .addressMissing)
    #expect(domain.hostDevices.pci == 2)
    #expect(domain.hostDevices.mediated == 1)
    #expect(domain.hostDevices.usesVFIO)
    let backing = domain.memory.backing
    #expect(backing.usesHugepages)
    #expect(backing.hugepageSizes == [2 << 20])
    #expect(backing.isLocked)
    #expect(backing.forbidsSharing)
    #expect(backing.source == "memfd")
    #expect(backing.access == "shared")
    #expect(backing.allocation == nil)
    #expect(!backing.discards)
  }

  @Test("Arguments past libvirt are kept, those for a balloon picked out")
  func commandLine() throws {
    let domain = try configuration("i440fx-bridges")
    #expect(domain.commandLine?.arguments.count == 2)
    #expect(
      domain.commandLine?.balloonArguments == ["virtio-balloon-pci.guest-stats-polling-interval=2"])
    #expect(domain.commandLine?.sharedMemoryArguments == [])
    #expect(domain.balloon?.statsPeriod == nil)
    #expect(domain.system.family == .linux)
    #expect(domain.balloonGeneration == .transitional)
  }

  @Test("What is not said stays unknown, and a period of 0 is not the same as none")
  func unplaced() throws {
    let domain = try configuration("inactive-unplaced")
    #expect(domain.uuid == nil)
    #expect(domain.runningID == nil)
    #expect(domain.title == "Fresh & unplaced")
    #expect(domain.memory.maximum == 4_000_000_000)
    #expect(domain.memory.current == 1 << 30)
    #expect(domain.system.firmware == "efi")
    #expect(domain.system.hasHyperVFeatures)
    #expect(domain.system.family == .windows)
    #expect(domain.balloon?.statsPeriod == 0)
    #expect(domain.balloon?.address == nil)
    #expect(domain.balloonGeneration == nil)
    #expect(domain.channels.first?.port == nil)
    #expect(code { () throws(DomainXMLError) in _ = try domain.balloonPath() } == .addressMissing)
  }

  @Test("A Xen balloon and one on the channel subsystem are no PCI functions")
  func otherBuses() throws {
    let xen = try configuration("xen")
    #expect(xen.type == "xen")
    #expect(xen.balloon?.model == .xen)
    #expect(xen.balloon?.model.isVirtio == false)
    #expect(xen.system.loaderType == "rom")
    let ccw = try configuration("s390x-ccw")
    #expect(ccw.balloon?.address == .other("ccw"))
    #expect(code { () throws(DomainXMLError) in _ = try ccw.balloonPath() } == .addressNotPCI)
    #expect(ccw.balloonGeneration == nil)
  }

  @Test("An aarch64 guest's balloon is found behind its root port")
  func arm() throws {
    let domain = try configuration("aarch64-virt")
    #expect(domain.system.architecture == "aarch64")
    #expect(domain.system.loaderType == "pflash")
    #expect(domain.system.family == .linux)
    #expect(domain.balloon?.freePageReporting == true)
    #expect(try domain.balloonPath().description == "01.1/00.0")
  }

  @Test("Values that libvirt would refuse are left unknown and named with their line")
  func hostileValues() throws {
    let domain = try configuration("hostile-values")
    #expect(domain.runningID == nil)
    #expect(domain.memory.maximum == nil)
    #expect(domain.memory.current == nil)
    #expect(domain.memory.hotplugMaximum == nil)
    #expect(domain.memory.hotplugSlots == nil)
    #expect(domain.memory.backing.usesHugepages)
    #expect(domain.memory.backing.hugepageSizes == [])
    let balloon = try #require(domain.balloon)
    #expect(balloon.model.rawValue == "virtio-quantum")
    #expect(!balloon.model.isVirtio)
    #expect(balloon.autodeflate == nil)
    #expect(balloon.freePageReporting == nil)
    #expect(balloon.statsPeriod == nil)
    #expect(balloon.address == nil)
    #expect(domain.topology.controllers.first?.index == nil)
    #expect(domain.topology.controllers.first?.busNumber == nil)
    #expect(domain.remarks.filter { $0.code == .repeated }.count == 2)
    #expect(domain.remarks.filter { $0.code == .value }.count == 12)
    #expect(domain.remarks.allSatisfy { $0.line != nil && !$0.message.contains("\n") })
  }

  @Test("libvirt's own status file gives the domain inside it")
  func statusFile() throws {
    let domain = try DomainConfiguration(
      xml: "<domstatus state='running'><domain type='kvm'><name>n</name></domain></domstatus>")
    #expect(domain.name == "n")
  }

  @Test("Text is joined across CDATA, comments and references")
  func text() throws {
    let domain = try DomainConfiguration(
      xml:
        "<domain><name> a<![CDATA[<b>]]>&lt;<!-- < \" -->&#x63;&amp;amp; </name>"
        + "<os firmware='&amp;#38;&lt;&#38;'/></domain>"
    )
    #expect(domain.name == "a<b><c&amp;")
    #expect(domain.system.firmware == "&#38;<&")
  }

  @Test(
    "Operating-system ids tell Windows from Linux, and others from both",
    arguments: [
      ("http://microsoft.com/win/11", "windows"), ("http://microsoft.com/winnt/4.0", "windows"),
      ("http://microsoft.com/msdos/6.22", nil), ("http://debian.org/debian/12", "linux"),
      ("http://oracle.com/ol/9.0", "linux"), ("http://oracle.com/solaris/11", nil),
      ("http://freebsd.org/freebsd/14.0", nil),
      ("http://libosinfo.org/linux/2022", "linux"), ("http://libosinfo.org/unknown", nil), ("", nil), ("///", nil),
      ("http://", nil), ("microsoft.com/win/11", nil),
    ] as [(String, String?)])
  func families(id: String, family: String?) throws {
    let domain = try DomainConfiguration(
      xml: """
        <domain><metadata><libosinfo:libosinfo xmlns:libosinfo='http://libosinfo.org/xmlns/libvirt/domain/1.0'>
        <libosinfo:os id='\(id)'/></libosinfo:libosinfo></metadata></domain>
        """)
    #expect(domain.system.family?.rawValue == family)
  }
}
