// SPDX-License-Identifier: GPL-3.0-or-later
import GuestMemory
import Testing

@Suite("What a guest will see of its memory")
struct VisibleMemoryModelTests {
  static let mebibyte: UInt64 = 1 << 20
  static let sizes: [UInt64] = [
    0, 1, 4095, 4096, 1 << 20, 0xB000_0000 - 1, 0xB000_0000, 1 << 30, 1 << 36, (1 << 36) + 1, 1 << 52, 1 << 63,
    .max - 1, .max,
  ]

  @Test("A page's description costs a sixty-fourth of the maximum")
  func pageArray() {
    #expect(VisibleMemoryModel().pageArray(maximum: 16 << 30) == 256 << 20)
  }

  /// Captured: two sizes of the guests of samples/experiments, Debian's 6.1, MemTotal before the balloon.
  @Test(
    "Before the balloon a guest sees what it was measured to",
    arguments: [(2048, 2_027_280), (16384, 16_390_100)] as [(UInt64, UInt64)])
  func beforeBalloon(mebibytes: UInt64, memTotal: UInt64) throws {
    let model = VisibleMemoryModel(kernel: .debian6_1)
    let prediction = model.prediction(maximum: mebibytes << 20, current: 1 << 30, chipset: .q35)
    let visible = try #require(prediction.visibleBeforeBalloon)
    #expect(max(visible, memTotal << 10) - min(visible, memTotal << 10) < Self.mebibyte)
  }

  @Test("The parts and what is seen are the maximum, at any size")
  func partsAddUp() throws {
    for size in stride(from: UInt64(1), through: 64, by: 1) {
      let prediction = VisibleMemoryModel().prediction(maximum: size << 30, current: 1 << 30)
      guard let visible = prediction.visible else { continue }
      #expect(visible + prediction.parts.map(\.bytes).reduce(0, +) == size << 30)
      #expect(prediction.visibleBeforeBalloon == visible + prediction[.balloon])
    }
  }

  @Test("What comes in DIMMs is seen whole, and paid out of what is seen")
  func plugged() {
    // Measured with Linux 6.1 under QEMU 7.2: a guest of 1 GiB with a DIMM of 512 MiB online, MemTotal 1454608 KiB.
    let model = VisibleMemoryModel(kernel: .debian6_1)
    let (start, dimm): (UInt64, UInt64) = (1 << 30, 512 << 20)
    let both = model.prediction(maximum: start + dimm, current: start + dimm, plugged: dimm, chipset: .q35)
    let seen = both.visible ?? 0
    #expect(abs(Int64(seen) - 1_454_608 << 10) <= 16 << 20, "\(seen >> 10) KiB")
    #expect(both.usedByPlugged == 8 << 20)
    #expect(both[.pageArray] == 16 << 20, "at boot there is no DIMM")
    #expect(both[.bounceBuffer] > 0, "and yet something may come above 4 GiB")
    #expect((both.parts.map(\.bytes).reduce(0, +)) + seen == start + dimm)
    #expect(model.prediction(maximum: start, current: start, chipset: .q35)[.bounceBuffer] == 0)
    // Whatever is told, nothing traps.
    for size: UInt64 in [0, 1, .max] {
      _ = model.prediction(maximum: size, current: .max, plugged: .max)
      _ = model.prediction(maximum: .max, current: size, plugged: size)
    }
  }

  @Test("Headroom that is not used costs nothing when there is none, and more the more there is")
  func headroom() {
    let model = VisibleMemoryModel()
    let gibibytes: [UInt64] = [1, 2, 4, 8, 16, 32]
    let costs = gibibytes.map { model.prediction(maximum: $0 << 30, current: 1 << 30).headroomCost }
    #expect(costs[0] == 0)
    #expect(costs == costs.sorted() && Set(costs).count == costs.count)
    #expect(costs[4] > 240 * Self.mebibyte, "the page array of 15 GiB alone")
  }

  @Test("One gibibyte of at most 16 is no danger, of 32 a likely and of 40 a certain one, as it was seen")
  func danger() {
    let model = VisibleMemoryModel(kernel: .debian6_1)
    func danger(_ gibibytes: UInt64) -> VisibleMemoryPrediction.Danger {
      model.prediction(maximum: gibibytes << 30, current: 1 << 30).danger
    }
    #expect(danger(1) == .none && danger(16) == .none)
    #expect(danger(32) == .likely)
    #expect(danger(40) == .certain && danger(48) == .certain && danger(64) == .certain)
    #expect(model.prediction(maximum: 64 << 30, current: 1 << 30).visible == nil)
    #expect(model.prediction(maximum: 96 << 20, current: 96 << 20).danger == .none, "small, but by choice")
  }

  /// Captured: what Debian's 6.1 prints at boot with 16 GiB ("Dentry cache hash table entries: …, N bytes").
  @Test("Tables are as large as the kernel says")
  func tables() {
    let usable: UInt64 = (16 << 30) - (256 << 20)
    let sizes = Dictionary(uniqueKeysWithValues: SystemHashTable.all.map { ($0.name, $0.size(memory: usable)) })
    let printed: [String: UInt64] = [
      "dentry cache": 16_777_216, "inode cache": 8_388_608, "mount cache": 262_144, "mountpoint cache": 262_144,
      "IP idents": 2_097_152, "TCP listening": 131_072, "TCP established": 1_048_576, "TCP bind": 2_097_152,
      "MPTCP token": 393_216, "UDP": 262_144, "UDP-Lite": 262_144,
    ]
    #expect(sizes == printed)
  }

  @Test("From 64 GiB on the tables grow at half the speed")
  func adaptive() throws {
    let dentries = try #require(SystemHashTable.all.first)
    #expect(dentries.size(memory: 64 << 30) == 64 << 20)
    #expect(dentries.size(memory: 128 << 30) == 64 << 20)
    #expect(dentries.size(memory: 256 << 30) == 128 << 20)
  }

  @Test("Memory above 4 GiB brings the bounce buffer, where the chipset puts it there")
  func bounceBuffer() {
    let model = VisibleMemoryModel(kernel: .debian6_1)
    let maximum: UInt64 = 3 << 30
    func part(_ chipset: VisibleMemoryModel.Chipset?) -> VisibleMemoryPrediction {
      model.prediction(maximum: maximum, current: maximum, chipset: chipset)
    }
    #expect(part(.q35)[.bounceBuffer] > 64 << 20)
    #expect(part(.i440fx)[.bounceBuffer] == 0)
    #expect(part(nil).uncertainty > part(.q35).uncertainty + 64 << 20, "an unknown chipset is told as doubt")
  }

  @Test("What the guest says of its own kernel stands in for what is assumed")
  func toldByGuest() {
    let told = KernelFigures.typical.told(by: [
      "kernelImage": 50 << 20, "crashKernel": 192 << 20, "firmwareReserved": 0, "total": 1,
    ])
    #expect(told.image == 50 << 20 && told.crashKernel == 192 << 20 && told.firmware == 0)
    #expect(told.uncertainty < KernelFigures.typical.uncertainty)
    #expect(KernelFigures.typical.told(by: ["crashKernel": .max]).crashKernel == 0, "no guest has that")
    #expect(KernelFigures.typical.told(by: [:]) == .typical)
  }

  @Test("A kernel is known by its release, and another is not taken for it")
  func knownKernels() {
    #expect(KernelFigures.known(release: "6.1.0-56-cloud-amd64") == .debian6_1)
    #expect(KernelFigures.known(release: "6.1.0-40-cloud-amd64").uncertainty > KernelFigures.debian6_1.uncertainty)
    #expect(KernelFigures.known(release: "6.12.117+deb12-cloud-amd64") == .debian6_12)
    for release in ["6.1.0-56-amd64", "6.8.0-45-generic", "", nil] {
      #expect(KernelFigures.known(release: release) == .typical)
    }
  }

  @Test("No size traps, and none is made up", arguments: VisibleMemoryModelTests.sizes, VisibleMemoryModelTests.sizes)
  func edges(maximum: UInt64, current: UInt64) {
    for kernel in [KernelFigures.typical, extreme] {
      for chipset: VisibleMemoryModel.Chipset? in [.q35, .i440fx, nil] {
        for processors in [0, 1, UInt64.max] {
          let prediction = VisibleMemoryModel(kernel: kernel).prediction(
            maximum: maximum, current: current, chipset: chipset, processors: processors)
          #expect(prediction.current <= maximum)
          if let visible = prediction.visible { #expect(visible < prediction.current) }
          #expect((prediction.visible == nil) == (prediction.danger == .certain))
        }
      }
    }
  }

  private var extreme: KernelFigures {
    var figures = KernelFigures(
      name: "", image: .max, perProcessor: .max, other: .max, uncertainty: .max, source: "synthesised")
    (figures.pageStructure, figures.crashKernel, figures.firmware) = (.max, .max, .max)
    return figures
  }
}
