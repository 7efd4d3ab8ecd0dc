// SPDX-License-Identifier: BSD-3-Clause
import AgentLinux
import AgentProtocol
import Testing

@Suite("PCI functions from sysfs")
struct FunctionTests {
  @Test("A healthy transitional balloon has its ids, its driver, and DRIVER_OK")
  func transitional() throws {
    let balloon = try function(0x1002, in: tree("transitional"))
    let source = "/sys/bus/pci/devices/0000:00:05.0"
    #expect(balloon.address == .observed("0000:00:05.0", source: source))
    #expect(balloon.path == .observed("05.0", source: source))
    #expect(balloon.vendor == .observed(0x1af4, source: source + "/vendor"))
    #expect(balloon.subsystemVendor.value == 0x1af4 && balloon.subsystem.value == 0x0005)
    #expect(balloon.classCode == .observed(0x00ff00, source: source + "/class"))
    #expect(balloon.revision.value == 0)
    #expect(balloon.driver == .observed("virtio-pci", source: source + "/driver"))
    #expect(balloon.module == .observed("virtio_pci", source: source + "/driver/module"))
    #expect(balloon.driverVersion.value == "1")
    #expect(balloon.virtioDriver == .observed("virtio_balloon", source: source + "/virtio1/driver"))
    #expect(balloon.virtioStatus == .observed(0x0f, source: source + "/virtio1/status"))
    // Bit 1 is the statistics queue, which every Linux driver negotiates.
    #expect(balloon.virtioFeatures.value?.hasPrefix("01") == true)
    #expect(balloon.problemCode.reason == .unsupported && balloon.provider.reason == .unsupported)
  }

  @Test("A generic driver on the balloon is named, and leaves no virtio device")
  func generic() throws {
    let balloon = try function(0x1002, in: tree("generic"))
    #expect(balloon.driver.value == "uio_pci_generic")
    #expect(balloon.module.value == "uio_pci_generic")
    #expect(balloon.virtioDriver.isAbsent && balloon.virtioStatus.isAbsent && balloon.virtioFeatures.isAbsent)
  }

  @Test("A bound transport without the balloon's driver shows a virtio device without a driver")
  func transportOnly() throws {
    let balloon = try function(0x1002, in: tree("transport-only"))
    #expect(balloon.driver.value == "virtio-pci")
    #expect(balloon.virtioDriver.isAbsent)
    #expect(balloon.virtioStatus.value == 0x01)
  }

  @Test("A balloon below a bridge has the bridge path, whatever its bus number")
  func bridged() throws {
    let balloon = try function(0x1045, in: tree("bridged"))
    #expect(balloon.address.value == "0000:03:00.0")
    #expect(balloon.path.value == "02.1/00.0")
    #expect(balloon.subsystem.value == 0x1100 && balloon.revision.value == 1)
    #expect(balloon.virtioDriver.value == "virtio_balloon")
  }

  @Test("A shared-memory decoy is listed with its class and no driver")
  func decoy() throws {
    let decoy = try function(0x1110, in: tree("bridged"))
    #expect(decoy.classCode.value == 0x050000)
    #expect(decoy.driver.isAbsent && decoy.module.isAbsent)
  }

  @Test("Drivers built into the kernel are named though there is no module")
  func builtIn() throws {
    let balloon = try function(0x1045, in: tree("built-in"))
    #expect(balloon.driver.value == "virtio-pci")
    #expect(balloon.module.isAbsent)
    #expect(balloon.virtioDriver.value == "virtio_balloon")
  }

  @Test("Only virtio functions and memory controllers are listed, in the order of their addresses")
  func listed() throws {
    let platform = tree("bridged")
    let addresses = try platform.functions().compactMap { platform.function($0)?.address.value }
    #expect(addresses == ["0000:00:01.0", "0000:00:07.0", "0000:03:00.0"])
    #expect(try tree("built-in").functions().count == 1)
  }

  @Test("A system without a PCI bus has no such method")
  func noBus() throws {
    try withTree(files: ["/proc/uptime": Array("1.0 1.0\n".utf8)]) { (platform, _) throws in
      let error = #expect(throws: ProtocolError.self) { try platform.functions() }
      #expect(error?.code == .unsupported)
    }
  }

  /// A function at `path` below /sys/devices, of a RAM controller.
  private func memoryController(_ path: String, _ name: String = "0000:00:04.0") -> (
    files: [String: [UInt8]], links: [String: String]
  ) {
    let folder = "/sys/devices/" + path
    return (
      [
        folder + "/vendor": Array("0x8086\n".utf8), folder + "/device": Array("0x1234\n".utf8),
        folder + "/class": Array("0x050000\n".utf8),
      ], ["/sys/bus/pci/devices/" + name: "../../../devices/" + path]
    )
  }

  @Test("The ids come from the modalias in one read, where there is one")
  func modalias() throws {
    var (files, links) = memoryController("pci0000:00/0000:00:04.0")
    files["/sys/devices/pci0000:00/0000:00:04.0/modalias"] = Array(
      "pci:v00001AF4d00001002sv00001AF4sd00000005bc00scFFi00\n".utf8)
    try withTree(files: files, links: links) { (platform, _) throws in
      let source = "/sys/bus/pci/devices/0000:00:04.0/modalias"
      let balloon = try function(0x1002, in: platform)
      #expect(balloon.vendor == .observed(0x1af4, source: source))
      #expect(balloon.subsystemVendor == .observed(0x1af4, source: source))
      #expect(balloon.subsystem == .observed(0x0005, source: source))
      #expect(balloon.classCode == .observed(0x00ff00, source: source))
    }
  }

  @Test(
    "A modalias that is none leaves the ids to their own files",
    arguments: [
      "", "pci:\n", "acpi:v00001AF4d00001002sv00001AF4sd00000005bc00scFFi00\n",
      "pci:v00001AF4d00001002sv00001AF4sd00000005bc00scFFi00x\n",
      "pci:v00011AF4d00001002sv00001AF4sd00000005bc00scFFi00\n",
      "pci:v00001AF4d00001002sv00001AF4sd00000005bc00scFFi\n",
      "pci:v0000-AF4d00001002sv00001AF4sd00000005bc00scFFi00\n",
    ])
  func strangeModalias(content: String) throws {
    var (files, links) = memoryController("pci0000:00/0000:00:04.0")
    files["/sys/devices/pci0000:00/0000:00:04.0/modalias"] = Array(content.utf8)
    try withTree(files: files, links: links) { (platform, _) throws in
      let source = "/sys/bus/pci/devices/0000:00:04.0/vendor"
      #expect(try function(0x1234, in: platform).vendor == .observed(0x8086, source: source))
    }
  }

  @Test(
    "The bridge path begins at the innermost root bus",
    arguments: [
      ("pci0000:00/0000:00:04.0", "0000:00:04.0", "04.0"),
      ("platform/4010000000.pcie/pci0000:00/0000:00:04.0", "0000:00:04.0", "04.0"),
      ("pci0000:00/0000:00:0e.0/pci10000:e0/10000:e0:06.0/10000:e1:00.0", "10000:e1:00.0", "06.0/00.0"),
      ("pci0000:80/0000:80:01.1/0000:81:00.0/0000:82:1f.7", "0000:82:1f.7", "01.1/00.0/1f.7"),
    ])
  func innermost(path: String, name: String, expected: String) throws {
    let (files, links) = memoryController(path, name)
    try withTree(files: files, links: links) { (platform, _) throws in
      #expect(try function(0x1234, in: platform).path.value == expected)
    }
  }

  @Test(
    "A path that does not end at the function is malformed",
    arguments: [
      "pci0000:00/0000:00:05.0", "virtual/0000:00:04.0", "pci0000:00/oddity/0000:00:04.0", "pci0000:00/0000:00:04.0/x",
    ])
  func strangePath(path: String) throws {
    let (files, links) = memoryController(path)
    try withTree(files: files, links: links) { (platform, _) throws in
      #expect(try function(0x1234, in: platform).path.reason == .malformed)
    }
  }

  @Test(
    "Registers that are no numbers are malformed, and cost only themselves",
    arguments: [
      "", "\n", "0x", "0xzz\n", "zz\n", "0x12345\n", "-1\n", "\u{0}\u{0}", "0x1af4 0x1af4\n",
      String(repeating: "0", count: 2_000),
    ])
  func strangeRegister(content: String) throws {
    var (files, links) = memoryController("pci0000:00/0000:00:04.0")
    files["/sys/devices/pci0000:00/0000:00:04.0/subsystem_vendor"] = Array(content.utf8)
    files["/sys/devices/pci0000:00/0000:00:04.0/revision"] = [0xff, 0xfe, 0x0a]
    links["/sys/devices/pci0000:00/0000:00:04.0/driver"] =
      ""
      + String(repeating: "x/", count: 600) + "name"
    try withTree(files: files, links: links) { (platform, _) throws in
      let facts = try function(0x1234, in: platform)
      #expect(facts.subsystemVendor.reason == .malformed)
      #expect(facts.revision.reason == .malformed)
      #expect(facts.driver.reason == .malformed)
      #expect(facts.vendor.value == 0x8086)
    }
  }

  @Test("A function whose vendor cannot be read is listed all the same")
  func unreadable() throws {
    var (files, links) = memoryController("pci0000:00/0000:00:04.0")
    files["/sys/devices/pci0000:00/0000:00:04.0/vendor"] = Array("?\n".utf8)
    files["/sys/devices/pci0000:00/0000:00:04.0/class"] = Array("0x020000\n".utf8)
    links["/sys/bus/pci/devices/not-an-address"] = "../../../devices/nothing"
    try withTree(files: files, links: links) { (platform, _) throws in
      #expect(try function(0x1234, in: platform).vendor.reason == .malformed)
      #expect(try platform.functions().count == 1)
    }
  }

  @Test("A virtio status beyond a byte and features that are no bits are malformed")
  func strangeVirtio() throws {
    var (files, links) = memoryController("pci0000:00/0000:00:04.0")
    files["/sys/devices/pci0000:00/0000:00:04.0/virtio7/status"] = Array("0x00000100\n".utf8)
    files["/sys/devices/pci0000:00/0000:00:04.0/virtio7/features"] = Array("0102\n".utf8)
    files["/sys/devices/pci0000:00/0000:00:04.0/virtiofs/status"] = Array("0x0f\n".utf8)
    try withTree(files: files, links: links) { (platform, _) throws in
      let facts = try function(0x1234, in: platform)
      #expect(facts.virtioStatus.reason == .malformed && facts.virtioFeatures.reason == .malformed)
      #expect(facts.virtioStatus.source.hasSuffix("/virtio7/status"))
    }
  }
}
