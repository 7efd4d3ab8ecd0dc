// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import Testing

@testable import Collectors

/// Every text here is synthesised, after the form that Proxmox's qemu-server writes and reads.
@Suite("Proxmox's settings of a machine")
struct ProxmoxConfigurationTests {
  static func read(_ text: String) throws -> ProxmoxConfiguration {
    try #require(ProxmoxConfiguration(Array(text.utf8)))
  }

  @Test("The firmware is SeaBIOS or OVMF where the settings say so, and not said otherwise")
  func firmware() throws {
    func firmware(_ line: String) throws -> Observation<String> {
      let facts = ProxmoxFacts(settings: try Self.read("memory: 512\n" + line), file: "100.conf", time: 0)
      var domain = DomainEvidence(
        Unknown(failure: Failure(.notAsked, ""), provenance: Provenance("", trust: .host, time: 0)))
      facts.describe(&domain)
      return domain.firmware
    }
    #expect(try firmware("bios: ovmf").value == "efi" && firmware("bios: seabios").value == "bios")
    #expect(try firmware("").isAbsent && firmware("bios: other").failure?.reason == .malformed)
  }

  @Test("The current settings are told apart from pending ones and snapshots")
  func sections() throws {
    let configuration = try Self.read(
      """
      # A file server%0A
      #balloon: 1
      agent: 1,fstrim_cloned_disks=1
      balloon: 2048
      hostpci0: 0000:01:00,pcie=1
      hostpci10: 0000:03:00
      hostpci2: mapping=gpu
      machine: pc-q35-9.0+pve0,viommu=virtio
      memory: 8192
      name: files
      ostype: win11
      smbios1: uuid=7b10d7af-b932-4c66-b2c3-3996152ec465,base64=1

      [PENDING]
      balloon: 0
      delete: shares,!net1

      [before-update]
      #memory: 1
      balloon: 512
      memory: 1024
      snaptime: 1700000000

      [special:cloudinit]
      name: other
      """)
    #expect(configuration.memory == .set(8192 << 20))
    #expect(configuration.balloon == .set(2048 << 20))
    #expect(configuration.machine == .set("pc-q35-9.0+pve0"))
    #expect(configuration.osFamily == "windows")
    #expect(configuration.hasQEMUGuestAgent == true)
    #expect(configuration.passedThrough == ["hostpci0", "hostpci2", "hostpci10"])
    #expect(configuration.name == "files")
    #expect(configuration.uuid == "7b10d7af-b932-4c66-b2c3-3996152ec465")
    #expect(configuration.pending == ["balloon": "0"])
    #expect(configuration.pendingDeletions == ["shares", "net1"])
    #expect(configuration.pendingMemoryChanges == ["balloon", "shares"])
    #expect(configuration.snapshots == ["before-update"])
    #expect(configuration.unreadableLines == 0)
    #expect(configuration.isAutoBallooned == true)
  }

  @Test("What is not set has Proxmox's own default, and a balloon")
  func defaults() throws {
    let configuration = try Self.read("bootdisk: scsi0\n")
    #expect(configuration.memory == .set(512 << 20))
    #expect(configuration.balloon == .unset)
    #expect(configuration.hasBalloon == true)
    #expect(configuration.isAutoBallooned == false)
    #expect(configuration.hasQEMUGuestAgent == false)
    #expect(configuration.machine == .unset)
    #expect(configuration.osFamily == nil)
  }

  @Test(
    "pvestatd moves a balloon that is set below memory and has shares",
    arguments: [
      ("memory: current=4096\nballoon: 2048", true), ("memory: 4096\nballoon: 4096", false),
      ("memory: 4096\nballoon: 2048\nshares: 0", false), ("memory: 4096\nballoon: 2048\nshares: 500", true),
      ("memory: 4096\nballoon: 0", false), ("memory: 4096\nballoon: many", nil),
      ("memory: 4096\nballoon: 2048\nshares: -1", nil), ("memory: lots\nballoon: 2048", nil),
    ])
  func autoBallooning(_ text: String, _ expected: Bool?) throws {
    #expect(try Self.read(text).isAutoBallooned == expected)
  }

  @Test("A balloon of 0 is no device, and one that cannot be read is neither")
  func device() throws {
    #expect(try Self.read("balloon: 0").hasBalloon == false)
    #expect(try Self.read("balloon: 99999999999999999999").hasBalloon == nil)
    #expect(try Self.read("memory: 18446744073709551615").memory == .malformed("18446744073709551615"))
  }

  @Test("A port among the arguments is found by its whole name")
  func port() throws {
    let configuration = try Self.read(
      "args: -chardev 'socket,id=vb' -device virtserialport,chardev=vb,name=org.virt-balloon.agent.0\n")
    #expect(configuration.hasPort(named: "org.virt-balloon.agent.0"))
    #expect(!configuration.hasPort(named: "org.virt-balloon.agent"))
  }

  @Test("Hostile files cost a count of lines, or are refused")
  func hostile() throws {
    let odd = try Self.read(
      "memory 4096\n[broken\n: x\nMEMORY: 1\nmemory: 1024\r\nmemory: 2048 \r\n\u{1B}[31m: x\nmem\u{FC}ry: 3\n")
    #expect(odd.memory == .set(2048 << 20))
    #expect(odd.unreadableLines == 6)
    #expect(ProxmoxConfiguration([0x61, 0x00]) == nil)
    #expect(ProxmoxConfiguration([UInt8](repeating: 0x0A, count: ProxmoxConfiguration.byteLimit + 1)) == nil)
    let many = (0..<6_000).map { "net\($0): x" }.joined(separator: "\n")
    #expect(try Self.read(many).unreadableLines == 6_000 - 4_096)
    #expect(try Self.read(String(repeating: "[", count: 900_000)).current.isEmpty)
    #expect(try Self.read(String(repeating: "a", count: 900_000) + ": 1").current.isEmpty)
  }
}
