// SPDX-License-Identifier: BSD-3-Clause
import PCI
import Testing
import WindowsPnP

@Suite("Instance ids")
struct InstanceIDTests {
  @Test("An instance id has a bus, a device id and a suffix")
  func parts() {
    // Published: a log of `pnputil` in a Proxmox guest, Windows Server 2022.
    let id = InstanceID(#"PCI\VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00\3&267a616a&0&18"#)
    #expect(id.enumerator == "PCI")
    #expect(id.deviceID == "VEN_1AF4&DEV_1002&SUBSYS_00051AF4&REV_00")
    #expect(id.suffix == "3&267a616a&0&18")
    #expect(id.isPCI)
    #expect(id.hardware?.identity?.isBalloon == true)
    #expect(id.hardware?.subsystem == 5)
  }

  @Test(
    "The suffix tells the bridge path, the function's own step first",
    arguments: [
      // Published: logs and registry scripts of KVM guests.
      ("3&267a616a&0&18", "03.0"), ("3&13c0b0c5&0&90", "12.0"), ("3&267a616a&0&40", "08.0"),
      // Published (Microsoft's documentation of SetupAPI's log, and a log of Windows 7).
      ("3&61aaa01&0&38", "07.0"), ("4&27574d66&0&0008", "01.0/00.0"),
      // Synthesised on the pattern that held for four published hives.
      ("4&2E34CD3B&0&0108", "01.0/00.1"), ("4&2e34cd3b&0&1088", "11.0/02.0"), ("5&2e34cd3b&0&001088", "11.0/02.0/00.0"),
      ("3&13c0b0c5&0&FF", "1f.7"), ("3&13c0b0c5&0&00", "00.0"),
    ])
  func paths(_ suffix: String, _ path: String) {
    #expect(InstanceID(#"PCI\VEN_1AF4&DEV_1045\"# + suffix).path == PCIPath(parsing: path))
    #expect(InstanceID(#"pci\ven_1af4&dev_1045\"# + suffix).path?.description == path)
  }

  @Test(
    "A suffix of another form tells no path",
    arguments: [
      "", "0", "525400FFFF123456", "3&13c0b0c5&0", "3&13c0b0c5&0&", "3&13c0b0c5&0&1", "3&13c0b0c5&0&180",
      "3&13c0b0c5&0&1G", "3&13c0b0c5&0&18&00", "&13c0b0c5&0&18", "3&&0&18", "3&13c0b0c5&&18", "333&13c0b0c5&0&18",
      "3&13c0b0c5a&0&18", "3&13c0b0c5&0& 18",
      "3&13c0b0c5&0&" + String(repeating: "00", count: PCIPath.limit + 1),
    ])
  func otherSuffixes(_ suffix: String) {
    #expect(InstanceID(#"PCI\VEN_1AF4&DEV_1002\"# + suffix).path == nil)
  }

  @Test("As many steps as a path may have are read")
  func longestPath() {
    let id = InstanceID(#"PCI\VEN_1AF4&DEV_1002\3&0&0&"# + String(repeating: "08", count: PCIPath.limit))
    #expect(id.path?.hops.count == PCIPath.limit)
  }

  @Test("A device of another bus has neither ids nor a path of PCI, whatever its suffix looks like")
  func otherBus() {
    let id = InstanceID(#"USB\VID_0627&PID_0001\3&13c0b0c5&0&18"#)
    #expect(id.enumerator == "USB")
    #expect(id.hardware == nil)
    #expect(id.path == nil)
  }

  @Test(
    "What has not three parts is not taken apart",
    arguments: ["", "PCI", #"PCI\VEN_1AF4"#, #"PCI\\3&18"#, #"PCI\A\B\C"#, #"\A\B"#, #"PCI\VEN_1AF4\"#])
  func otherForms(_ text: String) {
    let id = InstanceID(text)
    #expect(id.text == text)
    #expect(id.enumerator == nil)
    #expect(id.deviceID == nil)
    #expect(id.suffix == nil)
    #expect(id.hardware == nil)
    #expect(id.path == nil)
  }
}
