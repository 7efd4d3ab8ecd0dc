// SPDX-License-Identifier: GPL-3.0-or-later
import BalloonEvidence
import GuestMemory
import Testing

@Suite("The memory account")
struct MemoryAccountTests {
  private typealias Fixture = AccountFixtures
  private let mebi = AccountFixtures.mebi

  /// The law of every level: what is named and what is not are the whole.
  private func expectComplete(_ account: MemoryAccount, _ location: SourceLocation = #_sourceLocation) {
    for level in account.levels {
      guard let whole = level.whole.bytes else {
        #expect(level.unexplained == nil, sourceLocation: location)
        continue
      }
      let parts = level.parts.compactMap(\.bytes).reduce(0) { $0 + Int64($1) }
      #expect(level.unexplained == Int64(whole) - parts, "\(level.id)", sourceLocation: location)
    }
    for bucket in account.levels.flatMap(\.buckets) {
      #expect(!bucket.explanation.isEmpty, sourceLocation: location)
      if bucket.bytes != nil { #expect(!bucket.sources.isEmpty, "\(bucket.id)", sourceLocation: location) }
    }
    let ids = account.levels.flatMap { $0.parts + $0.beside }.map(\.id)
    #expect(Set(ids).count == ids.count, "\(ids)", sourceLocation: location)
  }

  @Test("libvirt alone tells the maximum, the balloon and what it leaves, and why the rest is not known")
  func libvirtAlone() throws {
    let account = MemoryAccount(Fixture.libvirtAlone())
    expectComplete(account)
    #expect(account.machine.whole.bytes == 4096 * mebi)
    #expect(account.bucket("balloon")?.bytes == 3072 * mebi)
    #expect(account.bucket("balloon")?.sources.map(\.trust) == [.host, .host])
    #expect(account.bucket("actual")?.bytes == 1024 * mebi)
    #expect(account.guest == nil)
    #expect(account.process?.whole.bytes == 900 * mebi)
    guard case .unknown = account.retained.quantity else { return #expect(Bool(false), "nobody looked at the process") }
  }

  @Test("The statistics divide the guest's total into caches, free memory and what is in use")
  func statistics() throws {
    let account = MemoryAccount(Fixture.withStatistics())
    expectComplete(account)
    let guest = try #require(account.guest)
    #expect(guest.whole.bytes == 900 * mebi)
    #expect(account.bucket("guest.free")?.bytes == 300 * mebi)
    #expect(account.bucket("guest.cached")?.bytes == 200 * mebi)
    #expect(guest.unexplained == 419_430_400)
    #expect(guest.restKind == .used)
    #expect(account.statisticsAge == 1)
    #expect(account.machine.parts.contains { $0.id == "balloon" })
    // actual less the total: firmware's and the kernel's.
    #expect(account.machine.unexplained == 130_023_424)
  }

  @Test("Of the agent's figures and the statistics the agent's count, unless they are clearly older")
  func newest() throws {
    var evidence = Fixture.withStatistics()
    evidence.guest.memory = Fixture.memory(["total": 800 * mebi, "free": 200 * mebi])
    #expect(MemoryAccount(evidence).guest?.whole.bytes == 800 * mebi)
    evidence.readings[0].lastUpdate = Fixture.told(UInt64(Fixture.now) + 60, "virDomainMemoryStats last_update")
    #expect(MemoryAccount(evidence).guest?.whole.bytes == 900 * mebi)
  }

  @Test("Without DEFLATE_ON_OOM the balloon stands outside the guest's total, and nearly all is explained")
  func linuxWithoutDeflate() throws {
    let account = MemoryAccount(Fixture.linuxAgent(deflateOnOOM: false))
    expectComplete(account)
    #expect(account.machine.parts.contains { $0.id == "balloon" && $0.sources.allSatisfy { $0.trust == .guest } })
    #expect(account.bucket("balloon")?.bytes == 3072 * mebi)
    #expect(account.bucket("balloon.host")?.bytes == 3072 * mebi)
    #expect(account.bucket("kernel.page-array")?.bytes == 64 * mebi)
    #expect(account.machine.unexplained == 8 << 20 - 768 << 10)
    let guest = try #require(account.guest)
    // Kernel stacks are in vmalloc, shared memory in the caches: neither is added twice.
    #expect(account.bucket("guest.kernel-stacks")?.within == "guest.vmalloc")
    #expect(guest.unexplained == 23_068_672)
    #expect(account.remarks.contains { $0.id == "balloon.counted" && $0.text.contains("out of its total") })
    #expect(!account.remarks.contains { $0.id == "balloon.disagreement" })
  }

  @Test("With DEFLATE_ON_OOM it stands inside the guest's total")
  func linuxWithDeflate() throws {
    let account = MemoryAccount(Fixture.linuxAgent(deflateOnOOM: true))
    expectComplete(account)
    #expect(account.guest?.parts.contains { $0.id == "balloon" } == true)
    #expect(!account.machine.parts.contains { $0.id == "balloon" })
    #expect(account.machine.unexplained == 8 << 20 - 768 << 10)
    #expect(account.guest?.unexplained == 23_068_672)
  }

  @Test("Where a kernel counts the balloon is measured, whatever was negotiated")
  func measured() throws {
    var evidence = Fixture.linuxAgent(deflateOnOOM: false)
    evidence.device.guestFeatures = .observed(["DEFLATE_ON_OOM"], Fixture.host("x-query-virtio-status"))
    let account = MemoryAccount(evidence)
    #expect(account.machine.parts.contains { $0.id == "balloon" })
    #expect(account.remarks.contains { $0.id == "balloon.counted" && $0.text.contains("though most drivers") })
    let unknown = MemoryAccount(Fixture.linuxAgent(deflateOnOOM: true, features: false))
    #expect(unknown.guest?.parts.contains { $0.id == "balloon" } == true)
  }

  @Test("A balloon that is too small to be measured is placed by the negotiated features")
  func small() throws {
    var evidence = Fixture.withStatistics(actual: 4094 * mebi, total: 3900 * mebi)
    evidence.guest.osFamily = .observed("linux", Fixture.guest("guest.os"))
    evidence.device.guestFeatures = .observed(["DEFLATE_ON_OOM"], Fixture.host("x-query-virtio-status"))
    #expect(MemoryAccount(evidence).remarks.contains { $0.id == "balloon.counted" })
  }

  @Test("Windows counts the balloon as used, and what firmware keeps is unexplained")
  func windows() throws {
    let account = MemoryAccount(Fixture.windows())
    expectComplete(account)
    #expect(account.machine.unexplained == 2 << 20)
    #expect(account.machine.remainder.contains("hardware reserved"))
    #expect(account.bucket("windows.installed")?.bytes == 8192 * mebi)
    let guest = try #require(account.guest)
    #expect(guest.parts.map(\.id) == ["balloon", "guest.nonpaged-pool", "guest.paged-pool", "guest.available"])
    #expect(guest.unexplained == 2_560_622_592)
    #expect(account.remarks.contains { $0.text.contains("Task Manager") })
    // The page array is a law of Linux kernels.
    #expect(account.bucket("kernel.page-array") == nil)
  }

  @Test("The kernel's own figure of its page array outranks the law")
  func pageArray() throws {
    var evidence = Fixture.linuxAgent(deflateOnOOM: false)
    var values = Fixture.linuxMemory(deflateOnOOM: false)
    values["pageArray"] = 66 * mebi
    evidence.guest.memory = Fixture.memory(values)
    let bucket = try #require(MemoryAccount(evidence).bucket("kernel.page-array"))
    #expect(bucket.bytes == 66 * mebi && bucket.sources.map(\.trust) == [.guest])
  }

  @Test("The kernel's own sum of what it set aside at boot counts, and its pieces are pieces of it")
  func bootLog() throws {
    var evidence = Fixture.linuxAgent(deflateOnOOM: false)
    var values = Fixture.linuxMemory(deflateOnOOM: false)
    values["bootReserved"] = 228 * mebi
    values["bootFreed"] = 46 * mebi
    values["percpuBoot"] = 1 * mebi
    values["percpuFree"] = 3 * mebi
    evidence.guest.memory = Fixture.memory(values)
    let account = MemoryAccount(evidence)
    expectComplete(account)
    #expect(account.machine.parts.map(\.id) == ["balloon", "firmware.reserved", "kernel.boot", "guest.total"])
    #expect(account.bucket("kernel.boot")?.bytes == 182 * mebi)
    #expect(account.bucket("kernel.page-array")?.within == "kernel.boot")
    #expect(account.machine.unexplained == 0)
    // The first per-processor memory is the boot's; what one processor keeps free is free.
    #expect(account.bucket("guest.percpu")?.bytes == 1 * mebi)
    #expect(account.guest?.unexplained == 20_971_520)
  }

  @Test("What the host and the guest say of the balloon is shown on both sides, and their disagreement told")
  func disagreement() throws {
    var evidence = Fixture.linuxAgent(deflateOnOOM: false)
    var values = Fixture.linuxMemory(deflateOnOOM: false)
    values["balloonInflated"] = 2000 * mebi
    values["balloonDeflated"] = 0
    evidence.guest.memory = Fixture.memory(values)
    let account = MemoryAccount(evidence)
    expectComplete(account)
    let remark = try #require(account.remarks.first { $0.id == "balloon.disagreement" })
    #expect(remark.text.contains("3 GiB") && remark.text.contains("1.9 GiB"))
  }

  @Test("Figures that contradict each other are told as such, and nothing is less than nothing but the unexplained")
  func contradictory() throws {
    let account = MemoryAccount(Fixture.withStatistics(total: 900 * mebi, free: 2000 * mebi))
    expectComplete(account)
    #expect(try #require(account.guest?.unexplained) < 0)
    #expect(account.guest?.remainder.contains("more than the whole") == true)
    #expect(account.remarks.contains { $0.id == "guest.contradiction" })
    let above = MemoryAccount(Fixture.libvirtAlone(maximum: 1 << 30, actual: 2 << 30))
    #expect(above.bucket("balloon")?.bytes == nil)
    #expect(above.remarks.contains { $0.id == "actual.above-maximum" })
    expectComplete(above)
    let boast = MemoryAccount(Fixture.withStatistics(total: 64 << 30))
    #expect(boast.remarks.contains { $0.id == "guest.above-maximum" })
    expectComplete(boast)
  }

  @Test("A figure that no machine has is unknown, with the figure in the reason")
  func implausible() throws {
    var evidence = Fixture.linuxAgent(deflateOnOOM: true)
    evidence.guest.memory = Fixture.memory(Fixture.linuxMemory(deflateOnOOM: true).mapValues { _ in UInt64.max - 1 })
    evidence.configuration.maximum = Fixture.told(.max, "x")
    let account = MemoryAccount(evidence)
    expectComplete(account)
    guard case .unknown(let reason, _) = account.machine.whole.quantity else {
      return #expect(Bool(false), "2^64 - 1 bytes were believed")
    }
    #expect(reason.contains("18446744073709551615"))
  }

  @Test("Memory that was plugged in counts in the maximum and in actual; virtio-mem in the maximum alone")
  func plugged() throws {
    // 4 GiB at start and a DIMM of 2 GiB; the balloon holds nothing.
    let dimm = MemoryAccount(Fixture.libvirtAlone(maximum: 6 << 30, actual: 6 << 30))
    #expect(dimm.bucket("balloon")?.bytes == 0)
    #expect(dimm.machine.unexplained == 0)
    var evidence = Fixture.libvirtAlone(maximum: 6 << 30, actual: 3 << 30)
    evidence.configuration.virtioMemory = Fixture.told(2 << 30, "query-memory-devices")
    let virtio = MemoryAccount(evidence)
    expectComplete(virtio)
    #expect(virtio.bucket("virtio-mem")?.bytes == 2 << 30)
    #expect(virtio.bucket("balloon")?.bytes == 1 << 30)
    #expect(virtio.machine.unexplained == 2 << 30)
    #expect(virtio.machine.remainder.contains("virtio-mem"))
    // What a configuration asks for counts virtio-mem, so it is not compared with actual.
    #expect(!virtio.differences.contains { $0.id == "target-actual" })
  }

  @Test("DIMMs have a piece of their own, and the kernel sets nothing aside for them at boot")
  func dimms() throws {
    var evidence = Fixture.linuxAgent(deflateOnOOM: false)
    // The same guest, with 3 GiB at the start and a DIMM of 1 GiB.
    evidence.configuration.dimmMemory = Fixture.told(1 << 30, "query-memory-devices")
    evidence.configuration.baseMemory = Fixture.told(3 << 30, "query-memory-size-summary")
    evidence.guest.memory = Fixture.memory(
      Fixture.linuxMemory(deflateOnOOM: false).filter { !["bootReserved", "bootFreed"].contains($0.key) })
    let account = MemoryAccount(evidence)
    expectComplete(account)
    #expect(account.bucket("dimm")?.bytes == 1 << 30 && account.bucket("dimm")?.within == "maximum")
    #expect(account.bucket("dimm")?.sources.map(\.source) == ["query-memory-devices"])
    #expect(account.bucket("start")?.bytes == 3 << 30)
    #expect(account.bucket("balloon")?.bytes == 3 << 30, "a DIMM is part of actual")
    #expect(account.bucket("kernel.page-array")?.bytes == 48 * mebi)
    #expect(account.bucket("guest.page-array")?.bytes == 16 * mebi)
    #expect(account.bucket("kernel.bounce-buffer") != nil, "a DIMM lies above 4 GiB, however small the machine is")
    #expect(!account.remarks.contains { $0.id == "maximum.pieces" })
    evidence.configuration.baseMemory = Fixture.told(2 << 30, "query-memory-size-summary")
    #expect(MemoryAccount(evidence).remarks.contains { $0.id == "maximum.pieces" })
  }

  @Test("An exercise that has not put back what it took explains the size, and its journal is the target's source")
  func journal() throws {
    var evidence = Fixture.linuxAgent(deflateOnOOM: false)
    let place = "exercise journal /var/lib/virt-balloon/web01.json"
    var journal = JournalEvidence(
      Unknown(failure: Failure(.notAsked, "not asked"), provenance: Fixture.host(place)))
    journal.original = Fixture.told(2 << 30, place)
    journal.isOfThisRun = .observed(true, Fixture.host(place))
    journal.isUnderWay = .observed(false, Fixture.host("/proc/net/unix"))
    evidence.journal = journal
    evidence.configuration.target = try #require(journal.target)
    let account = MemoryAccount(evidence)
    #expect(account.bucket("target")?.bytes == 2 << 30)
    #expect(account.bucket("target")?.sources == [Fixture.host(place)])
    let remark = try #require(account.remarks.first { $0.id == "exercise.interrupted" })
    #expect(remark.text.contains("2 GiB"))
    #expect(remark.text.hasSuffix("virt-balloon exercise --restore --connect qemu:///system web01."))
    #expect(account.differences.first { $0.id == "target-actual" }?.explanation.contains("exercise") == true)
    evidence.journal?.isUnderWay = .observed(true, Fixture.host("/proc/net/unix"))
    evidence.journal?.process = Fixture.told(708, "/proc/locks")
    let now = MemoryAccount(evidence)
    #expect(now.remarks.contains { $0.id == "exercise.under-way" && $0.text.contains("process 708") })
  }

  @Test("What the guest has free and the host still spends is a lower bound")
  func retained() throws {
    // 1380 MiB of the guest's RAM are resident; the guest can be using 1024 - 236.
    #expect(MemoryAccount(Fixture.linuxAgent(deflateOnOOM: false)).retained.bytes == 592 * mebi)
    var evidence = Fixture.linuxAgent(deflateOnOOM: false)
    evidence.process?.guestRAM = Fixture.told(700 * mebi, "/proc/PID/smaps")
    #expect(MemoryAccount(evidence).retained.bytes == 0)
    evidence.readings[0].actual = Fixture.told(200 * mebi, "query-balloon")
    #expect(MemoryAccount(evidence).retained.bytes == nil)
  }

  @Test("Each difference between figures that people compare has its size and what explains it")
  func differences() throws {
    let account = MemoryAccount(Fixture.linuxAgent(deflateOnOOM: false))
    let sizes = Dictionary(uniqueKeysWithValues: account.differences.map { ($0.id, $0.bytes) })
    #expect(sizes["maximum-target"] == 3 << 30)
    #expect(sizes["target-actual"] == 0)
    #expect(sizes["maximum-actual"] == 3 << 30)
    #expect(sizes["actual-guest.total"] == 184 << 20)
    #expect(sizes["process.resident-process.guest-ram"] == 120 << 20)
    let total = try #require(account.differences.first { $0.id == "actual-guest.total" })
    #expect(total.explainedBy.contains("kernel.page-array"))
    for difference in account.differences {
      #expect(difference.explanation.hasSuffix("."), "\(difference.explanation)")
      for id in difference.explainedBy { #expect(account.bucket(id) != nil, "\(id)") }
    }
    var unknown = Fixture.linuxAgent(deflateOnOOM: false)
    unknown.configuration.target = .failed(
      Failure(.unsupported, "QEMU does not tell it"), Fixture.host("query-balloon"))
    let target = try #require(MemoryAccount(unknown).differences.first { $0.id == "maximum-target" })
    #expect(target.bytes == nil && target.explanation == "the target is not known.")
  }

  @Test("Nothing known is told as nothing known")
  func nothing() throws {
    let evidence = Evidence.unknown(
      Failure(.timedOut, "no answer within 2 s"), target: Target(kind: .qmp, name: nil, location: "/run/x"),
      collection: Collection(tool: "0.1.0", started: 0, finished: 1, sampled: false))
    let account = MemoryAccount(evidence)
    expectComplete(account)
    #expect(account.machine.unexplained == nil && account.guest == nil && account.process == nil)
    #expect(account.differences.isEmpty)
    #expect(GuestQuestions(evidence).answers.isEmpty)
  }

  @Test("Whatever is told, parts and the unexplained are the whole, and nothing traps", arguments: 0..<200)
  func law(seed: UInt64) throws {
    var random = SplitMix(state: seed)
    var evidence = seed % 3 == 0 ? Fixture.windows() : Fixture.linuxAgent(deflateOnOOM: seed % 2 == 0)
    func size() -> UInt64 {
      switch random.next() % 8 {
      case 0: 0
      case 1: .max
      case 2: 1 << 56
      case 3: (1 << 56) - 1
      case 4: random.next()
      default: random.next() % (16 << 30)
      }
    }
    func leaf() -> Observation<UInt64> {
      switch random.next() % 8 {
      case 0: .absent(Fixture.guest("x"))
      case 1: .failed(Failure(.timedOut, "late"), Fixture.guest("x"))
      default: .observed(size(), Fixture.guest("x"))
      }
    }
    var names: [String: Observation<UInt64>] = [:]
    for name in Fixture.linuxMemory(deflateOnOOM: true).keys.sorted() where random.next() % 4 > 0 {
      names[name] = leaf()
    }
    evidence.guest.memory = .observed(names, Fixture.guest("guest.memory"))
    evidence.configuration.maximum = leaf()
    evidence.configuration.virtioMemory = leaf()
    evidence.readings[0].actual = leaf()
    evidence.readings[0].lastUpdate = leaf()
    evidence.readings[0].statistics = .observed(
      ["totalMemory": leaf(), "freeMemory": leaf(), "diskCaches": leaf()], Fixture.host("x"))
    evidence.process?.guestRAM = leaf()
    evidence.process?.resident = leaf()
    evidence.process?.anonymous = leaf()
    let account = MemoryAccount(evidence)
    expectComplete(account)
    #expect(account == MemoryAccount(evidence))
    #expect(GuestQuestions(evidence) == GuestQuestions(evidence))
  }
}

/// Sebastiano Vigna's generator: the same numbers for the same seed.
private struct SplitMix {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
