// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// What becomes of a real guest's memory: what the host gets back (S8), and how far a guest gives (S9). The figures are
/// those of QEMU's process, read here and not by the program under test.
@Suite("Real guests' memory", .serialized)
struct HostMemoryTests {
  /// Resident memory of QEMU's process, huge pages included, in MiB.
  private func resident(_ guest: Guest) throws -> Int {
    let process = try #require(guest.processIdentifier)
    let status = try String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    return ["VmRSS:", "HugetlbPages:"].reduce(0) { sum, key in
      let line = status.split(separator: "\n").first { $0.hasPrefix(key) }
      return sum + (line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) } ?? 0) / 1024
    }
  }

  /// Asks for `target` MiB and waits until the guest has given as much.
  private func shrink(_ guest: Guest, to target: Int64) async throws {
    try await guest.monitor.setBalloonTarget(target << 20)
    try await waitUntil("the guest has \(target) MiB", within: .seconds(60)) {
      try await HostView(guest.monitor).actual == target << 20
    }
  }

  private func configuration(memory: Int, _ arguments: [String]) -> GuestConfiguration {
    GuestConfiguration {
      $0.memory = memory
      $0.arguments = arguments
    }
  }

  private func diagnose(_ guest: Guest, _ expected: DiagnosisExpectation, _ comment: Comment) async throws -> RigJSON {
    try await expected.check(["qmp:\(guest.monitorPath)"], comment)
  }

  private static let lock = ["-overcommit", "mem-lock=on"]
  private static let isRoot: Bool = geteuid() == 0
  private static let needsRoot: Comment = "locking a guest's memory needs root (RLIMIT_MEMLOCK)"

  /// 256 MiB of shared memory, all of it touched before the guest runs.
  private static func shared(_ more: String = "") -> [String] {
    ["-object", "memory-backend-memfd,id=m,size=256M,share=on,prealloc=on\(more)", "-machine", "memory-backend=m"]
  }

  @Test("Locked memory does not come back, and the diagnosis knows why (S8)", .enabled(if: isRoot, needsRoot))
  func locked() async throws {
    // Under emulation QEMU has more than a gigabyte of its own, so the guest is large enough to be told from it.
    try await Guest.with(configuration(memory: 2_048, Self.lock)) { guest in
      _ = try await diagnose(guest, .healthy("balloon.config.memory-locked"), "locked, and nothing in the balloon")
      let before = try resident(guest)
      try await shrink(guest, to: 1_408)
      #expect(try resident(guest) > before - 32, "640 MiB were given, and the host got nothing")
      let report = try await diagnose(
        guest, .warning("balloon.config.memory-locked", "balloon.config.current-below-maximum"), "locked")
      let cause = report["findings"]?.elements.first { $0["id"]?.string == "balloon.config.memory-locked" }
      #expect(cause?["explains"]?.elements == ["balloon.host-memory-not-returned"])
    }
  }

  @Test("Locked memory that is shared does come back, and QEMU complains all the same", .enabled(if: isRoot, needsRoot))
  func lockedAndShared() async throws {
    try await Guest.with(configuration(memory: 256, Self.shared() + Self.lock)) { guest in
      let before = try resident(guest)
      try await shrink(guest, to: 128)
      #expect(try resident(guest) < before - 96, "128 MiB were given")
      #expect(guest.directory.tail("qemu.log").contains("Failed to discard range"))
      _ = try await diagnose(
        guest, .healthy("balloon.config.memory-locked", "balloon.config.current-below-maximum"), "locked and shared")
    }
  }

  @Test("Memory that is neither locked nor in huge pages does come back")
  func returned() async throws {
    try await Guest.with(configuration(memory: 256, Self.shared())) { guest in
      let before = try resident(guest)
      try await shrink(guest, to: 128)
      #expect(try resident(guest) < before - 96, "128 MiB were given")
      _ = try await diagnose(guest, .healthy("balloon.config.current-below-maximum"), "plain")
    }
  }

  /// Whether this machine has enough huge pages of 2 MiB set aside.
  private static let hasHugePages: Bool = {
    let information = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    let line = information.split(separator: "\n").first { $0.hasPrefix("HugePages_Free:") }
    return (line?.split(separator: " ").last.flatMap { Int($0) } ?? 0) >= 128
  }()

  @Test(
    "Huge pages do not come back (S8)",
    .enabled(if: hasHugePages, "needs 128 free huge pages of 2 MiB (/proc/sys/vm/nr_hugepages)"))
  func hugePages() async throws {
    let arguments = Self.shared(",hugetlb=on,hugetlbsize=2M")
    try await Guest.with(configuration(memory: 256, arguments)) { guest in
      let before = try resident(guest)
      try await shrink(guest, to: 128)
      #expect(try resident(guest) > before - 32, "128 MiB were given, and the host got nearly nothing")
      _ = try await diagnose(
        guest, .warning("balloon.config.hugepages", "balloon.config.current-below-maximum"), "huge pages")
    }
  }

  @Test("A guest that is asked for more than it can give stands still above it, short of memory (S9)")
  func squeezed() async throws {
    try await Guest.with(GuestConfiguration { $0.agent = false }) { guest in
      try await guest.monitor.setBalloonTarget(16 << 20)
      var last: Int64?
      try await waitUntil("the guest gave no more", within: .seconds(60), every: .seconds(1)) {
        let actual = try await HostView(guest.monitor).actual
        defer { last = actual }
        return actual == last && (actual ?? .max) < 128 << 20
      }
      #expect((last ?? 0) > 32 << 20, "it keeps what it needs")
      _ = try await diagnose(
        guest,
        .warning("guest.memory-pressure", "balloon.config.current-below-maximum", "agent.channel.disconnected"),
        "squeezed")
      try await shrink(guest, to: 256)
      try await waitUntil("it has counted anew") {
        try await HostView(guest.monitor).statistics["stat-available-memory"] ?? 0 > 64 << 20
      }
      _ = try await diagnose(guest, .healthy("agent.channel.disconnected"), "given back")
    }
  }

  @Test("A device that needs a reset is served by nobody (S7)")
  func needsReset() async throws {
    try await ScratchDirectory.with { directory in
      let queue = BrokenQueue(in: directory)
      try await Guest.with(GuestConfiguration { $0.arguments = queue.arguments }) { guest in
        try await waitUntil("the agent opened its port") { try await HostView(guest.monitor).agentPortOpen == true }
        try await queue.spoil(guest)
        _ = try await diagnose(guest, .problem("driver.not-operating"), "needs a reset")
      }
    }
  }
}
