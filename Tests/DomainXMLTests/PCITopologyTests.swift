// SPDX-License-Identifier: GPL-3.0-or-later
import DomainXML
import PCI
import Testing

@Suite("The way through the PCI controllers")
struct PCITopologyTests {
  @Test("A controller index is not a bus number: index 5 stands at the first port")
  func indexes() throws {
    let domain = try configuration("q35-windows")
    let balloon = try #require(domain.balloon)
    #expect(balloon.address == .pci(try placement(5, 0)))
    #expect(try placement(5, 0).description == "0000:05:00.0")
    #expect(try placement(5, 0).address == PCIAddress(bus: 5, device: 0, function: 0))
    #expect(try domain.balloonPath() == domain.topology.path(of: placement(5, 0)))
    #expect(try domain.balloonPath().description == "01.0/00.0")
    #expect(domain.topology.roots.map(\.description) == ["main root"])
  }

  @Test("Bridges below bridges are all on the path, in the order from the root")
  func bridges() throws {
    let domain = try configuration("i440fx-bridges")
    #expect(try domain.balloonPath().description == "07.0/09.0/0a.0")
  }

  @Test("Behind a pci-expander-bus there is QEMU's own bridge at 00.0, and the root is named")
  func conventionalExpander() throws {
    let domain = try configuration("i440fx-bridges")
    let path = try domain.topology.path(of: domain.serialControllers.first?.address)
    #expect(path.path.description == "00.0/02.0/05.0")
    #expect(path.root.controller == 1)
    #expect(path.root.busNumber == 80)
    #expect(path.description == "root 1 (pci-expander-bus, guest bus 50): 00.0/02.0/05.0")
  }

  @Test("Behind a pcie-expander-bus, root port and switch the path begins at the expander's root")
  func expressExpander() throws {
    let domain = try configuration("q35-expander")
    let path = try domain.balloonPath()
    #expect(path.path.description == "00.0/00.0/01.0/00.0")
    #expect(path.root.model == .pcieExpanderBus)
    #expect(path.root.busNumber == 180)
    #expect(domain.balloonGeneration == .modern)
    #expect(domain.memory.hotplugMaximum == 8 << 30)
    #expect(domain.memory.hotplugSlots == 4)
    // The same steps below the main root are another function.
    #expect(path != RootedPath(root: PCIRoot(controller: 0, model: .pcieRoot, busNumber: nil), path: path.path))
    #expect(try domain.topology.path(of: placement(7, 3)).description == "1e.0/01.0/03.0")
    #expect(domain.topology.roots.map(\.controller) == [0, 1])
  }

  @Test("The main root is implied where an old libvirt did not write it")
  func impliedRoot() throws {
    let topology = PCITopology()
    let path = try topology.path(of: placement(0, 3))
    #expect(path.description == "03.0")
    #expect(path.root.isMain)
    #expect(path.root.model == nil)
  }

  @Test("Model virtio is modern behind an Express port and transitional on a root or a conventional bus")
  func generations() throws {
    func generation(_ model: String, _ bus: Int) throws -> VirtioGeneration? {
      try DomainConfiguration(
        xml: """
          <domain><devices>
          <controller type='pci' index='0' model='pcie-root'/>
          <controller type='pci' index='1' model='pcie-root-port'><address type='pci' slot='1'/></controller>
          <controller type='pci' index='2' model='pcie-to-pci-bridge'><address type='pci' bus='1'/></controller>
          <controller type='pci' index='3' model='unheard-of'><address type='pci' slot='2'/></controller>
          <memballoon model='\(model)'><address type='pci' bus='\(bus)' slot='5'/></memballoon>
          </devices></domain>
          """
      ).balloonGeneration
    }
    #expect(try generation("virtio", 0) == .transitional)
    #expect(try generation("virtio", 1) == .modern)
    #expect(try generation("virtio", 2) == .transitional)
    #expect(try generation("virtio", 3) == nil)
    #expect(try generation("virtio", 4) == nil)
    #expect(try generation("virtio-transitional", 1) == .transitional)
    #expect(try generation("virtio-non-transitional", 0) == .modern)
    #expect(try generation("none", 0) == nil)
    #expect(try generation("xen", 0) == nil)
  }

  @Test(
    "Every way that leads nowhere has its own code and names the controller",
    arguments: [
      (1, DomainXMLError.Code.controllerRepeated), (2, .cycle), (3, .cycle), (5, .controllerModel),
      (6, .controllerUnplaced), (7, .controllerModel), (9, .controllerMissing),
    ] as [(UInt8, DomainXMLError.Code)])
  func failures(controller: UInt8, expected: DomainXMLError.Code) throws {
    let topology = try configuration("hostile-topology").topology
    let failure = #expect(throws: DomainXMLError.self) { try topology.path(of: placement(controller, 0)) }
    #expect(failure?.code == expected)
    #expect(failure?.message.contains("controller index \(controller)") == true)
  }

  @Test("A PCI domain other than 0 is refused")
  func domains() throws {
    let hop = try #require(PCIPath.Hop(device: 1, function: 0))
    let place = PCIPlacement(domain: 1, controller: 0, hop: hop)
    #expect(code { () throws(DomainXMLError) in _ = try PCITopology().path(of: place) } == .domain)
  }

  @Test("More bridges than a path holds end in a failure, not in a long walk")
  func tooManyBridges() throws {
    var controllers: [PCIController] = []
    for index in UInt8(1)...40 {
      let above = try placement(index - 1, 1)
      controllers.append(PCIController(index: UInt32(index), model: .pciBridge, address: .pci(above)))
    }
    let topology = PCITopology(controllers: controllers)
    let deepest = try placement(40, 1)
    #expect(try topology.path(of: placement(31, 1)).path.hops.count == 32)
    #expect(code { () throws(DomainXMLError) in _ = try topology.path(of: deepest) } == .tooManyBridges)
  }
}
