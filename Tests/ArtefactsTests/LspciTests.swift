// SPDX-License-Identifier: GPL-3.0-or-later
import Artefacts
import BalloonEvidence
import PCI
import Testing

@Suite struct LspciTests {
  // Captured: a small cloud machine, whose virtual devices have a class and subsystem of their own.
  @Test(
    "Every form with ids names the balloon",
    arguments: ["lspci-nnk.txt", "lspci-vmm.txt", "lspci-mm.txt", "lspci-xxx.txt"])
  func forms(name: String) throws {
    let analysis = try Sample.analyze(Sample.bytes(name))
    #expect(analysis.unread.isEmpty)
    let balloon = try #require(
      analysis.evidence.guest.functions.value?.first { $0.identity.value?.isBalloon == true })
    #expect(balloon.address.value == PCIAddress(parsing: "00:01.0"))
    #expect(balloon.path.value == PCIPath(parsing: "01.0"))
    #expect(balloon.identity.value?.id == "1af4:1045")
    #expect(balloon.identity.value?.revision == 1)
    #expect(balloon.identity.value?.classCode?.baseAndSubclass == 0xffff)
    let hasDriver = name == "lspci-nnk.txt" || name == "lspci-vmm.txt"
    #expect(balloon.driver.value == (hasDriver ? "virtio-pci" : nil))
    #expect(!balloon.driver.isAbsent)
    if name == "lspci-xxx.txt" || name == "lspci-vmm.txt" || name == "lspci-mm.txt" {
      #expect(balloon.identity.value?.subsystem == 0x1045)
    }
  }

  @Test("Names alone are no ids: the report asks for them, and judges nothing by them")
  func names() throws {
    for text in [
      String(decoding: try Sample.bytes("lspci-names.txt"), as: UTF8.self),
      "00:05.0 Unclassified device [00ff]: Red Hat, Inc. Virtio memory balloon\n",
      "00:05.0 \"Unclassified device\" \"Red Hat, Inc.\" \"Virtio memory balloon\" \"Red Hat, Inc.\" \"x\"\n",
    ] {
      let analysis = try Sample.analyze(text: text)
      #expect(analysis.kinds == ["lspci"])
      #expect(analysis.evidence.guest.functions.value == nil)
      #expect(analysis.evidence.guest.functions.failure?.ask?.contains("lspci -nnk") == true)
      #expect(analysis.findings.isEmpty)
    }
    // With ids beside them the names are of no account.
    let both = try Sample.analyze(Sample.bytes("lspci-names.txt"), Sample.bytes("lspci-nnk.txt"))
    #expect(both.evidence.guest.functions.value != nil)
  }

  @Test("The tree, the bridges' numbers and the links in sysfs complete the list")
  func joined() throws {
    let analysis = try Sample.analyze(Sample.bytes("lspci-bridges.txt"))
    #expect(analysis.kinds == ["lspci", "lspci -t", "link in sysfs", "link in sysfs"])
    let functions = try #require(analysis.evidence.guest.functions.value)
    let balloon = try #require(functions.first { $0.identity.value?.isBalloon == true })
    #expect(balloon.path.value?.description == "01.1/00.0")
    #expect(balloon.identity.value?.subsystemID == "1af4:1100")
    #expect(balloon.driver.value == "virtio-pci")
    #expect(balloon.virtioDriver.value == "virtio_balloon")
    // Its bridge has no line of its own, only a place in the tree.
    let serial = try #require(functions.first { $0.identity.value?.isVirtioSerial == true })
    #expect(serial.path.value?.description == "01.2/00.0")
    #expect(analysis.findings.isEmpty)
  }

  @Test("A list that stands indented in a forum's code block is read as any other")
  func indented() throws {
    let text = """
          00:05.0 Unclassified device [00ff]: Red Hat, Inc. Virtio memory balloon [1af4:1002]
          \tKernel driver in use: uio_pci_generic
          00:06.0 Ethernet controller [0200]: Red Hat, Inc. Virtio network device [1af4:1000]

      """
    #expect(try Sample.analyze(text: text).findings == ["driver.generic"])
  }

  @Test("A dump that is damaged still tells what stands in the lines, and times are no addresses")
  func damaged() throws {
    let text = """
      00:05.0 Unclassified device [00ff]: Red Hat, Inc. Virtio memory balloon [1af4:1002]
      00: f4 1a 02 10 07
      zz: 00
      """
    let functions = try Sample.analyze(text: text).evidence.guest.functions.value
    #expect(functions?.first?.identity.value?.id == "1af4:1002")
    #expect(try Sample.analyze(text: "12:10.5 Note: the balloon of Red Hat Virtio\n").artefacts.isEmpty)
  }
}
