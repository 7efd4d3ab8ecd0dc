// SPDX-License-Identifier: GPL-3.0-or-later
import FoundationEssentials
import GuestRig
import Testing

/// `virt-balloon account` over real guests, against what the systems' own tools say just before and just after it.
extension RealGuestTests {
  private static let gibibyte: Int64 = 1 << 30

  /// Which line of /proc/meminfo each figure of the guest is.
  private static let lines = [
    "guest.total": "MemTotal", "guest.free": "MemFree", "guest.available": "MemAvailable", "guest.cached": "Cached",
    "guest.anonymous": "AnonPages", "guest.slab": "Slab",
  ]

  /// Compares the guest's figures and those of QEMU's process with both systems' own.
  ///
  /// The guest's may be 8 MiB beside them, since the agent and the shell that reads them come and go; QEMU's 16 MiB,
  /// since the host's kernel counts a thread's pages in lots, and QEMU translates code all the time.
  private func compare(
    _ comment: Comment, process: Int32, meminfo: () async throws -> String, account: () async throws -> AccountView
  ) async throws -> AccountView {
    let (guest, host) = (ProcessFigures(try await meminfo()), try ProcessFigures(ofProcess: process))
    let view = try await account()
    let (guestAfter, hostAfter) = (ProcessFigures(try await meminfo()), try ProcessFigures(ofProcess: process))
    view.checkForm(comment)
    for (id, line) in Self.lines.sorted(by: { $0.key < $1.key }) {
      view.check(id, between: guest[line], and: guestAfter[line], tolerance: id == "guest.total" ? 0 : 8, comment)
    }
    for (id, line) in [
      ("process.resident", "VmRSS"), ("process.resident", "Rss"), ("process.anonymous", "RssAnon"),
      ("process.proportional", "Pss"),
    ] {
      view.check(id, between: host[line], and: hostAfter[line], tolerance: 16, comment)
    }
    let ram = try #require(view.bytes("process.guest-ram"), "\(view.bucket("process.guest-ram") ?? .null)")
    #expect(ram > 64 << 20, comment)
    #expect(ram <= (view.bytes("process.resident") ?? 0) + 16 << 20, comment)
    return view
  }

  /// That what no source names is below 1 % of the maximum, and that the balloon is the guest's own count.
  private func checkChain(_ view: AccountView, maximum: Int64, _ comment: Comment) throws {
    let rest = try #require(view.unexplained, comment)
    func share(_ bytes: Int64) -> String { "\(bytes >> 10) KiB (\(Double(bytes * 10_000 / maximum) / 100) %)" }
    print("account, \(comment): unexplained of the machine \(share(rest.machine)), of the guest \(share(rest.guest))")
    #expect(view.bytes("maximum") == maximum, comment)
    #expect(abs(rest.machine) + abs(rest.guest) < maximum / 100, comment)
    #expect(view.bucket("balloon")?["sources"]?.elements.allSatisfy { $0["trust"]?.string == "guest" } == true, comment)
  }

  @Test("A real guest's account agrees with its own and the host's tools, and under 1 % is unexplained")
  func accountOfGuest() async throws {
    for properties in [[], ["deflate-on-oom=on"]] {
      let configuration = GuestConfiguration {
        $0.memory = 1_024
        $0.balloonProperties = properties
      }
      try await Guest.with(configuration) { guest in
        try await waitUntil("the agent opened its port and the guest delivered statistics") {
          let view = try await HostView(guest.monitor)
          return view.agentPortOpen == true && (view.statistics["stat-available-memory"] ?? 0) > 0
        }
        // Half of it in the balloon counts otherwise with deflate-on-oom; nothing in it does not.
        let sizes = properties.isEmpty ? [Self.gibibyte, Self.gibibyte / 2] : [Self.gibibyte / 2]
        for size in sizes {
          try await guest.monitor.setBalloonTarget(size)
          try await waitUntil("the guest followed") { try await HostView(guest.monitor).actual == size }
          let comment: Comment = "\(size >> 20) MiB of 1024 \(properties)"
          let view = try await compare(
            comment, process: try #require(guest.processIdentifier),
            meminfo: { try await guest.control("cat /proc/meminfo") },
            account: { try await AccountView(["qmp:\(guest.monitorPath)"]) })
          try checkChain(view, maximum: Self.gibibyte, comment)
          #expect(view.bytes("actual") == size, comment)
          #expect(view.bytes("balloon") == Self.gibibyte - size, comment)
          let isInside = view.level("guest")?["parts"]?.elements.contains { $0["id"]?.string == "balloon" }
          #expect(isInside == !properties.isEmpty, comment)
        }
      }
    }
  }

  @Test("DIMMs have a piece of their own in a real guest's account, put online or not; an NVDIMM is none of it")
  func accountOfDIMMs() async throws {
    let dimm: Int64 = 512 << 20
    let configuration = GuestConfiguration {
      $0.memory = 1_024
      $0.arguments = [
        "-m", "1G,slots=3,maxmem=4G", "-machine", "nvdimm=on", "-object", "memory-backend-ram,id=m1,size=512M",
        "-device", "pc-dimm,id=d1,memdev=m1", "-object", "memory-backend-ram,id=m2,size=256M", "-device",
        "nvdimm,id=n1,memdev=m2",
      ]
    }
    try await Guest.with(configuration) { guest in
      try await waitUntil("the agent opened its port and the guest delivered statistics") {
        let view = try await HostView(guest.monitor)
        return view.agentPortOpen == true && (view.statistics["stat-available-memory"] ?? 0) > 0
      }
      func account(_ comment: Comment) async throws -> AccountView {
        let view = try await AccountView(["qmp:\(guest.monitorPath)"])
        view.checkForm(comment)
        #expect(view.bytes("maximum") == Self.gibibyte + dimm, comment)
        #expect(view.bytes("dimm") == dimm && view.bytes("start") == Self.gibibyte, comment)
        #expect(view.sources("dimm") == ["query-memory-devices"], comment)
        #expect(view.bytes("actual") == (try await HostView(guest.monitor)).actual, comment)
        return view
      }
      // No kernel of Debian's for clouds puts a DIMM online by itself, and the rig's guest has nobody else who would.
      let offline = try await account("offline")
      #expect(offline.bytes("balloon") == 0 && offline.bytes("actual") == Self.gibibyte + dimm)
      let missing = try #require(offline.unexplained).machine
      #expect(abs(missing - dimm) < Self.gibibyte / 100, "the DIMM is nobody's: \(missing >> 10) KiB")
      #expect(offline.level("machine")?["remainder"]?.string?.contains("online") == true)

      try await guest.control(
        "for m in /sys/devices/system/memory/memory*/state; do echo online >$m; done 2>/dev/null; :")
      try await waitUntil("the DIMM was online") {
        try await guest.control("cat /sys/devices/system/memory/memory*/state | sort -u") == "online"
      }
      let online = try await account("online")
      #expect(
        (online.bytes("guest.total") ?? 0) - (offline.bytes("guest.total") ?? 0) == dimm, "MemTotal has the whole DIMM")
      try checkChain(online, maximum: Self.gibibyte + dimm, "a DIMM online")
      #expect(online.bytes("guest.page-array") == dimm / 64)

      // The balloon takes of the DIMM as of the rest.
      try await guest.monitor.setBalloonTarget(Self.gibibyte)
      try await waitUntil("the guest followed") { try await HostView(guest.monitor).actual == Self.gibibyte }
      let inflated = try await account("inflated")
      #expect(inflated.bytes("balloon") == dimm)
      try checkChain(inflated, maximum: Self.gibibyte + dimm, "a DIMM online and as much in the balloon")
    }
  }

  /// Where libvirt's domain runs there is another /run and another /proc; a program of the same host has both.
  private func process(ofDomain uuid: String) throws -> Int32 {
    let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }
    let found = numbers.filter { number in
      guard let line = FileManager.default.contents(atPath: "/proc/\(number)/cmdline") else { return false }
      let words = String(decoding: line, as: UTF8.self).split(separator: "\0")
      return words.first?.hasSuffix("qemu-system-x86_64") == true && words.contains(Substring(uuid))
    }
    return try #require(found.count == 1 ? found.first : nil, "the domain's process is one of \(found)")
  }

  @Test("A libvirt domain's account agrees with virsh, is poorer but honest read-only, and the same from a bundle")
  func accountOfDomain() async throws {
    let configuration = LibvirtDomain {
      $0.memory = 1_024
      $0.currentMemory = 768
    }
    try await LibvirtHost.with { host in
      try await host.withDomain(configuration) { domain in
        // libvirt hears of the size once a second at most, and of the statistics as often.
        try await waitUntil("libvirt knew of the balloon's size, its statistics, and the agent's port") {
          let statistics = try await host.virsh("dommemstat", domain.name)
          let information = try await host.virsh("dominfo", domain.name)
          let xml = try await host.virsh("dumpxml", domain.name)
          let wanted: Int64 = 768 << 20
          return size("actual ", in: statistics) == wanted && size("Used memory:", in: information) == wanted
            && size("available ", in: statistics).map { $0 < wanted } == true && xml.contains("state='connected'")
        }
        try await accountByLibvirt(host, domain)
        try await accountReadOnly(host, domain)
      }
    }
  }

  /// The size that a line of virsh's gives in KiB, in bytes.
  private func size(_ name: String, in text: String) -> Int64? {
    text.split(separator: "\n").first { $0.hasPrefix(name) }?.dropFirst(name.count)
      .split(whereSeparator: \.isWhitespace).first.flatMap { Int64($0) }.map { $0 << 10 }
  }

  private func accountByLibvirt(_ host: LibvirtHost, _ domain: LibvirtHost.Domain) async throws {
    let uuid = try await host.virsh("domuuid", domain.name).split(separator: "\n").first.map(String.init) ?? ""
    let qemu = try process(ofDomain: uuid)
    let inside = ["nsenter", "--target", "\(qemu)", "--mount", "--pid"]
    let target = ["--connect", "qemu:///system", domain.name]
    let view = try await compare(
      "by libvirt", process: qemu, meminfo: { try await domain.control("cat /proc/meminfo") },
      account: { try await AccountView(target, by: inside) })
    try checkChain(view, maximum: Self.gibibyte, "by libvirt")
    let information = try await host.virsh("dominfo", domain.name)
    #expect(view.bytes("maximum") == size("Max memory:", in: information))
    #expect(view.bytes("actual") == size("Used memory:", in: information))
    #expect(view.bytes("target") == 768 << 20, "the persistent configuration's currentMemory")
    let statistics = try await host.virsh("dommemstat", domain.name)
    #expect(view.bytes("actual") == size("actual ", in: statistics))
    for (id, name, tolerance) in [
      ("guest.total", "available ", Int64(0)), ("guest.free", "unused ", 16), ("guest.available", "usable ", 16),
      ("process.resident", "rss ", 32),
    ] {
      view.check(
        id, between: size(name, in: statistics), and: size(name, in: statistics), tolerance: tolerance, "virsh")
    }

    let bundle = host.directory("account.tar.gz")
    try await Program.check(
      inside + [Program.built("virt-balloon"), "collect", "-o", bundle, "--duration", "2s", "--interval", "1s"] + target
    )
    let saved = try await AccountView(["--from", bundle])
    saved.checkForm("from a bundle")
    for name in ["machine", "guest"] {
      let (live, kept) = (view.level(name), saved.level(name))
      func ids(_ level: RigJSON?) -> [String] { level.map(AccountView.buckets)?.compactMap { $0["id"]?.string } ?? [] }
      #expect(ids(live) == ids(kept), "\(name): the same pieces")
    }
    for bucket in view.level("machine").map(AccountView.buckets) ?? [] {
      let id = bucket["id"]?.string ?? ""
      #expect(saved.bytes(id) == bucket["bytes"]?.integer, "\(id) does not change while nobody moves the balloon")
    }
    saved.check(
      "guest.free", between: view.bytes("guest.free"), and: view.bytes("guest.free"), tolerance: 16, "from a bundle")
  }

  /// No agent, no monitor, no process: few figures, and nothing made up for the others.
  private func accountReadOnly(_ host: LibvirtHost, _ domain: LibvirtHost.Domain) async throws {
    let view = try await AccountView(["--readonly", "--connect", host.uri, domain.name])
    view.checkForm("read-only")
    #expect(view.bytes("maximum") == Self.gibibyte)
    #expect(view.bytes("actual") == 768 << 20)
    // libvirt's answers and its XML are all there is: no file of the guest's, none of QEMU's process.
    for bucket in view.buckets where bucket["bytes"] != nil {
      for source in bucket["sources"]?.elements.compactMap({ $0["source"]?.string }) ?? [] {
        #expect(
          source.hasPrefix("virDomain") || source.contains("domain XML"), "\(bucket["id"]?.string ?? "?"): \(source)")
      }
    }
    for id in ["firmware.reserved", "kernel.image", "kernel.hash-tables"] {
      #expect(view.bucket(id) != nil && view.bytes(id) == nil, "\(id): only the guest knows")
    }
    #expect(view.level("guest")?["parts"]?.elements.count == 2, "the statistics have caches and free memory")
  }
}
