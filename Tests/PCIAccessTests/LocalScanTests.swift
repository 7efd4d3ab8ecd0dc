// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import PCI
import PCIAccess
import Testing

@Suite("Functions of this machine")
struct LocalScanTests {
  private static let hasPCI = FileManager.default.fileExists(atPath: "/sys/bus/pci/devices")

  private func word(_ path: String) throws -> UInt32 {
    let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    return try #require(UInt32(text.dropFirst(2).prefix { $0.isHexDigit }, radix: 16))
  }

  @Test(
    "Every function that sysfs lists is found, with the ids, class and driver that sysfs has",
    .enabled(if: hasPCI, "this machine has no PCI bus"))
  func matchesSysfs() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: "/sys/bus/pci/devices")
    let functions = try PCIScan.local()
    #expect(functions.map(\.address.description) == names.sorted())
    for function in functions {
      let folder = "/sys/bus/pci/devices/\(function.address)"
      let identity = try #require(function.identity)
      #expect(try UInt32(identity.vendor) == word(folder + "/vendor"))
      #expect(try UInt32(identity.device) == word(folder + "/device"))
      #expect(try identity.classCode?.code == word(folder + "/class"))
      #expect(try identity.revision.map(UInt32.init) == word(folder + "/revision"))
      if function.configuration?.headerType == .device {
        #expect(try identity.subsystem.map(UInt32.init) == word(folder + "/subsystem_device"))
      }
      let driver = try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/driver")
      let name = driver.flatMap { $0.split(separator: "/").last }.map(String.init)
      #expect(function.driver == (name.map { .bound($0) } ?? .none))
      #expect(function.path?.leaf == function.address.hop)
      #expect((function.configuration?.bytes.count ?? 0) >= 64)
    }
  }

  @Test("A folder without a PCI bus is not found, and nothing else happens")
  func noBus() {
    let error = #expect(throws: PCIAccessError.self) { try PCIScan.local(sysfs: "/nonexistent") }
    #expect(error?.code == .notFound)
    #expect(error?.message.contains("/nonexistent") == true)
  }

  @Test("A synthesised sysfs gives path, root bus, drivers, status and negotiated features")
  func synthesised() throws {
    let files = FileManager.default
    let root = files.temporaryDirectory.appending(path: "pci-\(UUID().uuidString)").path
    defer { try? files.removeItem(atPath: root) }
    let device = root + "/devices/pci0000:b4/0000:b4:02.1/0000:b5:00.0"
    try files.createDirectory(atPath: device + "/virtio3", withIntermediateDirectories: true)
    try files.createDirectory(atPath: root + "/bus/pci/devices", withIntermediateDirectories: true)
    let texts = [
      "vendor": "0x1af4", "device": "0x1045", "class": "0x00ff00", "revision": "0x01", "subsystem_vendor": "0x1af4",
      "subsystem_device": "0x1100", "irq": "11", "resource": "0x0000000000000000 0x0000000000000000 0x0000000000000000",
      "virtio3/status": "0x0000000f",
      "virtio3/features": "0110" + String(repeating: "0", count: 60),
    ]
    for (name, text) in texts { try Data((text + "\n").utf8).write(to: URL(filePath: device + "/" + name)) }
    try files.createSymbolicLink(
      atPath: root + "/bus/pci/devices/0000:b5:00.0",
      withDestinationPath: "../../../devices/pci0000:b4/0000:b4:02.1/0000:b5:00.0")
    try files.createSymbolicLink(atPath: device + "/driver", withDestinationPath: "../../../bus/pci/drivers/virtio-pci")
    let functions = try PCIScan.local(sysfs: root)
    let function = try #require(functions.first)
    #expect(functions.count == 1)
    #expect(function.isBalloon)
    #expect(function.identity == .balloonModern)
    #expect(function.path?.description == "02.1/00.0")
    #expect(function.rootBus == 0xb4)
    #expect(function.driver == .bound("virtio-pci"))
    #expect(function.configuration == nil)
    let virtio = try #require(function.virtio)
    #expect(virtio.name == "virtio3")
    #expect(virtio.status == 0x0f)
    #expect(virtio.isOperating == true)
    #expect(virtio.features == [1, 2])
    #expect(virtio.driver == PCIFunction.DriverBinding.none)
  }
}
