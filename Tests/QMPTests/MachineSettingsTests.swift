// SPDX-License-Identifier: GPL-3.0-or-later
import AgentProtocol
import Testing

@testable import QMP

@Suite("A machine's settings")
struct MachineSettingsTests {
  /// Captured: `info ramblock` of QEMU 7.2.22, a q35 machine with 256 MiB in huge pages of a memfd.
  static let captured = """
                  Block Name    PSize              Offset               Used              Total
                           m    2 MiB  0x0000000000000000 0x0000000010000000 0x0000000010000000
        /rom@etc/acpi/tables    4 KiB  0x0000000010080000 0x0000000000020000 0x0000000000200000
                     pc.bios    4 KiB  0x0000000010000000 0x0000000000040000 0x0000000000040000
    0000:00:02.0/vga vram #1    4 KiB  0x0000000010280000 0x0000000000001000 0x0000000000010000

    """

  @Test("info ramblock gives each block's page size")
  func ramBlocks() throws {
    let blocks = try RAMBlock.list(decoding: .string(Self.captured))
    #expect(blocks.map(\.name) == ["m", "/rom@etc/acpi/tables", "pc.bios", "0000:00:02.0/vga vram #1"])
    #expect(blocks.map(\.pageSize) == [2 << 20, 4_096, 4_096, 4_096])
    let returns = Self.captured.split(separator: "\n").joined(separator: "\r\n")
    #expect(try RAMBlock.list(decoding: .string(returns)).count == 4)
  }

  @Test("What is no list of blocks is malformed, whatever its numbers")
  func hostile() {
    for text in [
      "", "\n\n", "Block Name PSize", "m 18446744073709551615 GiB 0x0", "m 0 KiB 0x0", "m -4 KiB 0x0", "0x0 0x0",
      "4 KiB 0x0",
      "m 4 XiB 0x0", String(repeating: "0x ", count: 100_000),
    ] {
      #expect(throws: QMPError.self, "\(text.prefix(40))") { try RAMBlock.list(decoding: .string(text)) }
    }
    #expect(throws: QMPError.self) { try RAMBlock.list(decoding: .integer(4)) }
    let many = String(repeating: "m 4 KiB 0x0\n", count: 100_000)
    #expect((try? RAMBlock.list(decoding: .string(many)))?.count == RAMBlock.limit)
  }

  @Test("A mediated device is known by its UUID, and one passed through by its address")
  func mediated() {
    #expect(HostDeviceObject.isMediated(sysfsdev: "/sys/bus/mdev/devices/c2177883-f1bb-47f0-914d-32a22e3a8804"))
    for path in ["/sys/bus/pci/devices/0000:65:00.0", "", "/", "0000:65:00.0"] {
      #expect(!HostDeviceObject.isMediated(sysfsdev: path))
    }
    #expect(HostDeviceObject.kind(ofType: "vfio-pci") == "vfio")
    #expect(HostDeviceObject.kind(ofType: "vhost-vdpa-device-pci") == "vdpa")
    for type in ["vfio-ccw", "vfio-ap", "vfio-pci-igd-lpc-bridge", "virtio-balloon-pci", ""] {
      #expect(HostDeviceObject.kind(ofType: type) == nil)
    }
  }
}
