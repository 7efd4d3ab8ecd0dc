// SPDX-License-Identifier: BSD-3-Clause
import FoundationEssentials
import PCI
import Testing

@Suite("PCI identities and what they mean for virtio")
struct PCIIdentityTests {
  @Test(
    "A device id tells the generation and, where it is fixed, the type",
    arguments: [
      (0x1000, .transitional, 1), (0x1001, .transitional, 2), (0x1002, .transitional, 5), (0x1003, .transitional, 3),
      (0x1004, .transitional, 8), (0x1005, .transitional, 4), (0x1009, .transitional, 9), (0x103f, .transitional, nil),
      (0x1040, .modern, 0), (0x1041, .modern, 1), (0x1043, .modern, 3), (0x1045, .modern, 5), (0x107f, .modern, 63),
      (0x0fff, nil, nil), (0x1080, nil, nil), (0x1110, nil, nil), (0xffff, nil, nil), (0, nil, nil),
    ] as [(UInt16, VirtioGeneration?, UInt16?)])
  func generations(device: UInt16, generation: VirtioGeneration?, type: UInt16?) {
    let identity = PCIIdentity(vendor: 0x1af4, device: device)
    #expect(identity.virtioGeneration == generation)
    #expect(identity.virtioType == type)
    #expect(PCIIdentity(vendor: 0x8086, device: device).virtioType == nil)
  }

  @Test("Both balloons are balloons and expect the registers of their own generation")
  func balloons() {
    #expect(PCIIdentity.balloonTransitional.isBalloon)
    #expect(PCIIdentity.balloonModern.isBalloon)
    #expect(PCIIdentity(vendor: 0x1af4, device: 0x1002).expectedBalloon == .balloonTransitional)
    #expect(PCIIdentity(vendor: 0x1af4, device: 0x1045).expectedBalloon == .balloonModern)
    #expect(PCIIdentity(vendor: 0x1af4, device: 0x1003).expectedBalloon == nil)
    #expect(PCIIdentity(vendor: 0x1af4, device: 0x1003).isVirtioSerial)
    #expect(PCIIdentity(vendor: 0x1af4, device: 0x1043).isVirtioSerial)
  }

  @Test("A balloon with the old RAM-controller class is no decoy; ivshmem and a chipset's RAM controller are")
  func decoys() {
    let old = PCIIdentity(vendor: 0x1af4, device: 0x1002, classCode: .ramController)
    #expect(old.isBalloon && !old.isBalloonDecoy)
    let shared = PCIIdentity(vendor: 0x1af4, device: 0x1110, classCode: .ramController)
    #expect(shared.isBalloonDecoy && shared.isSharedMemory && !shared.isBalloon)
    #expect(PCIIdentity(vendor: 0x8086, device: 0xa2a1, classCode: PCIClass(baseAndSubclass: 0x0580)).isBalloonDecoy)
    #expect(!PCIIdentity(vendor: 0x8086, device: 0x1237, classCode: PCIClass(code: 0x060000)).isBalloonDecoy)
    #expect(!PCIIdentity(vendor: 0x8086, device: 0x1237).isBalloonDecoy)
  }

  @Test("Class codes keep 24 bits and print as lspci prints them")
  func classes() throws {
    #expect(PCIClass(code: 0xff06_0400) == PCIClass(code: 0x06_0400))
    #expect(PCIClass(baseAndSubclass: 0x0604).isBridge && PCIClass(code: 0x06_0940).isBridge)
    #expect(!PCIClass(code: 0x06_0000).isBridge)
    #expect(PCIClass.unclassified.description == "00ff")
    #expect(PCIClass(code: 0x0c_0330).description == "0c0330")
    #expect(PCIClass.ramController.isMemoryController && PCIClass.ramController.base == 5)
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([PCIClass].self, from: Data("[16777216]".utf8)) }
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([PCIClass].self, from: Data("[-1]".utf8)) }
  }

  @Test("Ids print as lspci prints them, a half-known subsystem not at all")
  func ids() throws {
    #expect(PCIIdentity.balloonTransitional.id == "1af4:1002")
    #expect(PCIIdentity.balloonTransitional.subsystemID == "1af4:0005")
    #expect(PCIIdentity(vendor: 1, device: 2, subsystemVendor: 3).subsystemID == nil)
    let json = try JSONEncoder().encode(PCIIdentity.balloonModern)
    #expect(try JSONDecoder().decode(PCIIdentity.self, from: json) == .balloonModern)
  }
}
