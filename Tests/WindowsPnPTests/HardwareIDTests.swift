// SPDX-License-Identifier: BSD-3-Clause
import PCI
import Testing
import WindowsPnP

/// Ids by FIELD's account of a live Windows Server 2016 (its order of hardware and compatible ids) and of balloon.inx.
@Suite("Hardware ids")
struct HardwareIDTests {
  @Test("The full id of a transitional balloon names vendor, device, subsystem and revision, and no class")
  func transitional() throws {
    let id = try #require(HardwareID(#"PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00"#))
    #expect(id.vendor == 0x1af4)
    #expect(id.device == 0x1002)
    #expect(id.subsystem == 0x0005)
    #expect(id.subsystemVendor == 0x1af4)
    #expect(id.revision == 0)
    #expect(id.baseClass == nil)
    #expect(id.classCode == nil)
    #expect(id.isMemoryController == nil)
    #expect(id.identity?.isBalloon == true)
  }

  @Test("SUBSYS_ has the subsystem before its vendor")
  func subsystemOrder() {
    let id = HardwareID(#"PCI\VEN_1AF4&DEV_1045&SUBSYS_11001AF4&REV_01"#)
    #expect(id?.subsystem == 0x1100)
    #expect(id?.subsystemVendor == 0x1af4)
    #expect(
      id?.identity
        == PCIIdentity(
          vendor: 0x1af4, device: 0x1045, subsystemVendor: 0x1af4, subsystem: 0x1100, revision: 1))
  }

  @Test("A class of four digits leaves the interface unknown; one of six tells it")
  func classes() {
    let short = HardwareID(#"PCI\CC_0500"#)
    #expect(short?.baseClass == 0x05)
    #expect(short?.subclass == 0)
    #expect(short?.interface == nil)
    #expect(short?.classCode == nil)
    #expect(short?.isMemoryController == true)
    #expect(short?.identity == nil)
    #expect(HardwareID(#"PCI\VEN_1AF4&DEV_1002&CC_00FF00"#)?.classCode == 0x00ff00)
    #expect(HardwareID(#"PCI\CC_050000"#)?.classCode == 0x050000)
  }

  @Test("Case does not matter")
  func lowerCase() {
    #expect(
      HardwareID(#"pci\ven_1af4&dev_1002&subsys_00051af4&rev_00"#)
        == HardwareID(#"PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00"#))
  }

  @Test("Parts that are not known are passed over")
  func unknownParts() {
    #expect(HardwareID(#"PCI\VEN_1B36&CC_060400&DT_4"#)?.classCode == 0x060400)
    #expect(HardwareID(#"PCI\DT_4&VEN_1B36"#)?.vendor == 0x1b36)
  }

  @Test(
    "What is no PCI id, or a broken one, is not read",
    arguments: [
      "", "PCI", #"PCI\"#, #"PCI\&"#, #"PCI\DT_4"#, #"USB\VID_0627&PID_0001"#, #"ACPI\QEMU0002"#, #"PCI\VEN_"#,
      #"PCI\VEN_1AF"#, #"PCI\VEN_1AF4F"#, #"PCI\VEN_1AG4"#, #"PCI\VEN_1AF4&VEN_1AF4"#, #"PCI\CC_05"#,
      #"PCI\CC_05000"#, #"PCI\CC_05000000"#, #"PCI\VEN_1AF4&REV_100"#, #"PCI\VEN_1AF4&SUBSYS_51AF4"#, #"XPCI\VEN_1AF4"#,
      "PCI/VEN_1AF4", #"PCI\VEN_1AF4\3&18"#, #"PCI\VEN_+AF4"#,
    ])
  func broken(_ text: String) {
    #expect(HardwareID(text) == nil)
  }

  @Test("All ids of one device together tell its class as well")
  func merging() {
    // The order of a live Windows Server 2016: hardware ids, then compatible ids.
    let merged = HardwareID.merged([
      #"PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00"#, #"PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4"#,
      #"PCI\VEN_1AF4&DEV_1002&CC_00FF00"#, #"PCI\VEN_1AF4&DEV_1002&CC_00FF"#, #"PCI\VEN_1AF4&DEV_1002&REV_00"#,
      #"PCI\VEN_1AF4&DEV_1002"#, #"PCI\VEN_1AF4&CC_00FF00"#, #"PCI\VEN_1AF4&CC_00FF"#, #"PCI\VEN_1AF4"#,
      #"PCI\CC_00FF00"#, #"PCI\CC_00FF"#,
    ])
    #expect(merged?.identity == .balloonTransitional)
  }

  @Test("A later id adds the interface to a class, and never changes what an earlier one said")
  func mergingFillsGaps() {
    #expect(HardwareID.merged([#"PCI\CC_0500"#, #"PCI\CC_050001"#])?.classCode == 0x050001)
    #expect(HardwareID.merged([#"PCI\CC_0500"#, #"PCI\CC_060400"#])?.classCode == nil)
    let foreign = HardwareID.merged([#"PCI\VEN_1AF4&DEV_1002"#, #"PCI\VEN_8086&DEV_1237&CC_060000"#])
    #expect(foreign?.vendor == 0x1af4)
    #expect(foreign?.baseClass == nil)
  }

  @Test("Of no id, or of others' alone, nothing is told; of too many the first are read")
  func mergingBounds() {
    #expect(HardwareID.merged([]) == nil)
    #expect(HardwareID.merged(["", #"USB\VID_0627"#]) == nil)
    let many = Array(repeating: #"USB\VID_0627"#, count: HardwareID.listLimit) + [#"PCI\VEN_1AF4"#]
    #expect(HardwareID.merged(many) == nil)
  }
}
