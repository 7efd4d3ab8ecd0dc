// SPDX-License-Identifier: GPL-3.0-or-later
import GuestRig
import Testing

/// Scrapes of a Proxmox host with many machines, some of which hang. Monitors and settings are synthesised.
@Suite("Scrapes of many guests")
struct ExportCrowdTests {
  /// Serves so many machines' monitors, which know no more than the size of their balloons, so many seconds after they
  /// were asked; the last of them say nothing.
  private static let monitors = """
    import asyncio, json, sys
    folder, count, hung, delay = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    version = {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": ""}
    known = {"qmp_capabilities": {}, "query-version": version, "query-balloon": {"actual": 32 << 20},
             "query-status": {"status": "running", "singlestep": False, "running": True}}
    def serve(is_hung):
        async def client(reader, writer):
            def send(message): writer.write(json.dumps(message).encode() + b"\\n")
            try:
                if is_hung: await reader.read()
                send({"QMP": {"version": version, "capabilities": []}})
                while line := await reader.readline():
                    request = json.loads(line)
                    answer = ({"return": known[request["execute"]]} if request["execute"] in known
                              else {"error": {"class": "CommandNotFound", "desc": "not known"}})
                    await asyncio.sleep(delay)
                    send(answer | {"id": request.get("id")})
            except OSError: pass
            finally: writer.close()
        return client
    async def main():
        for number in range(count):
            await asyncio.start_unix_server(serve(number >= count - hung), f"{folder}/{100 + number}.qmp")
        print("ready", flush=True)
        await asyncio.Event().wait()
    asyncio.run(main())
    """

  /// Runs `body` beside an exporter of so many machines.
  private func export(
    _ count: Int, hung: Int = 0, delay: Double = 0, _ body: (ExportScraper) async throws -> Void
  ) async throws {
    try await ScratchDirectory.with { scratch in
      let tree = try ProxmoxTree(scratch)
      for vmid in 100..<(100 + count) { try tree.configure(vmid, "memory: 32\nname: vm\(vmid)\nostype: l26\n") }
      let server = ["python3", "-c", Self.monitors, tree.run, "\(count)", "\(hung)", "\(delay)"]
      try await Program.background(server, log: scratch("monitors.log")) {
        try await waitUntil("the monitors stood") { scratch.tail("monitors.log").contains("ready") }
        let command = [try Program.built("virt-balloon"), "export", "--listen", "0", "--proxmox-root", tree.root]
        try await Program.background(command, log: scratch("export.log")) {
          try await body(try await ExportScraper(scratch))
        }
      }
    }
  }

  /// The values of one metric by the guest's number.
  private func values(_ name: String, _ page: String) -> [String: String] {
    var values: [String: String] = [:]
    for line in page.split(separator: "\n") where line.hasPrefix("virt_balloon_\(name){") {
      guard let start = line.firstRange(of: "location=\"")?.upperBound, let space = line.lastIndex(of: " ") else {
        continue
      }
      values[String(line[start...].prefix { $0 != "\"" })] = String(line[space...].dropFirst())
    }
    return values
  }

  private func value(_ name: String, _ page: String) -> Double? {
    page.split(separator: "\n").first { $0.hasPrefix("virt_balloon_\(name) ") }?.split(separator: " ").last.flatMap {
      Double($0)
    }
  }

  @Test("Machines that hang are told, and cost the others nothing")
  func hung() async throws {
    try await export(24, hung: 6) { scraper in
      for _ in 0..<2 {
        let page = try await scraper.page(within: 60)
        #expect(value("guests", page) == 24 && value("guests_postponed", page) == 0)
        let up = values("up", page)
        #expect(up.filter { $0.value == "1" }.count == 18 && up.filter { $0.value == "0" }.count == 6, "\(up)")
        #expect((100..<118).allSatisfy { up["\($0)"] == "1" })
        #expect(values("actual_bytes", page).count == 18)
        try await scraper.pause()
      }
    }
  }

  @Test("Guests that a scrape has no time for are shown as they were seen before, with the time of that")
  func postponed() async throws {
    // More than are looked at at once, and for each a dozen questions and more, in a time that is over before.
    try await export(280, delay: 0.05) { scraper in
      let first = try await scraper.page(within: 1) { value("guests_postponed", $0) ?? 0 > 0 }
      #expect(value("guests", first) == 280)
      let whole = try await scraper.page(within: 60) { value("guests_postponed", $0) == 0 }
      #expect(values("up", whole).count == 280 && values("up", whole).values.allSatisfy { $0 == "1" })
      let later = try await scraper.page(within: 1) { value("guests_postponed", $0) ?? 0 > 0 }
      #expect(values("up", later).count == 280)
      let (times, before) = (values("reading_timestamp_seconds", later), values("reading_timestamp_seconds", whole))
      #expect(times.contains { $0.value == before[$0.key] }, "a reading that was had before keeps its time")
    }
  }
}

/// Fetches pages of an `export --listen` whose log is `export.log`.
struct ExportScraper {
  private let port: String

  init(_ scratch: ScratchDirectory) async throws {
    port = try await waitUntil("the endpoint stood") { () -> String? in
      let log = scratch.tail("export.log")
      guard let start = log.firstRange(of: "127.0.0.1:"), let end = log.firstRange(of: "/metrics") else { return nil }
      return String(log[start.upperBound..<end.lowerBound])
    }
  }

  /// What is served to a Prometheus that waits for so many seconds; `nil` where that is no page.
  private func fetch(_ seconds: Int) async throws -> String? {
    let outcome = try await Program.run(
      [
        "python3", "-c",
        "import sys, urllib.request as r; "
          + "q = r.Request(sys.argv[1], headers={'X-Prometheus-Scrape-Timeout-Seconds': sys.argv[2]}); "
          + "sys.stdout.write(r.build_opener(r.ProxyHandler({})).open(q).read().decode())",
        "http://127.0.0.1:\(port)/metrics", "\(seconds)",
      ])
    return outcome.status == 0 ? outcome.output : nil
  }

  /// The next page that is so: on a slow machine one may come too late for its scrape, and is the next one's.
  func page(within seconds: Int, where isSo: (String) -> Bool = { _ in true }) async throws -> String {
    try await waitUntil("a page was as it had to be", within: .seconds(120), every: .milliseconds(300)) {
      try await fetch(seconds).flatMap { isSo($0) ? $0 : nil }
    }
  }

  /// Until the next page is a new one.
  func pause() async throws { try await Task.sleep(for: .milliseconds(1_200)) }
}
