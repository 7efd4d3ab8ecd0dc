// SPDX-License-Identifier: BSD-3-Clause
import PCI
import Testing
import WindowsPnP

@Suite("Locations")
struct LocationTests {
  /// The form was found in every one of four published SYSTEM hives.
  private let stored = #"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(0,5,0)"#

  @Test("The registry's form gives its numbers, and its text with them put in")
  func storedForm() {
    let location = LocationInformation(stored)
    #expect(location.text == "PCI bus 0, device 5, function 0")
    #expect(location.bus == 0)
    #expect(location.device == 5)
    #expect(location.function == 0)
    #expect(location.address == PCIAddress(bus: 0, device: 5, function: 0))
  }

  @Test(
    "A translated text gives its numbers in any language",
    arguments: [
      // Synthesised, but the English one, which is Windows' own.
      "PCI bus 3, device 31, function 7", "PCI-Bus 3, Gerät 31, Funktion 7", "PCI-шина 3, устройство 31, функция 7",
      "PCI バス 3、デバイス 31、機能 7", "PCI 总线3、设备31、功能7", "Шина PCI 3, устр-во 31, функция 7.",
    ])
  func translated(_ text: String) {
    let location = LocationInformation(text)
    #expect(location.text == text)
    #expect(location.address == PCIAddress(bus: 3, device: 31, function: 7))
  }

  @Test("The registry's form in another language is read by its numbers, wherever the text puts them")
  func storedTranslation() {
    let location = LocationInformation(
      #"@System32\drivers\pci.sys,#65536;Функция %3 устройства %2 шины PCI %1;(2,1,4)"#)
    #expect(location.text == "Функция 4 устройства 1 шины PCI 2")
    #expect(location.address == PCIAddress(bus: 2, device: 1, function: 4))
  }

  @Test(
    "A text without exactly three numbers, each after a word, gives none",
    arguments: [
      "", "PCI", "PCI bus 0, device 5", "PCI bus 0, device 5, function 0, port 1", "0 5 0", "0000:00:05.0", "(0,5,0)",
      "in 1 2 3", "PCI2 bus, device 5, function 0", "PCI bus 0x0, device 5, function 0", "a1 b2 c3",
      "PCI bus 99999999999, device 5, function 0", "bus 184467440737095516160, device 0, function 0",
      "Port_#0002.Hub_#0001", "Internal High Definition Audio Bus", "％１％２％３",
    ])
  func noNumbers(_ text: String) {
    let location = LocationInformation(text)
    #expect(location.bus == nil)
    #expect(location.device == nil)
    #expect(location.function == nil)
    #expect(location.address == nil)
    #expect(location.text == text)
  }

  @Test(
    "A stored form that is broken gives no numbers but its text",
    arguments: [
      (#"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(0,5)"#),
      (#"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(0,5,0"#),
      (#"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(0,5,0,1)"#),
      (#"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(0,-5,0)"#),
      (#"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(0, 5,0)"#),
      (#"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3"#),
      (#"@System32\drivers\pci.sys,#65536"#), (#"@System32\drivers\pci.sys,#65536;"#), "@0;1;2", "@", "@;", "@;;",
    ])
  func brokenForms(_ text: String) {
    let location = LocationInformation(text)
    #expect(location.address == nil)
    #expect(location.bus == nil)
    #expect(!location.text.isEmpty)
  }

  @Test("Numbers beyond PCI's are told, and make no address")
  func beyondPCI() {
    let segment = LocationInformation(
      #"@System32\drivers\pci.sys,#65536;PCI bus %1, device %2, function %3;(65536,5,0)"#)
    #expect(segment.bus == 65536)
    #expect(segment.address == nil)
    #expect(LocationInformation("PCI bus 0, device 32, function 0").address == nil)
    #expect(LocationInformation("PCI bus 0, device 0, function 8").address == nil)
  }

  @Test(
    "A location path gives the steps below its root",
    arguments: [
      // Published, as a shape, with Windows' property DEVPKEY_Device_LocationPaths.
      ("PCIROOT(0)#PCI(1500)#PCI(0000)", "15.0/00.0", 0), ("PCIROOT(0)#PCI(0500)", "05.0", 0),
      ("PCIROOT(1)#PCI(0500)", "05.0", 1), ("pciroot(a)#pci(1f07)", "1f.7", 10),
    ] as [(String, String, UInt32)])
  func locationPaths(_ text: String, _ path: String, _ root: UInt32) {
    #expect(LocationPath(text)?.path?.description == path)
    #expect(LocationPath(text)?.rootNumber == root)
  }

  @Test(
    "A path that ends at its root, or leads through something else, has a root and no steps",
    arguments: [
      "PCIROOT(0)", "PCIROOT(0)#", "PCIROOT(0)#PCI(2000)", "PCIROOT(0)#PCI(0008)", "PCIROOT(0)#PCI(050)",
      "PCIROOT(0)#PCI(05000)", "PCIROOT(0)#PCI(0500)#USBROOT(0)", "PCIROOT(0)#PCI(0500)#", "PCIROOT(0)#PCI(0500)x",
      "PCIROOT(0)#ACPI(S28_)", "PCIROOT(0)" + String(repeating: "#PCI(0000)", count: PCIPath.limit + 1),
    ])
  func pathsWithoutSteps(_ text: String) throws {
    let path = try #require(LocationPath(text))
    #expect(path.rootNumber == 0)
    #expect(path.path == nil)
  }

  @Test(
    "What does not begin at a PCI root is no location path",
    arguments: [
      "", "ACPI(_SB_)#ACPI(PCI0)#ACPI(S28_)", "PCIROOT()", "PCIROOT(0", "PCIROOT(000000000)", "PCIROOT(0)x",
      "#PCI(0500)",
    ])
  func noLocationPath(_ text: String) {
    #expect(LocationPath(text) == nil)
  }

  @Test("Of several paths the first from a PCI root with steps is taken")
  func firstPath() {
    let path = LocationPath.first(in: [
      "ACPI(_SB_)#ACPI(PCI0)#ACPI(S28_)", "PCIROOT(0)#ACPI(S28_)", "PCIROOT(0)#PCI(0500)", "PCIROOT(0)#PCI(0600)",
    ])
    #expect(path?.path == PCIPath(parsing: "05.0"))
    #expect(LocationPath.first(in: ["ACPI(_SB_)", "PCIROOT(3)"])?.rootNumber == 3)
    #expect(LocationPath.first(in: []) == nil)
    #expect(LocationPath.first(in: ["ACPI(_SB_)"]) == nil)
  }

  @Test("Location path and instance id of one function tell one bridge path")
  func agreement() {
    #expect(
      LocationPath("PCIROOT(0)#PCI(1E00)#PCI(0100)#PCI(0300)")?.path
        == InstanceID(#"PCI\VEN_1AF4&DEV_1002\5&2490727a&0&1808F0"#).path)
  }

  @Test("The property Address has the device above the function, each in its range")
  func address() {
    #expect(DeviceAddress.deviceAndFunction(0x0005_0000) == PCIPath.Hop(device: 5, function: 0))
    #expect(DeviceAddress.deviceAndFunction(0x001f_0007) == PCIPath.Hop(device: 31, function: 7))
    #expect(DeviceAddress.deviceAndFunction(0) == PCIPath.Hop(device: 0, function: 0))
    for outside: UInt32 in [0x0020_0000, 0x0000_0008, 0x0000_0100, 0x0100_0000, 0xffff_ffff] {
      #expect(DeviceAddress.deviceAndFunction(outside) == nil)
      #expect(DeviceAddress.address(bus: 0, outside) == nil)
    }
    #expect(DeviceAddress.address(bus: 3, 0x0005_0001) == PCIAddress(bus: 3, device: 5, function: 1))
    #expect(DeviceAddress.address(bus: 256, 0x0005_0001) == nil)
  }
}
