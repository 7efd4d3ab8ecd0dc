// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import Glibc
import GuestRig
import Testing

/// `virt-balloon exercise` over real guests. What it says is compared with what the rig sees by its own monitor.
extension RealGuestTests {
  private static let gibibyte: Int64 = 1 << 30

  private static func guest(_ change: (inout GuestConfiguration) -> Void = { _ in }) -> GuestConfiguration {
    GuestConfiguration {
      $0.memory = 1_024
      change(&$0)
    }
  }

  /// The arguments of an exercise whose journal goes with the guest.
  private func arguments(_ guest: Guest, _ more: String...) throws -> [String] {
    [
      try Program.built("virt-balloon"), "exercise", "qmp:\(guest.monitorPath)", "--format", "json",
      "--journal-directory", guest.directory("journal"),
    ] + more
  }

  private func untilReady(_ guest: Guest) async throws {
    try await waitUntil("the agent opened its port and the guest delivered statistics") {
      let view = try await HostView(guest.monitor)
      return view.agentPortOpen == true && (view.statistics["stat-available-memory"] ?? 0) > 0
    }
  }

  private func actual(_ guest: Guest) async throws -> Int64? { try await HostView(guest.monitor).actual }

  private func journals(_ guest: Guest) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: guest.directory("journal"))) ?? [])
      .filter { $0.hasSuffix(".json") }
  }

  private func oomKills(_ guest: Guest) async throws -> String {
    try await guest.control("grep '^oom_kill ' /proc/vmstat")
  }

  @Test("An exercised guest follows, the host gets it back, and everything is as before")
  func exerciseHealthy() async throws {
    try await Guest.with(Self.guest()) { guest in
      try await untilReady(guest)
      // Touched and freed again, so that there is something which the host can get back.
      try await guest.control("dd if=/dev/zero of=/filled bs=1M count=400 && rm /filled")
      let outcome = try await Program.run(try arguments(guest, "--yes"))
      #expect(outcome.status == 0, "\(outcome.errorOutput)")
      let report = try Diagnosis.parse(outcome)
      let exercise = report["evidence"]?["exercise"]
      #expect(exercise?["purpose"]?.string == "measure")
      #expect(exercise?["restored"]?.bool == true)
      let steps = exercise?["steps"]?.elements ?? []
      #expect(steps.allSatisfy { $0["reached"] != nil })
      // 256 MiB and an eighth stay, and the guest's own needs are below 160 MiB.
      let lowest = exercise?["lowest"]?.integer ?? 0
      #expect((280 << 20..<460 << 20).contains(lowest), "\(lowest >> 20) MiB")
      let healthy = Set(report["healthy"]?.elements.compactMap { $0["id"]?.string } ?? [])
      #expect(healthy.isSuperset(of: ["balloon.target.ignored", "balloon.host-memory-not-returned"]))
      let before = exercise?["before"]?["guestRAM"]?["value"]?.integer ?? 0
      let after = steps.flatMap { $0["readings"]?.elements ?? [] }.compactMap { $0["guestRAM"]?["value"]?.integer }
        .min()
      #expect(before - (after ?? before) > 150 << 20, "the host got most of what was touched back")
      #expect(try await actual(guest) == Self.gibibyte)
      #expect(journals(guest).isEmpty)
    }
  }

  @Test(
    "A guest whose balloon nobody serves is asked for 16 MiB, once, and the report says that it is ignored",
    arguments: [GuestConfiguration.Driver.none, .generic])
  func exerciseIgnored(_ driver: GuestConfiguration.Driver) async throws {
    try await Guest.with(Self.guest { $0.driver = driver }) { guest in
      try await waitUntil("the agent opened its port") { try await HostView(guest.monitor).agentPortOpen == true }
      let outcome = try await Program.run(try arguments(guest, "--yes"))
      #expect(outcome.status == 1, "\(outcome.errorOutput)")
      let report = try Diagnosis.parse(outcome)
      let exercise = report["evidence"]?["exercise"]
      #expect(exercise?["purpose"]?.string == "proof")
      #expect(exercise?["lowest"]?.integer == Self.gibibyte - 16 << 20)
      #expect(exercise?["restored"]?.bool == true)
      // Whatever explains it, that it was ignored is told.
      let findings = report["findings"]?.elements ?? []
      let told = findings.flatMap { [$0["id"]?.string] + ($0["explains"]?.elements.map(\.string) ?? []) }
      #expect(told.contains("balloon.target.ignored"), "\(told)")
      guard driver == .none else { return }
      // The size that is asked for cannot be read: a driver that comes now shows it.
      try await guest.control("vb modules virtio_balloon")
      try await waitUntil("the driver delivered statistics") {
        (try await HostView(guest.monitor).statistics["stat-available-memory"] ?? 0) > 0
      }
      #expect(try await actual(guest) == Self.gibibyte)
    }
  }

  /// How often a guest is squeezed: VB_EXERCISE_RUNS, or 3.
  private static let runs: Int = ProcessInfo.processInfo.environment["VB_EXERCISE_RUNS"].flatMap { Int($0) } ?? 3

  @Test("A guest that takes memory for itself while it is squeezed never has a program killed")
  func exerciseSqueezed() async throws {
    let seed = UInt64.random(in: 1...UInt64.max)
    var random = SeededRandom(seed: seed)
    try await Guest.with(Self.guest()) { guest in
      try await untilReady(guest)
      var stopped = 0
      var least = Int64.max
      // Whatever the guest's own root may hold.
      try await guest.control("mkdir -p /hog && mount -t tmpfs -o size=900m hog /hog")
      for run in 1...Self.runs {
        let used = Int.random(in: 50...450, using: &random)
        let more = Int.random(in: 60...220, using: &random)
        let delay = Int.random(in: 3...9, using: &random)
        try await guest.control("dd if=/dev/zero of=/hog/used bs=1M count=\(used)")
        try await guest.control("(sleep \(delay); dd if=/dev/zero of=/hog/more bs=1M count=\(more)) >/dev/null 2>&1 &")
        let outcome = try await Program.run(try arguments(guest, "--yes"))
        let report = try Diagnosis.parse(outcome)
        let exercise = report["evidence"]?["exercise"]
        let comment: Comment = "run \(run), seed \(seed): used \(used), \(more) more after \(delay) s"
        #expect(exercise?["restored"]?.bool == true, comment)
        #expect(try await actual(guest) == Self.gibibyte, comment)
        #expect(try await oomKills(guest) == "oom_kill 0", comment)
        if exercise?["stopped"] != nil { stopped += 1 }
        for look in exercise?["steps"]?.elements.flatMap({ $0["readings"]?.elements ?? [] }) ?? [] {
          least = min(least, look["statistics"]?["value"]?["availableMemory"]?["value"]?.integer ?? .max)
        }
        // The last one has to be done before the next begins.
        try await waitUntil("the guest's own taking was over") {
          try await guest.control("pidof dd sleep || echo none") == "none"
        }
        try await guest.control("rm -f /hog/used /hog/more")
      }
      print(
        "exercise, squeezed: \(Self.runs) runs, seed \(seed): \(stopped) ended early, "
          + "least available seen \(least >> 20) MiB, no program killed")
    }
  }

  @Test(
    "Locked memory: the guest follows, and the exercise proves that the host gets nothing",
    .enabled(if: geteuid() == 0, "locking a guest's memory needs root (RLIMIT_MEMLOCK)"))
  func exerciseLocked() async throws {
    try await Guest.with(Self.guest { $0.arguments = ["-overcommit", "mem-lock=on"] }) { guest in
      try await untilReady(guest)
      let outcome = try await Program.run(try arguments(guest, "--yes"))
      let report = try Diagnosis.parse(outcome)
      let told = (report["findings"]?.elements ?? []).flatMap {
        [$0["id"]?.string] + ($0["explains"]?.elements.map(\.string) ?? [])
      }
      #expect(told.contains("balloon.host-memory-not-returned"), "\(told)")
      #expect(report["evidence"]?["exercise"]?["restored"]?.bool == true)
      #expect(try await actual(guest) == Self.gibibyte)
    }
  }

  /// Whether this machine has enough huge pages of 2 MiB set aside for a guest of 1 GiB.
  private static let hasHugePages: Bool = {
    let information = (try? String(contentsOfFile: "/proc/meminfo", encoding: .utf8)) ?? ""
    let line = information.split(separator: "\n").first { $0.hasPrefix("HugePages_Free:") }
    return (line?.split(separator: " ").last.flatMap { Int($0) } ?? 0) >= 512
  }()

  @Test(
    "Huge pages: the guest follows, and the exercise proves that the host gets nothing",
    .enabled(if: hasHugePages, "needs 512 free huge pages of 2 MiB (/proc/sys/vm/nr_hugepages)"))
  func exerciseHugePages() async throws {
    let memory = "memory-backend-memfd,id=m,size=1024M,share=on,prealloc=on,hugetlb=on,hugetlbsize=2M"
    try await Guest.with(Self.guest { $0.arguments = ["-object", memory, "-machine", "memory-backend=m"] }) { guest in
      try await untilReady(guest)
      let report = try Diagnosis.parse(try await Program.run(try arguments(guest, "--yes")))
      let told = (report["findings"]?.elements ?? []).flatMap {
        [$0["id"]?.string] + ($0["explains"]?.elements.map(\.string) ?? [])
      }
      #expect(told.contains("balloon.host-memory-not-returned"), "\(told)")
      #expect(try await actual(guest) == Self.gibibyte)
    }
  }

  @Test("Interrupted at ten random moments, killed among them, the guest has its memory again")
  func exerciseInterrupted() async throws {
    let seed = UInt64.random(in: 1...UInt64.max)
    var random = SeededRandom(seed: seed)
    try await Guest.with(Self.guest()) { guest in
      try await untilReady(guest)
      var lines: [String] = []
      for (index, signal) in ["INT", "KILL", "TERM", "KILL", "HUP", "KILL", "INT", "KILL", "TERM", "KILL"].enumerated()
      {
        let after = Double(Int.random(in: 10...90, using: &random)) / 10
        let command = try arguments(guest, "--yes").map { "'\($0)'" }.joined(separator: " ")
        let outcome = try await Program.run([
          "sh", "-c", "timeout -s \(signal) \(after) \(command) >/dev/null 2>&1; echo $?",
        ])
        let left = try await actual(guest)
        let hadJournal = !journals(guest).isEmpty
        let comment: Comment = "\(index): \(signal) after \(after) s, seed \(seed)"
        lines.append("\(signal) after \(after) s: \((left ?? 0) >> 20) MiB, \(hadJournal ? "a" : "no") journal")
        if signal != "KILL" {
          #expect(!hadJournal, comment)
          #expect(left == Self.gibibyte, comment)
        }
        _ = outcome
        // Odd ones by the next exercise itself, even ones by --restore.
        let again = try await Program.run(
          index % 4 == 1 ? try arguments(guest, "--yes") : try arguments(guest, "--restore"))
        #expect(again.status == 0, "\(comment): \(again.errorOutput)")
        #expect(try await actual(guest) == Self.gibibyte, comment)
        #expect(journals(guest).isEmpty, comment)
      }
      print("exercise, interrupted: seed \(seed)\n" + lines.joined(separator: "\n"))
    }
  }

  @Test("While an exercise runs, and after it was killed, account and diagnose tell its target and what helps")
  func exerciseExplained() async throws {
    try await Guest.with(Self.guest()) { guest in
      try await untilReady(guest)
      let target = "qmp:\(guest.monitorPath)"
      let place = ["--journal-directory", guest.directory("journal")]
      func diagnosis() async throws -> RigJSON {
        try Diagnosis.parse(
          try await Program.run(
            [try Program.built("virt-balloon"), "diagnose", "--quick", "--format", "json", target] + place))
      }
      func statements(_ report: RigJSON) -> [String] {
        (report["notApplicable"]?.elements ?? [])
          .filter { $0["id"]?.string?.hasPrefix("balloon.target.") == true }.compactMap { $0["statement"]?.string }
      }
      try await Program.background(try arguments(guest, "--yes"), log: guest.directory("first.log"), signal: "KILL") {
        try await waitUntil("the exercise has begun") { (try await actual(guest) ?? .max) < Self.gibibyte }
        let view = try await AccountView([target] + place)
        let remarks = view.document["remarks"]?.elements ?? []
        #expect(remarks.contains { $0["id"]?.string == "exercise.under-way" }, "\(remarks)")
        #expect(view.bytes("target") == Self.gibibyte)
        let report = try await diagnosis()
        #expect(statements(report).allSatisfy { $0.contains("under way") } && statements(report).count == 2)
        print(
          "exercise, under way: process \(report["evidence"]?["journal"]?["process"]?["value"]?.integer ?? -1), "
            + (statements(report).first ?? "nothing told"))
      }
      let left = try #require(try await actual(guest))
      #expect(left < Self.gibibyte && journals(guest).count == 1)
      let command = "virt-balloon exercise --restore \(target)"
      let view = try await AccountView([target] + place)
      view.checkForm("after an exercise was killed")
      #expect(view.bytes("target") == Self.gibibyte)
      #expect(view.sources("target").first?.contains(guest.directory("journal")) == true)
      let remark = view.document["remarks"]?.elements.first { $0["id"]?.string == "exercise.interrupted" }
      #expect(remark?["text"]?.string?.contains(command) == true, "\(view.document["remarks"] ?? .null)")
      let report = try await diagnosis()
      #expect(statements(report).allSatisfy { $0.contains(command) } && statements(report).count == 2)
      #expect(report["evidence"]?["configuration"]?["target"]?["value"]?.integer == Self.gibibyte)
      let text = try await Program.run(
        [try Program.built("virt-balloon"), "diagnose", "--quick", target] + place)
      #expect(text.output.split(whereSeparator: \.isWhitespace).joined(separator: " ").contains(command))
      print("exercise, killed at \(left >> 20) MiB: \(remark?["text"]?.string ?? "nothing told")")

      let again = try await Program.run(try arguments(guest, "--restore"))
      #expect(again.status == 0, "\(again.errorOutput)")
      #expect(try await actual(guest) == Self.gibibyte)
      let after = try await AccountView([target] + place)
      #expect(after.bytes("target") == nil, "a bare monitor keeps no record, and the journal is gone")
      #expect(after.document["remarks"]?.elements.contains { $0["id"]?.string == "exercise.interrupted" } == false)
    }
  }

  @Test("A machine that was started anew is not given an earlier run's size")
  func exerciseStartedAnew() async throws {
    try await ScratchDirectory.with { directory in
      let journal = directory("journal")
      let program = try Program.built("virt-balloon")
      let socket = directory("qmp.sock")
      // The same socket, one machine after the other: the first is killed with its exercise half done.
      let configuration = Self.guest { $0.arguments = ["-qmp", "unix:\(socket),server=on,wait=off"] }
      try await Guest.with(configuration) { guest in
        try await untilReady(guest)
        _ = try await Program.run([
          "sh", "-c",
          "timeout -s KILL 5 '\(program)' exercise 'qmp:\(socket)' --yes --journal-directory '\(journal)' >/dev/null 2>&1; :",
        ])
      }
      try await Guest.with(
        Self.guest {
          $0.memory = 512
          $0.arguments = ["-qmp", "unix:\(socket),server=on,wait=off"]
        }
      ) { guest in
        try await untilReady(guest)
        try await guest.monitor.setBalloonTarget(400 << 20)
        try await waitUntil("the guest has 400 MiB") { try await actual(guest) == 400 << 20 }
        let outcome = try await Program.run([
          program, "exercise", "--restore", "qmp:\(socket)", "--journal-directory", journal,
        ])
        #expect(outcome.status == 0)
        #expect(outcome.errorOutput.contains("started anew") || outcome.errorOutput.contains("left unfinished"))
        #expect(try await actual(guest) == 400 << 20)
      }
    }
  }

  @Test("Two exercises of one machine at once: the second is refused, the first goes on")
  func exerciseTwice() async throws {
    try await Guest.with(Self.guest()) { guest in
      try await untilReady(guest)
      try await Program.background(try arguments(guest, "--yes"), log: guest.directory("first.log"), signal: "TERM") {
        try await waitUntil("the first has begun") { (try await actual(guest) ?? .max) < Self.gibibyte }
        for place in ["journal", "another"] {
          let second = try await Program.run([
            try Program.built("virt-balloon"), "exercise", "qmp:\(guest.monitorPath)", "--yes",
            "--journal-directory", guest.directory(place),
          ])
          #expect(second.status == 69)
          #expect(second.errorOutput.contains("another exercise of this machine is under way"))
        }
        try await waitUntil("the first has put back what it took") { try await actual(guest) == Self.gibibyte }
      }
      #expect(journals(guest).isEmpty)
    }
  }

  @Test("Without leave nothing is touched: no terminal and no --yes is a mistake, and so is an agent's channel")
  func exerciseUnasked() async throws {
    try await Guest.with(Self.guest()) { guest in
      let outcome = try await Program.run(["sh", "-c", "\"$@\" </dev/null", "sh"] + (try arguments(guest)))
      #expect(outcome.status == 64)
      #expect(try await actual(guest) == Self.gibibyte)
    }
  }

  @Test("A virtual machine of Proxmox is exercised beside pvestatd, which gets its turns")
  func exerciseProxmox() async throws {
    try await Guest.with(Self.guest { $0.statsPeriod = 2 }) { guest in
      let layout = try ProxmoxLayout(guest, "balloon: 1024\nmachine: q35\nmemory: 1024\nname: files\nostype: l26\n")
      try await untilReady(guest)
      let other = Task {
        var served = 0
        var longest = Duration.zero
        while !Task.isCancelled {
          let start = ContinuousClock.now
          if let monitor = try? await RigMonitor(path: layout.socket("qmp")),
            (try? await monitor.execute("query-balloon")) != nil
          {
            served += 1
            longest = max(longest, ContinuousClock.now - start)
          }
          try? await Task.sleep(for: .milliseconds(300))
        }
        return (served, longest)
      }
      let outcome = try await Program.run([
        try Program.built("virt-balloon"), "exercise", "proxmox:100", "--proxmox-root", layout.root, "--yes",
        "--format",
        "json", "--journal-directory", guest.directory("journal"),
      ])
      other.cancel()
      let (served, longest) = await other.value
      #expect(served > 3)
      #expect(longest < .seconds(1), "\(longest)")
      #expect(outcome.status == 0, "\(outcome.errorOutput)")
      let exercise = try Diagnosis.parse(outcome)["evidence"]?["exercise"]
      #expect(exercise?["restored"]?.bool == true)
      #expect(exercise?["originalSource"]?.string?.contains("stored configuration") == true)
      #expect(try await actual(guest) == Self.gibibyte)
    }
  }

  @Test("A domain of a real libvirtd is exercised without a taint, and its configuration stays as it is")
  func exerciseDomain() async throws {
    try await LibvirtHost.with { host in
      let configuration = LibvirtDomain {
        $0.memory = 1_024
        $0.currentMemory = 1_024
      }
      try await host.withDomain(configuration) { domain in
        try await waitUntil("libvirt had statistics") {
          try await host.virsh("dommemstat", domain.name).contains("usable ")
        }
        let stored = try await host.virsh("dumpxml", "--inactive", domain.name)
        let outcome = try await Program.run([
          try Program.built("virt-balloon"), "exercise", domain.name, "--connect", host.uri, "--yes", "--format",
          "json",
          "--journal-directory", host.directory("journal"),
        ])
        #expect(outcome.status == 0, "\(outcome.errorOutput)")
        let exercise = try Diagnosis.parse(outcome)["evidence"]?["exercise"]
        #expect(exercise?["restored"]?.bool == true)
        #expect((exercise?["lowest"]?.integer ?? .max) < 500 << 20)
        #expect(exercise?["originalSource"]?.string?.contains("stored configuration") == true)
        #expect(try await host.virsh("dommemstat", domain.name).contains("actual \(1024 * 1024)\n"))
        #expect(try await host.virsh("dumpxml", "--inactive", domain.name) == stored)
        #expect(try await !host.virsh("dominfo", domain.name).contains("custom-monitor"))
      }
    }
  }
}

/// SplitMix64: the same numbers for the same seed everywhere.
private struct SeededRandom: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }
  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
    return value ^ (value >> 31)
  }
}
